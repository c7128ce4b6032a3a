"""What the diary says around each contact: what is booked, what was missed before it, and how far apart they were."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.engine import DAY
from holdfast.silence.happenings import CALLED_OFF_BY_HIM, MISSED, PROVIDER, called_off_or_missed, placed
from holdfast.silence.joining import beside, end_of_day, matched


def diary(contacts: ir.Table, stages: ir.Table, rows: ir.Table) -> ir.Table:
    """One row a contact.

    Returns
    -------
    key, contact, ahead_at (s; the next appointment as booked by that evening, null if none), said_before and
    ahead_before (contacts before of which the source says when they were booked; of these, those with something
    booked on the evening), gap_open_days (from the session before, without the days on which the therapist was
    away), missed (no-shows and late cancellations between the contact before and this one, known by the evening),
    and when the last of each was: no_show_at, late_at, called_off_at, provider_at (s; null for none).
    """
    first = stages.filter(stages.stage == 0).select("key", "contact", "ahead_at")
    open_after = stages.group_by(["key", "contact"]).agg(open_seconds=stages.open_seconds.sum())
    base = contacts.select("key", "contact", "attended", "booking_said")
    walked = _walked(beside(beside(base, first, ["key", "contact"]), open_after, ["key", "contact"]))
    return beside(walked, _missed_before(contacts, rows), ["key", "contact"])


def _walked(rows: ir.Table) -> ir.Table:
    before = ibis.window(group_by="key", order_by="contact", preceding=(None, 1))
    said = ibis.ifelse(rows.booking_said, 1, 0)
    ahead = ibis.ifelse(rows.booking_said & rows.ahead_at.notnull(), 1, 0)
    rows = rows.mutate(
        said_before=said.sum().over(before).fill_null(0),
        ahead_before=ahead.sum().over(before).fill_null(0),
        walked=rows.open_seconds.sum().over(before).fill_null(0).cast("int64"),
    )
    since = ibis.ifelse(rows.attended, rows.walked, ibis.null("int64")).max().over(before)
    gap = (rows.walked - since).cast("float64") / DAY
    return rows.select("key", "contact", "ahead_at", "said_before", "ahead_before", gap_open_days=gap)


def _missed_before(contacts: ir.Table, rows: ir.Table) -> ir.Table:
    off = placed(called_off_or_missed(rows), contacts)
    off = off.mutate(contact=off.contact + 1)
    off = matched(off, contacts.select("key", "contact", "contact_at"), ["key", "contact"])
    off = off.filter(off.settled_at <= end_of_day(off.contact_at))
    nothing = ibis.null("int64")

    def last(which: ir.BooleanValue) -> ir.IntegerScalar:
        return ibis.ifelse(which, off.happened_at, nothing).max()

    missed = off.kind == MISSED
    return off.group_by(["key", "contact"]).agg(
        missed=ibis.ifelse(missed, 1, 0).sum(),
        no_show_at=last(missed & ~off.late),
        late_at=last(missed & off.late),
        called_off_at=last(off.kind == CALLED_OFF_BY_HIM),
        provider_at=last(off.kind == PROVIDER),
    )
