"""What the diary says around each contact: what is booked, what was missed before it, and how far apart they were."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.engine import DAY
from holdfast.silence.closures import overlap
from holdfast.silence.happenings import BY_PROVIDER, CALLED_OFF_BY_HIM, MISSED
from holdfast.silence.joining import beside, end_of_day, flag, matched

CONTACT = ["key", "contact"]


def diary(contacts: ir.Table, stages: ir.Table, *, seen: ir.Table, keys: ir.Table, away: ir.Table) -> ir.Table:
    """One row a contact.

    Parameters
    ----------
    contacts, stages, seen, keys, away
        From ``contacts``, ``stages``, ``happenings``, ``fates`` and ``closures``.

    Returns
    -------
    key, contact, ahead_at (s; the next appointment as booked by that evening, null if none), said_before and
    ahead_before (contacts before of which the source says when they were booked; of these, those with something
    booked on the evening), gap_open_days (from the session before, without the days on which the therapist was
    away), missed (no-shows and late cancellations between the contact before and this one, known by the evening),
    and when the last of each was: no_show_at, late_at, called_off_at, provider_at (s; null for none).
    """
    first = stages.filter(stages.stage == 0).select(*CONTACT, "ahead_at")
    base = contacts.select(*CONTACT, "contact_at", "session_before_at", "booking_said")
    whole = _with_habit(beside(base, first, CONTACT))
    whole = beside(whole, _away_since(base, keys, away), CONTACT)
    whole = beside(whole, _missed_before(contacts, seen), CONTACT)
    gap = whole.contact_at - whole.session_before_at - whole.away.fill_null(0)
    return whole.mutate(gap_open_days=gap.cast("float64") / DAY).drop(
        "contact_at", "session_before_at", "booking_said", "away"
    )


def _with_habit(rows: ir.Table) -> ir.Table:
    """On how many evenings before something was booked."""
    before = ibis.window(group_by="key", order_by="contact", preceding=(None, 1))
    said, ahead = flag(rows.booking_said), flag(rows.booking_said & rows.ahead_at.notnull())
    return rows.mutate(
        said_before=said.sum().over(before).fill_null(0).cast("int32"),
        ahead_before=ahead.sum().over(before).fill_null(0).cast("int32"),
    )


def _away_since(base: ir.Table, keys: ir.Table, away: ir.Table) -> ir.Table:
    """Seconds since the session before in which the therapist was away: key, contact, away."""
    theirs = matched(keys.select("key", "therapist_id"), away, ["therapist_id"]).drop("therapist_id")
    pairs = matched(base.filter(base.session_before_at.notnull()), theirs, ["key"])
    pairs = pairs.filter((pairs.from_at < pairs.contact_at) & (pairs.to_at > pairs.session_before_at))
    return pairs.group_by(CONTACT).agg(away=overlap(pairs, pairs.session_before_at, pairs.contact_at).sum())


def _missed_before(contacts: ir.Table, seen: ir.Table) -> ir.Table:
    off = seen.filter(seen.settled_at.notnull()).select("key", "happened_at", "kind", "late", "settled_at", "contact")
    off = matched(off.mutate(contact=off.contact + 1), contacts.select(*CONTACT, "contact_at"), CONTACT)
    off = off.filter(off.settled_at <= end_of_day(off.contact_at))
    nothing = ibis.null("int64")

    def last(which: ir.BooleanValue) -> ir.IntegerScalar:
        return ibis.ifelse(which, off.happened_at, nothing).max()

    missed = off.kind == MISSED
    return off.group_by(CONTACT).agg(
        missed=flag(missed).sum().cast("int32"),
        no_show_at=last(missed & ~off.late),
        late_at=last(missed & off.late),
        called_off_at=last(off.kind == CALLED_OFF_BY_HIM),
        provider_at=last(off.kind == BY_PROVIDER),
    )
