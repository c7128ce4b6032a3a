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
from holdfast.episodes import EPISODE, NEVER, Episodes
from holdfast.silence.fates import CAME
from holdfast.silence.joining import beside, flag, has_rows, keyed, matched, place_in
from holdfast.tables.schema import Certainty, InitiatedBy, Status

HOW = ("recorded", "defaulted", "unmarked")
OWN_GAPS = 2  # of his own: with fewer, the practice's middle gap stands in for his rhythm
RECORDED, DEFAULTED, UNMARKED = range(3)  # places in HOW: numbers are quicker to sort and join than words
_HALF_DAYS = 1 << 24  # more than any rhythm, counted in half days


def appointments(found: Episodes, keys: ir.Table) -> ir.Table:
    """Every known appointment of the episodes in ``keys``.

    Columns: key, appointment_id, starts_at, state, sure (attended, and somebody recorded it), booked_at,
    by_provider, over_at (when it was called off, else its start), settled_at (when its state came to be known).
    """
    rows = found.appointments
    off_at = ibis.least(rows.settled_at, rows.starts_at, found.known.at)
    assumed = rows.certainty.isin([Certainty.DEFAULTED, Certainty.INFERRED]).fill_null(False)
    told = rows.select(
        *EPISODE,
        "appointment_id",
        "starts_at",
        "state",
        "booked_at",
        "settled_at",
        sure=(rows.state == Status.ATTENDED) & ~assumed,
        by_provider=rows.initiated_by.fill_null("") == InitiatedBy.PROVIDER,
        over_at=ibis.ifelse(rows.state.isin(CALLED_OFF), off_at, rows.starts_at),
    )
    return found.engine.keep(keyed(told, keys))


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
    key, contact (1..n in the order of time), contact_at (s), how (a place in HOW), attended (bool), sessions
    (attended up to and including this one; of an unmarked one: those before it and 1), session_before_at (s; null
    if there is none), agreed_break (since that session), gaps (usual gaps up to here), rhythm_days (by then),
    rhythm_before (by the contact before, null while it was not yet his own), booking_said (whether the source says
    when this appointment was booked), previous_at, next_at, next_how (null: the last one), fate (came, or that of
    the episode; a place in FATES), link (its place in the tail, null before it).
    """
    by_day = found.engine.keep(_with_breaks(_ordered(_one_a_day(rows, keys)), found, keys))
    kept = found.engine.keep(_with_fate(_with_rhythm(by_day, found), keys))
    found.engine.forget(by_day)
    return kept


def _one_a_day(rows: ir.Table, keys: ir.Table) -> ir.Table:
    """One contact an episode and day: attended before unmarked, recorded before defaulted."""
    may = rows.filter(rows.state.isin([Status.ATTENDED, Status.UNKNOWN]))
    may = matched(may, keys.select("key", over_day=keys.over_at.fill_null(NEVER) // DAY), ["key"])
    attended, day = may.state == Status.ATTENDED, may.starts_at // DAY
    may = may.mutate(attended=attended, day=day).filter(attended | (day <= may.over_day))  # later, nobody expected him
    found = may.group_by(["key", "day"]).agg(
        attended=flag(may.attended).max(),
        sure=flag(may.sure).max(),
        attended_at=ibis.ifelse(may.attended, may.starts_at, ibis.null("int64")).min(),
        starts_at=may.starts_at.min(),
        said=flag(may.booked_at.notnull()).max(),
    )
    how = ibis.cases((found.sure == 1, RECORDED), (found.attended == 1, DEFAULTED), else_=UNMARKED)
    return found.select(
        "key",
        "day",
        how=how.cast("int8"),
        attended=found.attended == 1,
        contact_at=found.attended_at.fill_null(found.starts_at),
        booking_said=found.said == 1,
    )


def _ordered(by_day: ir.Table) -> ir.Table:
    """Numbered in the order of time, each with the session before."""
    in_order = ibis.window(group_by="key", order_by="day")
    before = ibis.window(group_by="key", order_by="day", preceding=(None, 1))
    up_to = ibis.window(group_by="key", order_by="day", preceding=None, following=0)
    so_far = flag(by_day.attended).sum().over(up_to) + ibis.ifelse(by_day.attended, 0, 1)
    return by_day.mutate(
        contact=place_in(in_order) + 1,
        sessions=so_far.cast("int64"),
        session_before_at=ibis.ifelse(by_day.attended, by_day.contact_at, ibis.null("int64")).max().over(before),
        previous_at=by_day.contact_at.lag().over(in_order),
        next_at=by_day.contact_at.lead().over(in_order),
        next_how=by_day.how.lead().over(in_order),
    )


def _with_breaks(ordered: ir.Table, found: Episodes, keys: ir.Table) -> ir.Table:
    """Mark the gaps in which a break was agreed."""
    broken = found.sessions.filter(found.sessions.agreed_break)
    if not has_rows(broken, found.engine):
        return ordered.mutate(agreed_break=ibis.literal(False))
    days = keyed(broken.select(*EPISODE, "day", "agreed_break"), keys)
    marked = beside(ordered, days, ["key", "day"])
    return marked.mutate(agreed_break=marked.agreed_break.fill_null(False))


def _with_rhythm(rows: ir.Table, found: Episodes) -> ir.Table:
    """How often he usually came by then: the middle of his last three usual gaps, of two their mean.

    It is carried on to the contacts that have no gap of their own: of numbers that begin with the contact, the
    largest so far ends in the latest rhythm.
    """
    whole = beside(rows, _gaps(rows), ["key", "contact"])
    up_to = ibis.window(group_by="key", order_by="contact", preceding=None, following=0)
    before = ibis.window(group_by="key", order_by="contact", preceding=(None, 1))
    packed = whole.contact * _HALF_DAYS + whole.half_days
    own, own_before = ((packed.max().over(window) % _HALF_DAYS).cast("float64") / 2 for window in (up_to, before))
    practice = found.practice_rhythm_days
    usual = found.engine.told(float(practice if practice is not None else found.rule.assumed_days))
    return whole.mutate(
        gaps=whole.usual_gaps.max().over(up_to).fill_null(0), rhythm_days=own.fill_null(usual), rhythm_before=own_before
    ).drop("usual_gaps", "half_days")


def _gaps(rows: ir.Table) -> ir.Table:
    """For sessions after a usual gap: how many there were, and the middle of the last three, in half days."""
    since = rows.session_before_at.notnull()
    usual = rows.filter(rows.attended & since & ~rows.agreed_break)
    in_order = ibis.window(group_by="key", order_by="contact")
    gap = usual.day - usual.session_before_at // DAY
    gaps = usual.select(
        "key",
        "contact",
        last=gap,
        second=gap.lag(1).over(in_order),
        third=gap.lag(2).over(in_order),
        usual_gaps=place_in(in_order) + 1,
    )
    middle = ibis.greatest(
        ibis.least(gaps.last, gaps.second), ibis.least(ibis.greatest(gaps.last, gaps.second), gaps.third)
    )
    half_days = ibis.cases(
        (gaps.third.notnull(), middle * 2), (gaps.second.notnull(), gaps.last + gaps.second), else_=ibis.null("int64")
    )
    return gaps.select("key", "contact", "usual_gaps", half_days=half_days)


def _with_fate(rows: ir.Table, keys: ir.Table) -> ir.Table:
    """Which contacts stand open: from the last that surely took place, or the one before if it was only assumed."""
    whole = ibis.window(group_by="key", order_by="contact", preceding=None, following=None)
    sure_from = ibis.ifelse(rows.how == RECORDED, rows.contact_at, rows.session_before_at.fill_null(rows.contact_at))
    tail_at = ibis.ifelse(rows.attended, sure_from, ibis.null("int64")).max().over(whole)
    rows = matched(rows.mutate(tail_at=tail_at), keys.select("key", whole="fate"), ["key"])
    in_tail = rows.contact_at >= rows.tail_at
    rows = rows.mutate(before_tail=flag(~in_tail), in_tail=in_tail)
    link = rows.contact - rows.before_tail.sum().over(ibis.window(group_by="key")) - 1
    return rows.mutate(
        fate=ibis.ifelse(rows.in_tail, rows.whole, CAME).cast("int8"),
        link=ibis.ifelse(rows.in_tail, link, ibis.null("int64")),
    ).drop("tail_at", "whole", "before_tail", "in_tail", "day")
