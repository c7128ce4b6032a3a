"""The time after each contact, cut into stages: from one visible event to the next, or to now.

What ends a stage: came, unmarked (the next contact is an appointment nobody marked), ended, silent, missed,
called_off, provider, booked, paused, or none while it goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import ibis
import ibis.expr.types as ir

from holdfast.engine import DAY
from holdfast.episodes import Episodes
from holdfast.silence import clock
from holdfast.silence.closures import overlap
from holdfast.silence.contacts import UNMARKED
from holdfast.silence.fates import ENDED, SILENT
from holdfast.silence.happenings import BEGINNINGS, BOOKED, PAUSED, SESSION, live, pauses
from holdfast.silence.joining import beside, end_of_day, flag, matched, place_in, stacked

STAGE = ["key", "contact", "stage"]
EVENTS = clock.EVENTS
PLACES = {name: place for place, name in enumerate(EVENTS)}
CELLS = tuple(clock.CELLS)


def stages(
    found: Episodes, keys: ir.Table, contacts: ir.Table, rows: ir.Table, *, seen: ir.Table, away: ir.Table
) -> ir.Table:
    """One row a stage.

    Parameters
    ----------
    keys, contacts, rows, seen, away
        From ``fates``, ``contacts``, ``appointments``, ``happenings`` and ``closures``.

    Returns
    -------
    key, contact, stage (0..), fate (of the contact), event (a place in EVENTS), began_at and over_at (s), ahead (bool),
    ahead_at (s; the next appointment, as booked then), days, expected_days, late (it began with a late
    cancellation), place (of the cell in CELLS), bin, part; and in words, made when they are asked for: began, cell.
    """
    engine = found.engine
    breaks = pauses(found, keys, contacts)
    begun = engine.keep(_begun(contacts, keys, seen, breaks, found))
    expected = engine.keep(_expected(begun, breaks, rows, found))
    engine.forget(begun)
    kept = engine.keep(binned(_timed(expected, keys, away)).drop("dated", "expected_at", "began", "after"))
    engine.forget(expected)
    return kept.mutate(cell=_word(kept.place, CELLS), began=_word(kept.place, [cell.split(":")[0] for cell in CELLS]))


def _word(place: ir.IntegerValue, words: Sequence[str]) -> ir.StringValue:
    return ibis.cases(*((place == number, word) for number, word in enumerate(words)), else_="")


# --- where each stage begins and ends ----------------------------------------------------------------


def _begun(contacts: ir.Table, keys: ir.Table, seen: ir.Table, breaks: ir.Table | None, found: Episodes) -> ir.Table:
    """The stages of each contact in order, each with the event that ended it."""
    ends = _ends(contacts, keys, found)
    first = ends.mutate(began=ibis.literal(SESSION, "int8"), began_at=ends.contact_at, late=ibis.literal(False))
    later = matched(_later(seen, breaks), ends, ["key", "contact"])
    later = later.filter((later.began_at < later.until_at) | (later.last_event == PLACES[clock.NONE]))
    begun = stacked(first, later)
    window = ibis.window(group_by=["key", "contact"], order_by=["began_at", "began"])
    events = [PLACES.get(kind, 0) for kind in BEGINNINGS]
    next_began = begun.began.lead().over(window)
    event = ibis.cases(*((next_began == kind, place) for kind, place in enumerate(events)), else_=begun.last_event)
    return begun.mutate(
        stage=place_in(window),
        event=event.cast("int8"),
        over_at=begun.began_at.lead().over(window).fill_null(begun.until_at),
    ).drop("last_event", "until_at")


def _later(seen: ir.Table, breaks: ir.Table | None) -> ir.Table:
    """Beginnings of later stages: key, contact, began, began_at, late. Of one kind on one day, the last counts."""
    inside = seen.filter((seen.contact > 0) & (seen.happened_at // DAY > seen.contact_at // DAY))
    later = inside.select("key", "contact", "late", began="kind", began_at="happened_at")
    if breaks is not None:
        agreed = breaks.select("key", "contact", late=ibis.literal(False), began_at="happened_at")
        agreed = agreed.mutate(began=ibis.literal(PAUSED, "int8"))
        later = stacked(later, agreed)
    by_day = ibis.window(
        group_by=["key", "contact", "began", later.began_at // DAY], order_by=[later.began_at.desc(), "late"]
    )
    return later.mutate(order=place_in(by_day)).filter(ibis._.order == 0).drop("order")


def _ends(contacts: ir.Table, keys: ir.Table, found: Episodes) -> ir.Table:
    """How the silence after each contact ended, if it did."""
    joined = matched(contacts, keys.select("key", "over_at", whole="fate"), ["key"])
    last = joined.next_at.isnull()
    event = ibis.cases(
        (~last & (joined.next_how == UNMARKED), PLACES["unmarked"]),
        (~last, PLACES["came"]),
        (joined.whole == ENDED, PLACES["ended"]),
        (joined.whole == SILENT, PLACES["silent"]),
        else_=PLACES[clock.NONE],
    )
    after = ibis.cases((joined.sessions == 1, 1), (joined.sessions <= 3, 2), else_=3)
    told_at = ibis.greatest(joined.over_at.fill_null(found.known.at), joined.contact_at)
    return joined.select(
        "key",
        "contact",
        "contact_at",
        "rhythm_days",
        "fate",
        after=after.cast("int8"),
        last_event=event.cast("int8"),
        until_at=ibis.ifelse(last, told_at, joined.next_at),
    )


# --- what was expected -------------------------------------------------------------------------------


def _expected(begun: ir.Table, breaks: ir.Table | None, rows: ir.Table, found: Episodes) -> ir.Table:
    """The day on which something was expected: what is booked, the end of an agreed break, or his next turn."""
    evening = ibis.greatest(begun.began_at, end_of_day(begun.contact_at))
    on_time = begun.began.isin([SESSION, BOOKED, PAUSED])  # else a booking at the same moment came after it
    moments = begun.select(*STAGE, seen_at=evening, booked_by=ibis.ifelse(on_time, evening, begun.began_at - 1))
    pairs = matched(moments, live(rows), ["key"])
    pairs = pairs.filter((pairs.booked_at <= pairs.booked_by) & (pairs.over_at > pairs.seen_at))
    next_at = pairs.group_by(STAGE).agg(ahead_at=pairs.starts_at.min())
    joined = _with_until(beside(begun, next_at, STAGE), breaks)
    joined = _with_undated(joined, rows, found)
    dated = ibis.coalesce(joined.ahead_at, joined.undated_at, joined.until)
    turn = joined.began_at // DAY * DAY + (joined.rhythm_days * DAY).cast("int64")
    return joined.mutate(
        ahead=joined.ahead_at.notnull(), dated=dated.notnull(), expected_at=(dated // DAY * DAY).fill_null(turn)
    ).drop("undated_at", "until", "contact_at")


def _with_until(joined: ir.Table, breaks: ir.Table | None) -> ir.Table:
    """The day until which a break had been agreed by then, if it still lay ahead."""
    nothing = ibis.null("int64")
    if breaks is None:
        return joined.mutate(until=nothing)
    agreed = breaks.filter(breaks.until.notnull()).select("key", "contact", "until", agreed_at="happened_at")
    pairs = matched(joined.select(*STAGE, "began_at"), agreed, ["key", "contact"])
    pairs = pairs.filter((pairs.agreed_at <= pairs.began_at) & (pairs.until > pairs.began_at))
    lying_ahead = pairs.group_by(STAGE).agg(until=pairs.until.max())
    return beside(joined, lying_ahead, STAGE)


def _with_undated(joined: ir.Table, rows: ir.Table, found: Episodes) -> ir.Table:
    """For a silence that goes on: a known appointment ahead that does not say when it was booked.

    Nobody can say since when it was expected, so it does not count as booked; but before its day he is not late.
    """
    at = found.known.at
    coming = rows.filter(rows.booked_at.isnull() & (rows.over_at == rows.starts_at) & (rows.starts_at > at))
    coming = coming.group_by("key").agg(undated_at=coming.starts_at.min())
    joined = beside(joined, coming, ["key"])
    undated = ibis.ifelse(joined.event == PLACES[clock.NONE], joined.undated_at, ibis.null("int64"))
    return joined.mutate(undated_at=undated)


# --- time --------------------------------------------------------------------------------------------


def _timed(expected: ir.Table, keys: ir.Table, away: ir.Table) -> ir.Table:
    """Days from the beginning to the event and to the expected day, without those on which the therapist was away."""
    theirs = matched(keys.select("key", "therapist_id"), away, ["therapist_id"]).drop("therapist_id")
    pairs = matched(expected.select(*STAGE, "began_at", "over_at", "expected_at", "dated"), theirs, ["key"])
    horizon = ibis.greatest(pairs.over_at, pairs.expected_at)
    pairs = pairs.filter((pairs.from_at < horizon) & (pairs.to_at > pairs.began_at))
    away_by = pairs.group_by(STAGE).agg(
        away=overlap(pairs, pairs.began_at, pairs.over_at).sum(),
        away_before=(flag(pairs.dated) * overlap(pairs, pairs.began_at, pairs.expected_at)).sum(),
    )
    joined = beside(expected, away_by, STAGE)
    open_seconds = joined.over_at - joined.began_at - joined.away.fill_null(0)
    wait = joined.expected_at - joined.began_at - joined.away_before.fill_null(0)
    return joined.mutate(
        days=open_seconds.cast("float64") / DAY, expected_days=ibis.greatest(wait.cast("float64") / DAY, 0.0)
    ).drop("away", "away_before")


# --- bins --------------------------------------------------------------------------------------------


def binned(timed: ir.Table) -> ir.Table:
    """Add ``place`` (of the cell), ``bin`` and ``part`` (how far into it, 0 to 1), as ``clock.place`` does."""
    wait = ibis.ifelse(timed.expected_days >= clock.LEAST_EXPECTED_DAYS, timed.expected_days, 0.0)
    timed = timed.mutate(wait=wait, over=ibis.greatest(timed.days - wait, 0.0) / timed.rhythm_days)
    steps = [*_before(timed), *_after(timed)]
    last = clock.BINS - 1
    number = ibis.cases(*((inside, place) for place, (inside, _, _) in enumerate(steps)), else_=last)
    part = ibis.cases(*((inside, (timed.days - low) / (high - low)) for inside, low, high in steps), else_=0.0)
    return timed.mutate(
        place=_cell(timed), bin=number.cast("int8"), part=ibis.least(ibis.greatest(part, 0.0), 1.0)
    ).drop("wait", "over")


def _cell(timed: ir.Table) -> ir.IntegerValue:
    """The place of a stage's cell among CELLS."""
    start = ibis.ifelse(timed.began == SESSION, timed.after, 0)
    rules = []
    for place, cell in enumerate(CELLS):
        began, ahead, after = cell.split(":")
        holds = (timed.began == BEGINNINGS.index(began)) & (timed.ahead == (ahead == "ahead"))
        rules.append((holds & (start == int(after)), place))
    return ibis.cases(*rules, else_=0).cast("int8")


Step = tuple[ir.BooleanValue, ir.NumericValue, ir.NumericValue]  # inside the bin, its first day and its last


def _before(timed: ir.Table) -> list[Step]:
    """Bins before the expected day: first days, then quarters of the wait."""
    days, wait = timed.days, timed.wait
    waiting = days < wait
    early = [
        (waiting & (days < high), ibis.literal(low), ibis.least(high, wait))
        for low, high in pairwise((0.0, *clock.EARLY))
    ]
    quarters = [
        (
            waiting & (days < (number + 1.0) * wait / clock.QUARTERS),
            ibis.greatest(number * wait / clock.QUARTERS, clock.EARLY[-1]),
            (number + 1.0) * wait / clock.QUARTERS,
        )
        for number in range(clock.QUARTERS)
    ]
    return [*early, *quarters]


def _after(timed: ir.Table) -> list[Step]:
    """Bins from the expected day on, in his own rhythms; the last one has no end and is not among them."""
    return [
        (timed.over < high, timed.wait + low * timed.rhythm_days, timed.wait + high * timed.rhythm_days)
        for low, high in pairwise(clock.EDGES)
    ]
