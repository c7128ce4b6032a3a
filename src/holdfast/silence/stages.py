"""The time after each contact, cut into stages: from one visible event to the next, or to now.

What ends a stage: came, unmarked (the next contact is an appointment nobody marked), ended, silent, missed,
called_off, provider, booked, paused, or none while it goes on.
"""

from __future__ import annotations

from itertools import pairwise

import ibis
import ibis.expr.types as ir

from holdfast.engine import DAY
from holdfast.episodes import Episodes
from holdfast.silence import clock
from holdfast.silence.closures import closures
from holdfast.silence.contacts import CAME, UNMARKED
from holdfast.silence.fates import ENDED, SILENT
from holdfast.silence.happenings import (
    BOOKED,
    ORDER,
    PAUSED,
    SESSION,
    called_off_or_missed,
    live,
    new_bookings,
    pauses,
    placed,
)
from holdfast.silence.joining import beside, end_of_day, matched

NONE = "none"
STAGE = ["key", "contact", "stage"]


def stages(found: Episodes, keys: ir.Table, contacts: ir.Table, rows: ir.Table) -> ir.Table:
    """One row a stage.

    Parameters
    ----------
    keys, contacts, rows
        From ``fates``, ``contacts`` and ``appointments``.

    Returns
    -------
    key, contact, stage (0..), began, ahead (bool), after (1: first session, 2: second or third, 3: later), days,
    expected_days, rhythm_days, event, began_at and over_at (s), ahead_at (s; the next appointment, as booked then),
    open_seconds (the days in whole seconds), late (it began with a late cancellation), fate (of the contact), cell,
    bin, part.
    """
    alive = found.engine.keep(live(rows))
    breaks = pauses(found, keys, contacts)
    begun = found.engine.keep(_ordered(_begun(contacts, rows, alive, breaks), contacts, keys, found))
    expected = found.engine.keep(_expected(begun, alive, breaks, rows, found))
    return found.engine.keep(binned(_timed(expected, keys, found)))


# --- where each stage begins and ends ----------------------------------------------------------------


def _begun(contacts: ir.Table, rows: ir.Table, alive: ir.Table, breaks: ir.Table | None) -> ir.Table:
    """Every beginning of a stage: key, contact, kind, happened_at. Of one kind on one day, the last counts."""
    columns = ["key", "contact", "kind", "happened_at", "late"]
    on_time = ibis.literal(False)
    first = contacts.select("key", "contact", kind=ibis.literal(SESSION), happened_at="contact_at", late=on_time)
    seen = ibis.union(
        called_off_or_missed(rows).select("key", "happened_at", "kind", "late"),
        new_bookings(alive).select("key", "happened_at", "kind", late=on_time),
    )
    later = placed(seen, contacts)
    later = later.filter(later.happened_at // DAY > later.contact_day).select(columns)
    if breaks is not None:
        agreed = breaks.select("key", "contact", "happened_at").mutate(kind=ibis.literal(PAUSED), late=on_time)
        later = ibis.union(later, agreed.select(columns))
    by_day = ibis.window(
        group_by=["key", "contact", "kind", later.happened_at // DAY], order_by=[later.happened_at.desc(), "late"]
    )
    later = later.mutate(place=ibis.row_number().over(by_day)).filter(ibis._.place == 0)
    return ibis.union(first, later.select(columns))


def _ordered(begun: ir.Table, contacts: ir.Table, keys: ir.Table, found: Episodes) -> ir.Table:
    """The stages of each contact in order, each with the event that ended it."""
    ends = _ends(contacts, keys, found)
    joined = matched(begun, ends, ["key", "contact"])
    joined = joined.filter((joined.kind == SESSION) | (joined.happened_at < joined.until_at) | joined.still_open)
    order = ibis.cases(*((joined.kind == kind, place) for kind, place in ORDER.items()), else_=9)
    joined = joined.mutate(order=order)
    window = ibis.window(group_by=["key", "contact"], order_by=["happened_at", "order"])
    return joined.select(
        "key",
        "contact",
        "contact_at",
        "after",
        "rhythm_days",
        "fate",
        "late",
        began="kind",
        began_at="happened_at",
        stage=ibis.row_number().over(window),
        event=joined.kind.lead().over(window).fill_null(joined.last_event),
        over_at=joined.happened_at.lead().over(window).fill_null(joined.until_at),
    )


def _ends(contacts: ir.Table, keys: ir.Table, found: Episodes) -> ir.Table:
    """How the silence after each contact ended, if it did."""
    joined = matched(contacts, keys.select("key", "over_at", whole="fate"), ["key"])
    last = joined.next_at.isnull()
    event = ibis.cases(
        (~last & (joined.next_how == UNMARKED), UNMARKED),
        (~last, CAME),
        (joined.whole == ENDED, ENDED),
        (joined.whole == SILENT, SILENT),
        else_=NONE,
    )
    after = ibis.cases((joined.sessions == 1, 1), (joined.sessions <= 3, 2), else_=3)
    told_at = ibis.greatest(joined.over_at.fill_null(found.known.at), joined.contact_at)
    return joined.select(
        "key",
        "contact",
        "contact_at",
        "rhythm_days",
        "fate",
        after=after,
        last_event=event,
        still_open=event == NONE,
        until_at=ibis.ifelse(last, told_at, joined.next_at),
    )


# --- what was expected -------------------------------------------------------------------------------


def _expected(begun: ir.Table, alive: ir.Table, breaks: ir.Table | None, rows: ir.Table, found: Episodes) -> ir.Table:
    """The day on which something was expected: what is booked, the end of an agreed break, or his next turn."""
    evening = end_of_day(begun.contact_at)
    by_surprise = ~begun.began.isin([SESSION, BOOKED, PAUSED])  # a booking at the same moment came after it
    begun = begun.mutate(
        seen_at=ibis.greatest(begun.began_at, evening),
        booked_by=ibis.ifelse(by_surprise, begun.began_at - 1, ibis.greatest(begun.began_at, evening)),
    )
    pairs = matched(begun.drop("over_at"), alive, ["key"])
    pairs = pairs.filter((pairs.booked_at <= pairs.booked_by) & (pairs.over_at > pairs.seen_at))
    next_at = pairs.group_by(STAGE).agg(ahead_at=pairs.starts_at.min())
    joined = _with_until(beside(begun, next_at, STAGE), breaks)
    joined = _with_undated(joined, rows, found)
    dated = ibis.coalesce(joined.ahead_at, joined.undated_at, joined.until)
    turn = joined.began_at // DAY * DAY + (joined.rhythm_days * DAY).cast("int64")
    return joined.mutate(
        ahead=joined.ahead_at.notnull(), dated=dated.notnull(), expected_at=(dated // DAY * DAY).fill_null(turn)
    ).drop("undated_at", "until", "seen_at", "booked_by")


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
    coming = rows.filter(rows.booked_at.isnull() & rows.off_at.isnull() & (rows.starts_at > at))
    coming = coming.group_by("key").agg(undated_at=coming.starts_at.min())
    joined = beside(joined, coming, ["key"])
    undated = ibis.ifelse(joined.event == NONE, joined.undated_at, ibis.null("int64"))
    return joined.mutate(undated_at=undated)


# --- time --------------------------------------------------------------------------------------------


def _timed(expected: ir.Table, keys: ir.Table, found: Episodes) -> ir.Table:
    """Days from the beginning to the event and to the expected day, without those on which the therapist was away."""
    away = closures(found)
    theirs = matched(keys.select("key", "therapist_id"), away, ["therapist_id"])
    pairs = matched(expected.select(*STAGE, "began_at", "over_at", "expected_at", "dated"), theirs, ["key"])
    horizon = ibis.greatest(pairs.over_at, pairs.expected_at)
    pairs = pairs.filter((pairs.from_at < horizon) & (pairs.to_at > pairs.began_at))
    away_by = pairs.group_by(STAGE).agg(
        away=_overlap(pairs, pairs.over_at).sum(),
        away_before=ibis.ifelse(pairs.dated, _overlap(pairs, pairs.expected_at), 0).sum(),
    )
    joined = beside(expected, away_by, STAGE)
    open_seconds = joined.over_at - joined.began_at - joined.away.fill_null(0)
    wait = joined.expected_at - joined.began_at - joined.away_before.fill_null(0)
    timed = joined.mutate(
        open_seconds=open_seconds, days=open_seconds.cast("float64") / DAY, expected_days=wait.cast("float64") / DAY
    )
    return timed.mutate(expected_days=ibis.greatest(timed.expected_days, 0.0)).drop("away", "away_before")


def _overlap(pairs: ir.Table, until: ir.IntegerValue) -> ir.IntegerValue:
    return ibis.greatest(ibis.least(pairs.to_at, until) - ibis.greatest(pairs.from_at, pairs.began_at), 0)


# --- bins --------------------------------------------------------------------------------------------


def binned(timed: ir.Table) -> ir.Table:
    """Add ``cell``, ``bin`` and ``part`` (how far into the bin, 0 to 1), as ``clock.place`` does for arrays."""
    wait = ibis.ifelse(timed.expected_days >= clock.LEAST_EXPECTED_DAYS, timed.expected_days, 0.0)
    timed = timed.mutate(wait=wait, over=ibis.greatest(timed.days - wait, 0.0) / timed.rhythm_days)
    steps = [*_before(timed), *_after(timed)]
    last = clock.BINS - 1
    number = ibis.cases(*((inside, place) for place, (inside, _, _) in enumerate(steps)), else_=last)
    part = ibis.cases(*((inside, (timed.days - low) / (high - low)) for inside, low, high in steps), else_=0.0)
    start = ibis.ifelse(timed.began == SESSION, timed.after, 0)
    booked = ibis.ifelse(timed.ahead, "ahead", "free")
    return timed.mutate(
        cell=timed.began + ":" + booked + ":" + start.cast("string"),
        bin=number.cast("int64"),
        part=ibis.least(ibis.greatest(part, 0.0), 1.0),
    ).drop("wait", "over")


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
