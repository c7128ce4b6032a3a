"""Check-ins: which were sent after a contact, which were answered in time to be known, and what he had said before.

A check-in belongs to the contact of its appointment. An earlier answer counts from the next contact on, if it
came before that began; so nothing that was answered later can be compared with.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from holdfast.engine import DAY
from holdfast.episodes import NEVER, Episodes
from holdfast.silence.joining import beside, flag, has_rows, matched, place_in, small
from holdfast.tables.schema import AXES

RATED = ("understood", "on_target", "worth_it")
AT_THIS_ONE = ("approach", "pace")  # asked each time
ROTATING = (*(axis for axis in AXES if axis not in AT_THIS_ONE), "talked_down", "could_say")
NUMBERS = (*RATED, *AXES, "talked_down", "could_say")
ASKS, AS_IT_IS, NOT_HERE = 1, 2, 3  # what a closing pick comes down to
LEAVE_IT = ("leave it as it is", "leave as is", "leave it as is")
NOT_SAID_HERE = ("rather not say here",)
RECENT = 3  # contacts whose answers still count for what is not asked each time
_SHIFT, _WIDTH = 32, 64  # numbers from -32 to 31 fit beside the contact they belong to


@dataclass(frozen=True, slots=True)
class Said:
    """What was asked and answered. ``about`` has a row a contact with a check-in, ``recent`` a row a contact.

    about: key, contact, sent_at, answered_at, the answers, change, change_kind, ``<answer>_before`` (the last one he
    gave before), change_before, asked_before and answered_before (of the last three before), answered_1 to answered_5
    (whether each of the five before was answered; null where there was none).
    recent: key, contact, ``<answer>_recent`` (the latest of the two contacts before), ever_answered.
    """

    about: ir.Table
    recent: ir.Table


def said(found: Episodes, keys: ir.Table, contacts: ir.Table, rows: ir.Table) -> Said | None:
    """Check-ins about contacts, or nothing if there are none."""
    about = found.engine.keep(_with_history(_after_contacts(found, keys, contacts, rows)))
    if not has_rows(about, found.engine):
        return None
    return Said(about, found.engine.keep(_recent(contacts, about)))


def asked_before_next(found: Episodes, keys: ir.Table, rows: ir.Table) -> ir.Table:
    """Questions sent before an appointment: key, happened_at, answered_at, attend_next."""
    sent = _known(found, keys, rows)
    before = sent.filter(sent.sent_at < sent.starts_at)
    return before.select("key", "answered_at", "attend_next", happened_at="sent_at")


def _known(found: Episodes, keys: ir.Table, rows: ir.Table) -> ir.Table:
    """Check-ins that had been sent, with the answers that had come, and the appointment each is about."""
    at = found.known.at
    sent = found.known.loaded["checkins"]
    sent = sent.filter(sent.sent_at <= at)
    came = (sent.answered_at <= at).fill_null(False)
    hidden = {name: ibis.ifelse(came, sent[name], ibis.null(sent[name].type())) for name in (*NUMBERS, "attend_next")}
    sent = sent.mutate(
        **hidden,
        change=ibis.ifelse(came, sent.change, ibis.null("string")),
        answered_at=ibis.ifelse(came, sent.answered_at, ibis.null("int64")),
    )
    sent = sent.select("client_id", "appointment_id", "sent_at", "answered_at", *NUMBERS, "attend_next", "change")
    theirs = matched(sent, keys.select("client_id", "key"), ["client_id"]).drop("client_id")
    return matched(theirs, rows.select("key", "appointment_id", "starts_at"), ["key", "appointment_id"])


def _after_contacts(found: Episodes, keys: ir.Table, contacts: ir.Table, rows: ir.Table) -> ir.Table:
    """One check-in a contact: the first that was answered, else the first sent."""
    sent = _known(found, keys, rows)
    after = sent.filter(sent.sent_at >= sent.starts_at)
    days = contacts.select("key", "contact", "next_at", day=contacts.contact_at // DAY)
    about = matched(after.mutate(day=after.starts_at // DAY), days, ["key", "day"])
    about = about.filter(about.sent_at < about.next_at.fill_null(NEVER))
    order = [about.answered_at.fill_null(NEVER), about.sent_at, about.appointment_id]
    window = ibis.window(group_by=["key", "contact"], order_by=order)
    one = about.mutate(
        place=place_in(window),
        sent_at=about.sent_at.min().over(ibis.window(group_by=["key", "contact"])),
    )
    numbers = {name: one[name].cast("int64") for name in NUMBERS}
    in_time = (one.answered_at < one.next_at.fill_null(NEVER)).fill_null(False)
    picked = one.change.strip().lower().nullif("")
    kind = ibis.cases(
        (picked.isnull(), ibis.null("int64")),
        (picked.isin(LEAVE_IT), AS_IT_IS),
        (picked.isin(NOT_SAID_HERE), NOT_HERE),
        else_=ASKS,
    )
    kept = one.mutate(**numbers, in_time=in_time, change_kind=kind).filter(one.place == 0)
    return kept.select("key", "contact", "sent_at", "answered_at", *NUMBERS, "change", "change_kind", "in_time")


def _with_history(about: ir.Table) -> ir.Table:
    """Beside each check-in, what he had answered to those before it."""
    before = ibis.window(group_by="key", order_by="contact", preceding=(None, 1))
    in_order = ibis.window(group_by="key", order_by="contact")
    nothing = ibis.null("int64")
    packed = {
        f"{name}_packed": ibis.ifelse(about.in_time, about.contact * _WIDTH + about[name] + _SHIFT, nothing)
        .max()
        .over(before)
        for name in (*RATED, "change_kind")
    }
    answered = ibis.ifelse(about.in_time, 1, 0)
    lags = {f"answered_{step}": answered.lag(step).over(in_order) for step in range(1, 6)}
    rows = about.mutate(**packed, **lags)
    unpacked = {f"{name}_before": _unpacked(rows[f"{name}_packed"]) for name in (*RATED, "change_kind")}
    last_three = [rows[f"answered_{step}"] for step in (1, 2, 3)]
    rows = rows.mutate(
        **unpacked,
        **{name: small(rows[name]) for name in (*NUMBERS, "change_kind")},
        asked_before=small(sum((flag(one.notnull()) for one in last_three), ibis.literal(0))),
        answered_before=small(sum((one.fill_null(0) for one in last_three), ibis.literal(0))),
    )
    return rows.drop(*packed).rename(change_before="change_kind_before")


def _recent(contacts: ir.Table, about: ir.Table) -> ir.Table:
    """For every contact, what he had last said about the two before it, and whether he had ever answered."""
    told = about.select("key", "contact", "in_time", *ROTATING)
    whole = beside(contacts.select("key", "contact"), told, ["key", "contact"])
    in_time = whole.in_time.fill_null(False)
    nothing = ibis.null("int64")
    ever = ibis.window(group_by="key", order_by="contact", preceding=(None, 1))
    lately = ibis.window(group_by="key", order_by="contact", preceding=(RECENT - 1, 1))
    packed = {
        f"{name}_recent": ibis.ifelse(in_time, whole.contact * _WIDTH + whole[name] + _SHIFT, nothing)
        .max()
        .over(lately)
        for name in ROTATING
    }
    rows = whole.mutate(**packed, ever_answered=ibis.ifelse(in_time, 1, 0).max().over(ever).fill_null(0))
    unpacked = {f"{name}_recent": _unpacked(rows[f"{name}_recent"]) for name in ROTATING}
    return rows.mutate(**unpacked).select("key", "contact", *unpacked, "ever_answered")


def _unpacked(packed: ir.IntegerValue) -> ir.IntegerValue:
    """The number that was packed behind the contact it belongs to."""
    return small(packed % _WIDTH - _SHIFT)
