"""Contacts: the times at which he came, or may have come.

A contact is a session, or a past appointment that nobody marked: there nobody knows whether he came. Several
on one day are one. After each contact that took place a client has silently left, or he has not; this file
says what they are, in which order, how often he usually came by then, and which ones still stand open.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.asof import CALLED_OFF
from holdfast.engine import DAY
from holdfast.episodes import EPISODE, Episodes
from holdfast.silence.joining import beside, has_rows, keyed, matched
from holdfast.tables.schema import Certainty, InitiatedBy, Status

RECORDED, DEFAULTED, UNMARKED = "recorded", "defaulted", "unmarked"
CAME = "came"
LAST_GAPS = 3  # of which the middle one is his rhythm
OWN_GAPS = 2  # fewer say nothing yet: the practice's middle gap stands in
_HALF_DAYS = 1 << 24  # more than any rhythm, counted in half days


def appointments(found: Episodes, keys: ir.Table) -> ir.Table:
    """Every known appointment of the episodes in ``keys``.

    Columns: key, client_id, appointment_id, starts_at, day, state, certainty, booked_at, by_provider, off_at (when
    it was called off; null if it was not), settled_at (when its state came to be known).
    """
    rows = found.appointments
    called_off = rows.state.isin(CALLED_OFF)
    off_at = ibis.least(rows.settled_at, rows.starts_at, found.known.at)
    told = rows.select(
        *EPISODE,
        "appointment_id",
        "starts_at",
        "day",
        "state",
        "certainty",
        "booked_at",
        "settled_at",
        by_provider=rows.initiated_by.fill_null("") == InitiatedBy.PROVIDER,
        off_at=ibis.ifelse(called_off, off_at, ibis.null("int64")),
    )
    return found.engine.keep(matched(told, keys.select(*EPISODE, "key"), EPISODE).drop("therapist_id", "episode"))


def contacts(found: Episodes, keys: ir.Table, rows: ir.Table) -> ir.Table:
    """One row a contact.

    Parameters
    ----------
    keys
        From :func:`holdfast.silence.fates.fates`.
    rows
        From :func:`appointments`.

    Returns
    -------
    key, contact (1..n in the order of time), contact_at (s), day, appointment_id, how (recorded, defaulted,
    unmarked), sessions (attended up to and including this one; of an unmarked one: those before it and 1),
    gap_days (from the session before; null if there is none), agreed_break (in that gap), gaps (usual gaps up to
    here), rhythm_days (by then), rhythm_before (by the contact before, null while it was not yet his own),
    booking_said (whether the source says when this appointment was booked), previous_at, next_at, next_how
    (null: the last one), fate (came, or that of the episode), link (its place in the tail, null before it).
    """
    by_day = _with_breaks(_ordered(_one_a_day(rows, keys)), found, keys)
    with_rhythm = _with_rhythm(found.engine.keep(by_day), found)
    return found.engine.keep(_with_fate(with_rhythm, keys))


def _one_a_day(rows: ir.Table, keys: ir.Table) -> ir.Table:
    """One contact an episode and day: attended before unmarked, recorded before defaulted."""
    may = rows.filter(rows.state.isin([Status.ATTENDED, Status.UNKNOWN]))
    may = matched(may, keys.select("key", "over_at"), ["key"])
    attended = may.state == Status.ATTENDED
    leftover = ~attended & (may.day > (may.over_at // DAY).fill_null(may.day))  # after the ending nobody expected him
    may = may.mutate(attended=attended).filter(~leftover)
    assumed = may.certainty.isin([Certainty.DEFAULTED, Certainty.INFERRED]).fill_null(False)
    nothing, nobody = ibis.null("int64"), ibis.null("string")
    found = may.group_by(["key", "day"]).agg(
        attended=ibis.ifelse(may.attended, 1, 0).max(),
        sure=ibis.ifelse(may.attended & ~assumed, 1, 0).max(),
        attended_at=ibis.ifelse(may.attended, may.starts_at, nothing).min(),
        starts_at=may.starts_at.min(),
        attended_id=ibis.ifelse(may.attended, may.appointment_id, nobody).min(),
        any_id=may.appointment_id.min(),
        booked_at=may.booked_at.min(),
    )
    how = ibis.cases((found.sure == 1, RECORDED), (found.attended == 1, DEFAULTED), else_=UNMARKED)
    return found.select(
        "key",
        "day",
        how=how,
        attended=found.attended == 1,
        contact_at=found.attended_at.fill_null(found.starts_at),
        appointment_id=found.attended_id.fill_null(found.any_id),
        booking_said=found.booked_at.notnull(),
    )


def _ordered(by_day: ir.Table) -> ir.Table:
    """Numbered in the order of time, with the distance to the session before."""
    in_order = ibis.window(group_by="key", order_by="day")
    before = ibis.window(group_by="key", order_by="day", preceding=(None, 1))
    up_to = ibis.window(group_by="key", order_by="day", preceding=None, following=0)
    rows = by_day.mutate(
        contact=ibis.row_number().over(in_order) + 1,
        attended_so_far=ibis.ifelse(by_day.attended, 1, 0).sum().over(up_to),
        session_before=ibis.ifelse(by_day.attended, by_day.day, ibis.null("int64")).max().over(before),
        previous_at=by_day.contact_at.lag().over(in_order),
        next_at=by_day.contact_at.lead().over(in_order),
        next_how=by_day.how.lead().over(in_order),
    )
    sessions = rows.attended_so_far + ibis.ifelse(rows.attended, 0, 1)
    return rows.mutate(sessions=sessions, gap_days=rows.day - rows.session_before)


def _with_breaks(ordered: ir.Table, found: Episodes, keys: ir.Table) -> ir.Table:
    """Mark the gaps in which a break was agreed."""
    broken = found.sessions.filter(found.sessions.agreed_break)
    if not has_rows(broken, found.engine):
        return ordered.mutate(agreed_break=ibis.literal(False))
    days = keyed(broken.select(*EPISODE, "day", "agreed_break"), keys)
    marked = beside(ordered, days, ["key", "day"])
    return marked.mutate(agreed_break=marked.agreed_break.fill_null(False))


def _with_rhythm(rows: ir.Table, found: Episodes) -> ir.Table:
    """How often he usually came by then: the middle of his last three usual gaps, of two their mean."""
    usual = rows.filter(rows.attended & rows.gap_days.notnull() & ~rows.agreed_break)
    in_order = ibis.window(group_by="key", order_by="contact")
    gaps = usual.select(
        "key",
        "contact",
        last=usual.gap_days,
        second=usual.gap_days.lag(1).over(in_order),
        third=usual.gap_days.lag(2).over(in_order),
        so_many=ibis.row_number().over(in_order) + 1,
    )
    middle = ibis.greatest(
        ibis.least(gaps.last, gaps.second), ibis.least(ibis.greatest(gaps.last, gaps.second), gaps.third)
    )
    half_days = ibis.cases(
        (gaps.third.notnull(), middle * 2), (gaps.second.notnull(), gaps.last + gaps.second), else_=ibis.null("int64")
    )
    gaps = gaps.select("key", "contact", "so_many", half_days=half_days)
    return _carried(beside(rows, gaps, ["key", "contact"]), found)


def _carried(rows: ir.Table, found: Episodes) -> ir.Table:
    """Carry the last rhythm on to the contacts that have no gap of their own."""
    up_to = ibis.window(group_by="key", order_by="contact", preceding=None, following=0)
    in_order = ibis.window(group_by="key", order_by="contact")
    latest = (rows.contact * _HALF_DAYS + rows.half_days).max().over(up_to) % _HALF_DAYS
    rows = rows.mutate(gaps=rows.so_many.max().over(up_to).fill_null(0), own=latest.cast("float64") / 2)
    practice = found.practice_rhythm_days
    usual = float(practice if practice is not None else found.rule.assumed_days)
    rows = rows.mutate(rhythm_days=rows.own.fill_null(usual), rhythm_before=rows.own.lag().over(in_order))
    return rows.drop("so_many", "half_days", "own")


def _with_fate(rows: ir.Table, keys: ir.Table) -> ir.Table:
    """Which contacts stand open: from the last that surely took place, or the one before if it was only assumed."""
    before = ibis.window(group_by="key", order_by="contact", preceding=(None, 1))
    whole = ibis.window(group_by="key")
    rows = rows.mutate(attended_before=ibis.ifelse(rows.attended, rows.contact, ibis.null("int64")).max().over(before))
    sure_from = ibis.ifelse(rows.how == RECORDED, rows.contact, rows.attended_before.fill_null(rows.contact))
    rows = rows.mutate(tail_from=ibis.ifelse(rows.attended, sure_from, ibis.null("int64")).max().over(whole))
    joined = matched(rows, keys.select("key", "fate"), ["key"])
    open_ = joined.contact >= joined.tail_from
    link = ibis.ifelse(open_, joined.contact - joined.tail_from, ibis.null("int64"))
    joined = joined.mutate(fate=ibis.ifelse(open_, joined.fate, CAME), link=link)
    return joined.drop("attended_so_far", "session_before", "attended_before", "tail_from")
