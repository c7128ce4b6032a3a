"""What can be seen in a silence: an appointment missed or called off, a new booking, an agreed break.

Each happening belongs to the last contact before it; those before the first contact to contact 0.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.asof import CALLED_OFF
from holdfast.engine import DAY
from holdfast.episodes import EPISODE, NEVER, Episodes
from holdfast.silence.joining import end_of_day, keyed, matched, stacked
from holdfast.tables.schema import Status

BEGINNINGS = ("session", "missed", "called_off", "provider", "booked", "paused")  # in this order at one moment
SESSION, MISSED, CALLED_OFF_BY_HIM, BY_PROVIDER, BOOKED, PAUSED = range(6)  # places in BEGINNINGS
_CONTACT, _END, _BOOKING = range(3)  # what a step of the walk is, in this order at one moment


def happenings(contacts: ir.Table, rows: ir.Table) -> ir.Table:
    """What was missed, called off, and booked while nothing was ahead.

    Found by walking through the moments of each episode once: every contact counts one, every booking adds one to
    what is ahead, and every end of one takes it away.

    Parameters
    ----------
    contacts, rows
        From ``contacts.contacts`` and ``contacts.appointments``.

    Returns
    -------
    key, contact (the last before it, 0 if there is none), contact_at, happened_at (s), kind (a place in
    BEGINNINGS), late (bool), settled_at. Bookings made on the day of the contact are left out: they are part of it.
    """
    steps = stacked(_contact_steps(contacts), _end_steps(rows), _booking_steps(rows))
    before = ibis.window(group_by="key", order_by=["happened_at", "step"], preceding=(None, 1))
    walked = steps.mutate(
        contact=steps.number.max().over(before).fill_null(0),
        contact_at=steps.met_at.max().over(before),
        ahead=steps.adds.sum().over(before).fill_null(0),
    )
    gone = (walked.step == _END) & walked.kind.notnull()
    later = (walked.happened_at // DAY > walked.contact_at // DAY).fill_null(False)
    new = (walked.step == _BOOKING) & (walked.ahead == 0) & later
    return walked.filter(gone | new).drop("step", "number", "met_at", "adds", "ahead")


def _contact_steps(contacts: ir.Table) -> ir.Table:
    return contacts.select(
        "key",
        happened_at="contact_at",
        step=ibis.literal(_CONTACT, "int8"),
        number="contact",
        met_at="contact_at",
        adds=ibis.literal(0, "int8"),
        kind=ibis.null("int8"),
        late=ibis.literal(False),
        settled_at=ibis.null("int64"),
    )


def _end_steps(rows: ir.Table) -> ir.Table:
    """When each appointment took place or was called off."""
    off, late = rows.state.isin(CALLED_OFF), rows.state == Status.LATE_CANCELLED
    kind = ibis.cases(
        (off & rows.by_provider, BY_PROVIDER),
        (late | (rows.state == Status.NO_SHOW), MISSED),
        (off, CALLED_OFF_BY_HIM),
        else_=ibis.null("int8"),
    )
    return rows.select(
        "key",
        happened_at="over_at",
        step=ibis.literal(_END, "int8"),
        number=ibis.null("int64"),
        met_at=ibis.null("int64"),
        adds=ibis.ifelse(_is_live(rows), -1, 0).cast("int8"),
        kind=kind.cast("int8"),
        late=late,
        settled_at="settled_at",
    )


def _booking_steps(rows: ir.Table) -> ir.Table:
    booked = rows.filter(_is_live(rows))
    return booked.select(
        "key",
        happened_at="booked_at",
        step=ibis.literal(_BOOKING, "int8"),
        number=ibis.null("int64"),
        met_at=ibis.null("int64"),
        adds=ibis.literal(1, "int8"),
        kind=ibis.literal(BOOKED, "int8"),
        late=ibis.literal(False),
        settled_at=ibis.null("int64"),
    )


def _is_live(rows: ir.Table) -> ir.BooleanValue:
    """Whether it was ever ahead. One that does not say when it was booked was not: that it exists may be later news."""
    return (rows.booked_at < rows.over_at).fill_null(False)


def live(rows: ir.Table) -> ir.Table:
    """Appointments from their booking until they are called off or take place: key, booked_at, over_at, starts_at."""
    return rows.filter(_is_live(rows)).select("key", "booked_at", "over_at", "starts_at")


def placed(things: ir.Table, contacts: ir.Table) -> ir.Table:
    """Give each thing (``key``, ``happened_at``) the number of the last contact before it, 0 if there is none.

    For the few things of which there are few: it looks at every contact of the episode.
    """
    spans = contacts.select("contact", "contact_at", "next_at", _key="key")
    inside = [
        things.key == spans._key,
        things.happened_at >= spans.contact_at,
        things.happened_at < spans.next_at.fill_null(NEVER),
    ]
    joined = things.left_join(spans, inside).drop("_key", "contact_at", "next_at")
    return joined.mutate(contact=joined.contact.fill_null(0))


def pauses(found: Episodes, keys: ir.Table, contacts: ir.Table) -> ir.Table | None:
    """Agreed breaks: key, contact, happened_at (not before the contact), until. One agreed on his day belongs to it."""
    if found.pauses is None:
        return None
    theirs = keyed(found.pauses.select(*EPISODE, "paused_at", "until"), keys)
    at_night = placed(theirs.mutate(happened_at=end_of_day(theirs.paused_at)), contacts)
    joined = matched(at_night, contacts.select("key", "contact", "contact_at"), ["key", "contact"])
    return joined.select("key", "contact", "until", happened_at=ibis.greatest(joined.paused_at, joined.contact_at))
