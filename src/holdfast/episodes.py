"""From appointments to episodes: sessions, gaps, rhythm, who is still coming and how it ended.

What an ending is, is decided here and nowhere else. The rules in words, with their reasons, are in
docs/reference/episodes.md. Moments are whole seconds of the practice's wall clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir

from holdfast.asof import Known, last_moment, seconds
from holdfast.engine import DAY, Engine
from holdfast.errors import UsageError
from holdfast.tables.read import Tables
from holdfast.tables.schema import Certainty, Ending, InitiatedBy, Status
from holdfast.words import Words

PAIR = ["client_id", "therapist_id"]
EPISODE = [*PAIR, "episode"]
OPEN = "open"
RECORDED, INFERRED, BY_RULE = "recorded", "inferred", "rule"
NEVER = 2**62  # seconds: later than any clock, so that what never began sorts last on every engine
ASSUMED = (Certainty.DEFAULTED, Certainty.INFERRED)


@dataclass(frozen=True, slots=True)
class Rule:
    """The plain rule for a silent exit, until there is a probability: every part of it is here.

    No session, no booking and nothing said for ``rhythms`` of his own rhythms, and at least
    ``least_days``. With fewer than ``own_gaps`` gaps of his own, the practice's middle gap stands in;
    where the practice has none either, ``assumed_days``.
    """

    rhythms: int = 3
    least_days: int = 21
    own_gaps: int = 2
    assumed_days: float = 7.0

    @property
    def words(self) -> Words:
        times = {2: Words("two"), 3: Words("three"), 4: Words("four")}.get(self.rhythms, str(self.rhythms))
        return Words(
            "no session, no booking and nothing said for {times} of his own rhythms, and at least {least_days}",
            times=times,
            least_days=self.least_days,
        )


PLAIN_RULE = Rule()


@dataclass(frozen=True, slots=True)
class Episodes:
    """A practice as it was known at one moment. Both tables live in the engine.

    ``episodes`` has one row an episode, ``sessions`` one row a session (two on a day are one).
    """

    episodes: ir.Table
    sessions: ir.Table
    appointments: ir.Table  # as known, each with its episode's number
    pauses: ir.Table | None  # agreed breaks, each with its episode's number
    at: datetime
    complete_to: datetime | None  # up to here the tables tell everything
    practice: str | None
    rule: Rule
    practice_rhythm_days: float | None
    known: Known  # what they were made of
    engine: Engine

    def ordered_sessions(self) -> ir.Table:
        """The sessions with their ``session`` number, 1 for the first of each episode."""
        window = ibis.window(group_by=EPISODE, order_by=["day"])
        return self.sessions.mutate(session=ibis.row_number().over(window) + 1)


def episodes(tables: Tables, *, engine: Engine, at: datetime | None = None, rule: Rule = PLAIN_RULE) -> Episodes:
    """Work out every episode as it was known at ``at``.

    Parameters
    ----------
    tables
        Checked tables.
    engine
        Where the work is done and the result lives.
    at
        A wall clock of the practice. Nothing that happened, or came to be known, later is used. By
        default the moment of the export, or else the last thing that the tables tell of.

    Raises
    ------
    UsageError
        If no moment is given and the tables tell of nothing that has happened.
    """
    loaded = engine.load(tables)
    complete_at = tables.practice.exported_at or last_moment(loaded, engine)
    moment = at or complete_at
    if moment is None:
        raise UsageError("These tables tell of nothing that has happened yet. Say from when to look: --at 2026-11-22.")
    complete = complete_at is None or moment >= complete_at
    known = Known(loaded, engine.told(seconds(moment)), complete, told_away=bool(tables.practice.away))
    later = engine.keep(_later_than_an_ending(known))
    endings = engine.keep(_distinct_endings(known, later))
    after = engine.keep(_endings_before(later, endings)) if _any(later, engine) else None
    booked = _numbered(known.booked(loaded["appointments"]), after)
    pauses = engine.keep(_numbered_pauses(known.pauses, endings)) if tables.has_rows("repairs") else None
    answered = engine.keep(_last_answers(booked, known)) if tables.has_rows("checkins") else None
    sessions = engine.keep(_sessions(booked, known, pauses))
    practice_rhythm = engine.value(_usual_gaps(sessions).gap_days.median())
    parts = _join_parts(booked, sessions, endings, pauses, answered, known)
    usual = engine.told(float(practice_rhythm if practice_rhythm is not None else rule.assumed_days))
    parts = engine.keep(_with_rhythm(parts, known, rule, usual))
    found = engine.keep(_with_ending(parts, engine.keep(_elsewhere(parts))))
    rows = known.with_state(booked)
    name = tables.practice.name
    return Episodes(found, sessions, rows, pauses, moment, complete_at, name, rule, practice_rhythm, known, engine)


def _any(table: ir.Table, engine: Engine) -> bool:
    return bool(engine.value(table.count()))


# --- which episode an appointment belongs to -------------------------------------------------------


def _later_than_an_ending(known: Known) -> ir.Table:
    """Each appointment that opens or belongs to a new episode after an ending, with that ending's day.

    A booking left over from before the ending does not begin a new episode; a session does, and so does
    anything booked after it.
    """
    days = known.endings.select(*PAIR, ended_day="day").distinct()  # two endings on one day are not two new beginnings
    rows = known.loaded["appointments"].select(*PAIR, "appointment_id", "starts_at", "status", "booked_at", "status_at")
    later = rows.join(days, PAIR)
    later = known.booked(later.filter(later.starts_at // DAY > later.ended_day))
    said = known.said(later)
    unsaid = later.booked_at.isnull() & (said.unmarked | said.ahead)
    new = later.filter(said.attended | (later.booked_at // DAY > later.ended_day) | unsaid)
    return new.select(*PAIR, "appointment_id", "ended_day")


def _distinct_endings(known: Known, later: ir.Table) -> ir.Table:
    """One ending an episode: of several with no new appointment between them, the one known last.

    So a correction that is recorded later replaces what was recorded before it.
    """
    endings = known.endings
    after = later.group_by([*PAIR, "ended_day"]).agg(appointments_after=later.count())
    counted = endings.join(after, [*PAIR, endings.day == after.ended_day], how="left").select(
        endings, appointments_after=after.appointments_after.fill_null(0)
    )
    latest = ibis.window(
        group_by=[*PAIR, "appointments_after"],
        order_by=[counted.known_at.desc(), counted.ended_on.desc(), counted.kind],
    )
    kept = counted.mutate(place=ibis.row_number().over(latest)).filter(ibis._.place == 0)
    in_order = ibis.window(group_by=PAIR, order_by=["day"])
    return kept.mutate(episode=ibis.row_number().over(in_order)).drop("place", "appointments_after")


def _endings_before(later: ir.Table, endings: ir.Table) -> ir.Table:
    """How many endings lie before an appointment, for those with any."""
    counted = later.join(endings.select(*PAIR, ended_day="day"), [*PAIR, "ended_day"])
    return counted.group_by(["client_id", "appointment_id"]).agg(episode=counted.count())


def _numbered(rows: ir.Table, after: ir.Table | None) -> ir.Table:
    """Appointments, each with the number of its episode with this therapist, from 0."""
    if after is None:
        return rows.mutate(episode=ibis.literal(0, "int64"))
    joined = rows.join(after, ["client_id", "appointment_id"], how="left")
    return joined.select(rows, episode=after.episode.fill_null(0))


def _numbered_pauses(pauses: ir.Table, endings: ir.Table) -> ir.Table:
    """Each agreed break with the episode it was agreed in: after every ending of an earlier day.

    So a break without a day to come back on ends with the goodbye, and does not hold for those who begin again.
    """
    days = endings.select(*PAIR, "episode", ended_day="day")
    pairs = pauses.join(days, PAIR)
    before = pairs.filter(pairs.ended_day < pairs.paused_at // DAY)
    after = before.group_by([*PAIR, "paused_at"]).agg(episode=before.episode.max() + 1)
    joined = pauses.left_join(after, [*PAIR, "paused_at"])
    return joined.select(pauses, episode=joined.episode.fill_null(0))


# --- sessions, gaps and breaks ----------------------------------------------------------------------


def _sessions(rows: ir.Table, known: Known, pauses: ir.Table | None) -> ir.Table:
    """One row a session: attended, and the first on its day with this therapist."""
    attended = rows.filter(known.said(rows).attended).select(*EPISODE, "starts_at", day=rows.starts_at // DAY)
    before = ibis.window(group_by=EPISODE, order_by=["starts_at"])  # rows that tie here are alike
    attended = attended.mutate(day_before=attended.day.lag().over(before))
    first_on_day = attended.filter(attended.day_before.isnull() | (attended.day_before < attended.day))
    sessions = first_on_day.select(*EPISODE, "starts_at", "day", gap_days=ibis._.day - ibis._.day_before)
    return _with_breaks(sessions, pauses) if pauses is not None else sessions.mutate(agreed_break=False)


def _with_breaks(sessions: ir.Table, pauses: ir.Table) -> ir.Table:
    """Mark the gaps in which a break was agreed: they say nothing about his rhythm."""
    pairs = sessions.join(pauses, EPISODE)
    since = pairs.starts_at - pairs.gap_days * DAY
    inside = pairs.filter((pairs.paused_at >= since // DAY * DAY) & (pairs.paused_at < pairs.starts_at))
    broken = inside.select(*EPISODE, "day").distinct().mutate(agreed_break=True)
    joined = sessions.join(broken, [*EPISODE, "day"], how="left")
    return joined.select(sessions, agreed_break=broken.agreed_break.fill_null(False))


def _usual_gaps(sessions: ir.Table) -> ir.Table:
    return sessions.filter(sessions.gap_days.notnull() & ~sessions.agreed_break)


# --- one row an episode -----------------------------------------------------------------------------


def _one_if(condition: ir.BooleanValue) -> ir.IntegerValue:
    return ibis.ifelse(condition, 1, 0)  # not every engine can add up truth values


def _from_appointments(rows: ir.Table, known: Known) -> ir.Table:
    """What the appointments of an episode say, outcomes aside."""
    said = known.said(rows)
    by_provider = rows.initiated_by.fill_null("") == InitiatedBy.PROVIDER
    missed = said.no_show | (said.called_off & (rows.status == Status.LATE_CANCELLED))
    off_at = ibis.ifelse(by_provider, ibis.null("int64"), rows.status_at.fill_null(rows.starts_at))
    sign_of_life = ibis.cases((said.ahead, ibis.null("int64")), (said.called_off, off_at), else_=rows.starts_at)
    return rows.group_by(EPISODE).agg(
        appointments=rows.count(),
        started_at=rows.starts_at.min(),
        no_shows=_one_if(said.no_show).sum(),
        unmarked=_one_if(said.unmarked).sum(),
        assumed=_one_if(said.attended & rows.certainty.isin(ASSUMED).fill_null(False)).sum(),
        next_at=_when(said.ahead, rows.starts_at).min(),
        last_unmarked_at=_when(said.unmarked, rows.starts_at).max(),
        last_missed_at=_when(missed, rows.starts_at).max(),
        last_kept_at=_when(said.attended | said.unmarked, rows.starts_at).max(),
        last_sign_at=ibis.greatest(sign_of_life.fill_null(0), rows.booked_at.fill_null(0)).max(),
    )


def _when(condition: ir.BooleanValue, moment: ir.IntegerValue) -> ir.IntegerValue:
    return ibis.ifelse(condition, moment, ibis.null("int64"))


def _within(moment: ir.IntegerValue, at: ir.IntegerScalar) -> ir.IntegerValue:
    return _when(moment <= at, moment)


def _from_sessions(sessions: ir.Table) -> ir.Table:
    """What the sessions of an episode say: how many, from when to when, and how often."""
    usual = ibis.ifelse(sessions.agreed_break, ibis.null("int64"), sessions.gap_days)
    return sessions.group_by(EPISODE).agg(
        sessions=sessions.count(),
        first_session_at=sessions.starts_at.min(),
        last_session_at=sessions.starts_at.max(),
        gaps=usual.count(),
        own_rhythm=usual.median().cast("float64"),
        breaks=_one_if(sessions.agreed_break).sum(),
    )


def _join_parts(
    rows: ir.Table,
    sessions: ir.Table,
    endings: ir.Table,
    pauses: ir.Table | None,
    answered: ir.Table | None,
    known: Known,
) -> ir.Table:
    """One row an episode: its appointments, its sessions, its recorded ending, what he said, agreed pauses."""
    nothing = ibis.null("int64")
    joined = _from_appointments(rows, known).left_join(_from_sessions(sessions), EPISODE).drop(_right(EPISODE))
    recorded = endings.select(*EPISODE, "kind", "ended_on", recorded_at=endings.known_at)
    joined = joined.outer_join(recorded, EPISODE)
    joined = joined.mutate({name: joined[name].fill_null(joined[f"{name}_right"]) for name in EPISODE})
    joined = joined.drop(_right(EPISODE))
    if answered is None:
        joined = joined.mutate(answered_at=nothing)
    else:
        joined = joined.left_join(answered, EPISODE).drop(_right(EPISODE))
    if pauses is None:
        joined = joined.mutate(until=nothing, paused_at=nothing)
    else:
        joined = joined.left_join(_last_pauses(pauses), EPISODE).drop(_right(EPISODE))
    counts = ["appointments", "sessions", "no_shows", "unmarked", "assumed", "gaps", "breaks"]
    return joined.mutate({name: joined[name].fill_null(0) for name in counts})


def _right(names: list[str]) -> list[str]:
    return [f"{name}_right" for name in names]


def _last_answers(rows: ir.Table, known: Known) -> ir.Table:
    """When he last answered a check-in about this episode."""
    answers = known.answers.join(rows.select(*EPISODE, "appointment_id"), ["client_id", "appointment_id"])
    return answers.group_by(EPISODE).agg(answered_at=answers.answered_at.max())


def _last_pauses(pauses: ir.Table) -> ir.Table:
    """The break that was agreed last in each episode."""
    order = [pauses.paused_at.desc(), pauses.until.desc(nulls_first=True)]
    latest = ibis.window(group_by=EPISODE, order_by=order)
    return pauses.mutate(place=ibis.row_number().over(latest)).filter(ibis._.place == 0).drop("place")


def _with_rhythm(found: ir.Table, known: Known, rule: Rule, usual: ir.NumericScalar) -> ir.Table:
    """How often he comes, since when it is quiet, and how long a quiet would be long for him."""
    at = known.at
    own = found.gaps >= rule.own_gaps
    found = found.mutate(rhythm_is_own=own, rhythm_days=ibis.ifelse(own, found.own_rhythm, usual))
    since_pause = found.paused_at.notnull() & (found.paused_at // DAY >= found.last_session_at.fill_null(0) // DAY)
    found = found.mutate(
        paused=since_pause & (found.until.isnull() | (found.until > at)),
        unmarked_after=(found.last_unmarked_at // DAY > found.last_session_at.fill_null(0) // DAY).fill_null(False),
        long_quiet_days=ibis.greatest(rule.rhythms * found.rhythm_days, float(rule.least_days)),
        quiet_since=ibis.greatest(
            ibis.least(found.last_sign_at.fill_null(0), at),
            found.answered_at.fill_null(0),
            ibis.ifelse(since_pause, _within(found.until, at), ibis.null("int64")).fill_null(0),
            found.paused_at.fill_null(0),
        ).nullif(0),
    )
    return found.mutate(quiet_days=(at - found.quiet_since).cast("float64") / DAY)


# --- how it ended -----------------------------------------------------------------------------------


def _elsewhere(parts: ir.Table) -> ir.Table:
    """Of clients with several episodes, for each: where else he was seen or is booked, whom he came from and went to.

    An episode begins with its first session or, until there is one, with what is booked; where nobody
    ever came and nothing is booked, it began nowhere and is nobody's neighbour.
    """
    several = parts.group_by("client_id").agg(episodes=parts.count()).filter(ibis._.episodes > 1)
    theirs = parts.semi_join(several, "client_id").select(
        *EPISODE,
        "last_session_at",
        began_at=parts.first_session_at.fill_null(parts.next_at).fill_null(NEVER),
        ahead_with=ibis.ifelse(parts.next_at.notnull(), parts.therapist_id, ibis.null("string")),
    )
    client = ibis.window(group_by="client_id")
    in_order = ibis.window(group_by="client_id", order_by=["began_at", "therapist_id", "episode"])
    theirs = theirs.mutate(
        seen_here_at=theirs.last_session_at.max().over(client),
        ahead_with_one=theirs.ahead_with.min().over(client),
        ahead_with_other=theirs.ahead_with.max().over(client),
        next_began_at=theirs.began_at.lead().over(in_order),
        next_therapist=theirs.therapist_id.lead().over(in_order),
        previous_therapist=theirs.therapist_id.lag().over(in_order),
    )
    nobody = ibis.null("string")
    return theirs.select(
        *EPISODE,
        seen_by_another=(theirs.seen_here_at > theirs.last_session_at).fill_null(False),
        booked_with_another=(theirs.ahead_with_one != theirs.therapist_id).fill_null(False)
        | (theirs.ahead_with_other != theirs.therapist_id).fill_null(False),
        went_to=ibis.ifelse(theirs.next_began_at < NEVER, theirs.next_therapist.nullif(theirs.therapist_id), nobody),
        came_from=ibis.ifelse(theirs.began_at < NEVER, theirs.previous_therapist.nullif(theirs.therapist_id), nobody),
    )


def _with_ending(parts: ir.Table, elsewhere: ir.Table) -> ir.Table:
    """How each episode ended, and who says so: the record, a session elsewhere here, or the plain rule."""
    seen = parts.left_join(elsewhere, EPISODE).drop(_right(EPISODE))
    came = seen.sessions > 0
    quiet_long = (seen.quiet_days >= seen.long_quiet_days).fill_null(False)
    long_quiet = quiet_long & seen.next_at.isnull() & ~seen.paused & seen.kind.isnull()
    went_on = came & (seen.seen_by_another | seen.booked_with_another).fill_null(False)
    never = ~came & (seen.unmarked == 0)
    ending = ibis.cases(
        (seen.kind.notnull(), _as_it_was(seen)),
        (long_quiet & went_on, Ending.SWITCHED.value),
        (long_quiet & came, Ending.SILENT.value),
        (long_quiet & never, Ending.NEVER_STARTED.value),
        else_=OPEN,
    )
    by = ibis.cases(
        (seen.kind.notnull(), RECORDED),
        (long_quiet & went_on, INFERRED),
        (long_quiet & (came | never), BY_RULE),
        else_="",
    )
    seen = seen.mutate(ending=ending, ending_by=by)
    switched_to = ibis.ifelse(seen.ending == Ending.SWITCHED, seen.went_to, ibis.null("string"))
    scratch = ["seen_by_another", "booked_with_another", "went_to", "own_rhythm", "kind", "last_sign_at"]
    return seen.mutate(switched_to=switched_to).drop(*scratch)


def _as_it_was(seen: ir.Table) -> ir.StringValue:
    """The recorded ending, unless the sessions say that it cannot have been that.

    Someone recorded as lost who never had a session has never started; someone recorded as never
    started who had one has ended in another way.
    """
    came = seen.sessions > 0
    return ibis.cases(
        ((seen.kind == Ending.SILENT) & ~came & (seen.unmarked == 0), Ending.NEVER_STARTED.value),
        ((seen.kind == Ending.NEVER_STARTED) & came, Ending.OTHER.value),
        else_=seen.kind,
    )
