"""Signals from the diary: how far he has come, what is booked, what was missed, and how far apart they are."""

from __future__ import annotations

import ibis.expr.types as ir

from holdfast.engine import DAY
from holdfast.silence.signals.signal import UNASKED, Known, Rules, Signal

NEAR_RHYTHMS = 1.5  # booked further away than this is late for him
SOME_RHYTHMS, MUCH_RHYTHMS = 1.5, 2.5
HABIT_CONTACTS = 2  # fewer are no habit
EARLY_SESSIONS = 5  # few agree on an end as soon as that


def _session(facts: ir.Table) -> Rules:
    number = facts.sessions
    steps = (("s1", 1), ("s2", 2), ("s3", 3), ("s4_5", 5), ("s6_10", 10), ("s11_20", 20))
    return [(number <= last, code) for code, last in steps], "s21"


def _booking(facts: ir.Table) -> Rules:
    days = (facts.ahead_at - facts.contact_at).cast("float64") / DAY
    usual = (facts.said_before >= HABIT_CONTACTS) & (2 * facts.ahead_before >= facts.said_before)
    return (
        [
            (~facts.booking_said, "not_known"),
            (facts.ahead_at.notnull() & (days <= NEAR_RHYTHMS * facts.rhythm_days), "ahead"),
            (facts.ahead_at.notnull(), "ahead_late"),
            (usual, "free_usual"),
        ],
        "free",
    )


def _perhaps_finished(facts: ir.Table) -> Rules:
    nothing = facts.booking_said & facts.ahead_at.isnull()
    return [(nothing & (facts.sessions > EARLY_SESSIONS), "yes")], "no"


def _missed(facts: ir.Table) -> Rules:
    return (
        [
            ((facts.missed >= 2).fill_null(False), "several"),
            (facts.no_show_at.notnull(), "no_show"),
            (facts.late_at.notnull(), "late"),
            (facts.called_off_at.notnull(), "called_off"),
        ],
        "none",
    )


def _provider(facts: ir.Table) -> Rules:
    return [(facts.provider_at.notnull(), "yes")], "no"


def _widening(facts: ir.Table) -> Rules:
    """Against his own rhythm before this gap; a gap in which a break was agreed is as agreed."""
    gap, usual = facts.gap_open_days, facts.rhythm_before
    return (
        [
            (gap.isnull() | usual.isnull(), UNASKED),
            (facts.agreed_break | (gap <= SOME_RHYTHMS * usual), "no"),
            (gap <= MUCH_RHYTHMS * usual, "some"),
        ],
        "much",
    )


def _repair(facts: ir.Table) -> Rules:
    return [(facts.repaired_at.notnull(), "yes")], "no"


KEPT = (
    Signal(
        "session",
        "Which session it was with this therapist",
        {
            "s21": "",
            "s1": "the first session",
            "s2": "the second session",
            "s3": "the third session",
            "s4_5": "session {sessions}: more leave about then than after the twentieth",
            "s6_10": "session {sessions}: more leave about then than after the twentieth",
            "s11_20": "session {sessions}: more leave about then than after the twentieth",
        },
        Known.EVENING,
        _session,
    ),
    Signal(
        "booking",
        "What was booked on the evening",
        {
            "ahead": "",
            "ahead_late": "had booked the next one for {next_on}, later than he usually comes",
            "free_usual": "he usually books on the day, and did not",
            "free": "did not book on the day",
            "not_known": "",
        },
        Known.EVENING,
        _booking,
        note=(
            "Later than usual: more than one and a half of his rhythms away. Usually books: on the evening of at least "
            "half of his earlier contacts (two or more) something was booked. Not known: the source does not say when "
            "this appointment was booked, so a booking ahead cannot be told from later news."
        ),
    ),
    Signal(
        "perhaps_finished",
        "Whether it may have been agreed as the last, and nobody wrote it down",
        {"no": "", "yes": "nothing booked after session {sessions}: perhaps you finished, and nobody wrote it down"},
        Known.EVENING,
        _perhaps_finished,
        note=(
            f"Nothing was booked on the evening of a later session than the {EARLY_SESSIONS}th. Early on that is "
            "mostly somebody who has not decided; later it is often an ending that was agreed."
        ),
    ),
    Signal(
        "missed",
        "What he missed or called off between the contact before and this one",
        {
            "none": "",
            "called_off": "called one off on {called_off_on}",
            "late": "cancelled late on {late_on}",
            "no_show": "missed the appointment on {no_show_on}",
            "several": "missed or cancelled late {missed} times before this one",
        },
        Known.EVENING,
        _missed,
    ),
    Signal(
        "provider",
        "Whether the therapist called one off between the contact before and this one",
        {"no": "", "yes": "you called one off on {provider_on}"},
        Known.EVENING,
        _provider,
    ),
    Signal(
        "widening",
        "How long it was since the session before, against how often he used to come",
        {
            "no": "",
            "some": "came after {gap_days}, and used to come {rhythm_before_every}",
            "much": "came after {gap_days}, and used to come {rhythm_before_every}",
            UNASKED: "",
        },
        Known.EVENING,
        _widening,
        note="Days on which the therapist was away do not count; a gap in which a break was agreed is 'no'.",
    ),
    Signal(
        "repair",
        "Whether something was done about a rupture or a wish since the contact before",
        {"no": "", "yes": "you spoke about it with him on {repaired_on}"},
        Known.SETTLED,
        _repair,
    ),
)
