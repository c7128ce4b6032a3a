"""Everything the signals are made of, as it was known some time after each contact.

Only this file decides what was known when: nothing that happened or came to be known after ``told_by`` gets past it.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from holdfast.engine import DAY
from holdfast.episodes import PAIR, Episodes
from holdfast.silence.checkins import NUMBERS, RATED, ROTATING, Said, asked_before_next, said
from holdfast.silence.closures import closures
from holdfast.silence.contacts import appointments, contacts
from holdfast.silence.diary import diary
from holdfast.silence.fates import fates
from holdfast.silence.happenings import happenings, placed
from holdfast.silence.joining import all_beside, beside, end_of_day, has_rows, matched
from holdfast.silence.people import people
from holdfast.silence.scores import latest_scores, scores
from holdfast.silence.stages import stages
from holdfast.tables.schema import PAUSE

SETTLED_DAYS = 2  # after these, what was asked and not answered counts as unanswered
REPAIRS_FROM_DAYS = 30  # before a first contact
ANSWERS = ("none", "high", "middle", "low", "unanswered")  # to "will you come?", before the next appointment
CONTACT = ["key", "contact"]
MOMENT = [*CONTACT, "told_by"]


@dataclass(frozen=True, slots=True)
class Grounds:
    """All that is worked out once from the tables. Tables of the engine, a row an episode, contact or stage."""

    found: Episodes
    keys: ir.Table
    contacts: ir.Table
    stages: ir.Table
    diary: ir.Table
    people: ir.Table
    before: ir.Table
    said: Said | None
    scores: ir.Table | None
    repairs: ir.Table | None


def grounds(found: Episodes) -> Grounds:
    """Work out contacts, stages and everything that the signals need, as known at ``found.at``."""
    keep, forget = found.engine.keep, found.engine.forget
    keys, away = fates(found), closures(found)
    rows = appointments(found, keys)
    each = contacts(found, keys, rows)
    seen = keep(happenings(each, rows))
    cut = stages(found, keys, each, rows, seen=seen, away=away)
    around = keep(diary(each, cut, seen=seen, keys=keys, away=away))
    forget(seen)
    asked, told = keep(_before(found, keys, each, rows)), said(found, keys, each, rows)
    forget(rows)
    return Grounds(
        found=found,
        keys=keys,
        contacts=each,
        stages=cut,
        diary=around,
        people=keep(people(found, keys)),
        before=asked,
        said=told,
        scores=scores(found, keys),
        repairs=_repairs(found, keys),
    )


def facts(grounds: Grounds, contacts: ir.Table, *, days: int) -> ir.Table:
    """Everything known of some contacts so many days after each, or by its evening for 0.

    Parameters
    ----------
    contacts
        Rows of ``grounds.contacts``.

    Returns
    -------
    The columns of the contacts with those of ``diary``, ``people``, ``Said``, the latest score, the last repair,
    ``told_by`` (s), ``asked``, ``answered``, ``pending``, ``waited`` (bool: whether it was unanswered on the contact's
    own evening) and ``answered_late`` (bool: too late to count, and still no silence).
    """
    return facts_by(grounds, told_by(grounds, contacts, days=days))


def told_by(grounds: Grounds, contacts: ir.Table, *, days: int) -> ir.Table:
    """The contacts with ``told_by`` (s): what came to be known later does not count.

    A check-in has its days even if he is back sooner (``answers_by``, s): else those who come back within them would
    have an open one, and those who do not an unanswered one.
    """
    later = end_of_day(contacts.contact_at) if days == 0 else contacts.contact_at + days * DAY
    at = grounds.found.known.at
    told_by = ibis.least(later, contacts.next_at.fill_null(at), at)
    return contacts.mutate(told_by=told_by, answers_by=told_by if days == 0 else ibis.least(later, at))


def facts_by(grounds: Grounds, timed: ir.Table) -> ir.Table:
    """As :func:`facts`, of contacts that say by when something had to be known (``told_by``)."""
    moments = timed.select(*CONTACT, "contact_at", "previous_at", "told_by")
    told, taken, repairs = grounds.said, grounds.scores, grounds.repairs
    others = [(grounds.diary, CONTACT), (grounds.people, ["key"]), (grounds.before, CONTACT)]
    if told is not None:
        others += [(told.about, CONTACT), (told.recent, CONTACT)]
    if taken is not None:
        others += [(latest_scores(taken, moments), MOMENT)]
    if repairs is not None:
        others += [(_last_repairs(repairs, moments), MOMENT)]
    whole = all_beside(timed, *others)
    known = {"before": whole.before.fill_null(0), **(_nothing_said() if told is None else _said(whole))}
    known |= {} if taken is not None else _no_scores()
    known |= {} if repairs is not None else {"repaired_at": ibis.null("int64")}
    return whole.mutate(**known)


# --- what he was asked and said -----------------------------------------------------------------------


def _said(whole: ir.Table) -> dict[str, ir.Value]:
    asked = (whole.sent_at <= whole.answers_by).fill_null(False)
    answered = asked & (whole.answered_at <= whole.answers_by).fill_null(False)
    settled_at = whole.contact_at + SETTLED_DAYS * DAY
    evening = ibis.least(end_of_day(whole.contact_at), whole.answers_by)
    by_then = (whole.answered_at <= evening).fill_null(False)
    known = {name: ibis.ifelse(answered, whole[name], ibis.null("int8")) for name in (*NUMBERS, "change_kind")}
    return {
        **known,
        "change": ibis.ifelse(answered, whole.change, ibis.null("string")),
        "asked": asked,
        "answered": answered,
        "pending": asked & ~answered & (whole.answers_by < settled_at),
        "answered_late": asked & ~answered & whole.answered_at.notnull(),
        "waited": (whole.sent_at <= evening).fill_null(False) & ~by_then,
    }


def _nothing_said() -> dict[str, ir.Value]:
    nothing = [*NUMBERS, *(f"{name}_before" for name in RATED)]
    nothing += [*(f"{name}_recent" for name in ROTATING), "change_kind", "change_before"]
    nothing += [f"answered_{step}" for step in range(1, 6)]
    no = ibis.literal(False)
    return {
        **{name: ibis.null("int8") for name in nothing},
        "change": ibis.null("string"),
        "sent_at": ibis.null("int64"),
        **dict.fromkeys(("asked_before", "answered_before", "ever_answered"), ibis.literal(0)),
        **dict.fromkeys(("asked", "answered", "pending", "answered_late", "waited"), no),
    }


def _before(found: Episodes, keys: ir.Table, contacts: ir.Table, rows: ir.Table) -> ir.Table:
    """The last question before the next appointment in each gap, as a place in ANSWERS: key, contact, before.

    He has the same days to answer it as a check-in, while the appointment is still to come.
    """
    sent = placed(asked_before_next(found, keys, rows), contacts)
    sent = beside(sent, contacts.select(*CONTACT, "next_at"), CONTACT)
    answered = sent.answered_at.notnull() & (sent.answered_at < sent.next_at.fill_null(sent.answered_at + 1))
    waiting = sent.next_at.isnull() & (sent.happened_at + SETTLED_DAYS * DAY > found.known.at)
    sure = sent.attend_next
    place = ibis.cases(
        (~answered & waiting, 0), (~answered, 4), (sure.isnull(), 0), (sure >= 8, 1), (sure >= 5, 2), else_=3
    )
    packed = sent.mutate(packed=sent.happened_at * len(ANSWERS) + place)
    last = packed.group_by(CONTACT).agg(before=packed.packed.max())
    return last.mutate(before=(last.before % len(ANSWERS)).cast("int8"))


# --- scores and repairs -------------------------------------------------------------------------------


def _no_scores() -> dict[str, ir.Value]:
    nothing = ibis.null("float64")
    return {
        "measure": ibis.null("string"),
        "score": nothing,
        "first_score": nothing,
        "is_first": ibis.null("boolean"),
    }


def _repairs(found: Episodes, keys: ir.Table) -> ir.Table | None:
    """What was done about a rupture or a wish, agreed breaks aside: key, done_at, action."""
    done = found.known.loaded["repairs"]
    done = done.filter((done.action != PAUSE) & (done["at"] <= found.known.at))
    theirs = found.engine.keep(matched(done, keys.select(*PAIR, "key"), PAIR).select("key", "action", done_at="at"))
    return theirs if has_rows(theirs, found.engine) else None


def _last_repairs(repairs: ir.Table, moments: ir.Table) -> ir.Table:
    """The last repair since the contact before."""
    since = moments.previous_at.fill_null(moments.contact_at - REPAIRS_FROM_DAYS * DAY)
    pairs = matched(moments.select(*MOMENT, since=since), repairs, ["key"])
    pairs = pairs.filter((pairs.done_at > pairs.since) & (pairs.done_at <= pairs.told_by))
    return pairs.group_by(MOMENT).agg(repaired_at=pairs.done_at.max())
