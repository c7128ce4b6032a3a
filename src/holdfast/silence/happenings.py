"""What can be seen in a silence: an appointment missed or called off, a new booking, an agreed break.

Each happening belongs to the last contact before it; those before the first contact to contact 0.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.asof import CALLED_OFF
from holdfast.episodes import NEVER, PAIR, Episodes
from holdfast.silence.joining import end_of_day, has_rows, matched
from holdfast.tables.schema import Status

SESSION, MISSED, CALLED_OFF_BY_HIM, PROVIDER, BOOKED, PAUSED = (
    "session",
    "missed",
    "called_off",
    "provider",
    "booked",
    "paused",
)
ORDER = {SESSION: 0, MISSED: 1, CALLED_OFF_BY_HIM: 2, PROVIDER: 3, BOOKED: 4, PAUSED: 5}  # of several at one moment


def placed(things: ir.Table, contacts: ir.Table) -> ir.Table:
    """Give each thing (``key``, ``happened_at``) the last contact before it.

    Adds ``contact`` (0 if there is none) and ``contact_day``.
    """
    spans = contacts.select("key", "contact", "contact_at", "next_at", "day")
    spans = spans.rename(_key="key", contact_day="day")
    joined = things.left_join(
        spans,
        [
            things.key == spans._key,
            things.happened_at >= spans.contact_at,
            things.happened_at < spans.next_at.fill_null(NEVER),
        ],
    )
    joined = joined.drop("_key", "contact_at", "next_at")
    return joined.mutate(contact=joined.contact.fill_null(0))


def called_off_or_missed(rows: ir.Table) -> ir.Table:
    """Appointments that did not take place: key, happened_at, kind, late (bool), settled_at."""
    late = rows.state == Status.LATE_CANCELLED
    off = rows.state.isin(CALLED_OFF)
    no_show = rows.state == Status.NO_SHOW
    kind = ibis.cases((off & rows.by_provider, PROVIDER), (late | no_show, MISSED), else_=CALLED_OFF_BY_HIM)
    gone = rows.mutate(kind=kind, late=late, happened_at=ibis.ifelse(off, rows.off_at, rows.starts_at))
    return gone.filter(off | no_show).select("key", "happened_at", "kind", "late", "settled_at")


def live(rows: ir.Table) -> ir.Table:
    """Appointments from their booking until they are called off or take place: key, booked_at, over_at, starts_at.

    One that does not say when it was booked is never seen ahead: that it exists at all may be later news.
    """
    over_at = rows.off_at.fill_null(rows.starts_at)
    ahead = rows.mutate(over_at=over_at).filter(rows.booked_at < over_at)
    return ahead.select("key", "booked_at", "over_at", "starts_at")


def new_bookings(alive: ir.Table) -> ir.Table:
    """Bookings made while nothing was ahead: key, happened_at, kind.

    Counted by walking through the moments: every booking adds one, every end of one takes one away.
    """
    begun = alive.select("key", at="booked_at").mutate(step=ibis.literal(1, "int64"))
    over = alive.select("key", at="over_at").mutate(step=ibis.literal(-1, "int64"))
    steps = ibis.union(begun, over)
    before = ibis.window(group_by="key", order_by=["at", "step"], preceding=(None, 1))
    counted = steps.mutate(ahead=steps.step.sum().over(before).fill_null(0))
    new = counted.filter((counted.step == 1) & (counted.ahead == 0))
    return new.select("key", happened_at=new["at"], kind=ibis.literal(BOOKED))


def pauses(found: Episodes, keys: ir.Table, contacts: ir.Table) -> ir.Table | None:
    """Agreed breaks: key, contact, happened_at (not before the contact), until. One agreed on his day belongs to it."""
    agreed = found.known.pauses
    if not has_rows(agreed, found.engine):
        return None
    theirs = matched(agreed, keys.select(*PAIR, "key"), PAIR).select("key", "paused_at", "until")
    at_night = placed(theirs.mutate(happened_at=end_of_day(theirs.paused_at)), contacts)
    joined = matched(at_night, contacts.select("key", "contact", "contact_at"), ["key", "contact"])
    return joined.select("key", "contact", "until", happened_at=ibis.greatest(joined.paused_at, joined.contact_at))
