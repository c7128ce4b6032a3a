"""What was known at a moment: each appointment's state, the endings, the pauses, the answers.

Nothing that happened, or came to be known, after the moment gets past this file. Where a table does
not say when something became known, the latest plausible moment is taken: an outcome from the
appointment's start, an ending from its day. Once the moment reaches the export, everything in the
tables is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir

from holdfast.engine import DAY, Engine
from holdfast.tables.away import AWAY
from holdfast.tables.schema import PAUSE, Status

AHEAD = "ahead"  # booked, and its time has not come
CALLED_OFF = (Status.CANCELLED, Status.LATE_CANCELLED, Status.RESCHEDULED)
HAPPENED = (Status.ATTENDED, Status.NO_SHOW)
# Of one leave, no more than this is no silence. A client whose therapist is away for longer is with nobody, and
# somebody must hear of it. And a mistyped year must not hide everybody for ever.
LONGEST_LEAVE_DAYS = 42
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock has no offset


def seconds(moment: datetime) -> int:
    """Whole seconds of the wall clock since 1970."""
    return int((moment - EPOCH).total_seconds() // 1)


def last_moment(loaded: Mapping[str, ir.Table], engine: Engine) -> datetime | None:
    """The last thing that the tables tell of, if anything has happened: up to here they are complete."""
    told = dict(loaded)
    appointments = told["appointments"]
    happened = appointments.status.isin([*HAPPENED, Status.UNKNOWN])
    told["appointments"] = appointments.mutate(
        starts_at=ibis.ifelse(happened, appointments.starts_at, ibis.null("int64"))
    )
    found = [moment for name, columns in TELLING.items() for moment in _latest(told[name], columns, engine)]
    return EPOCH + timedelta(seconds=max(found)) if found else None


TELLING = {
    "appointments": ("starts_at", "booked_at", "status_at"),
    "endings": ("ended_on", "recorded_at"),
    "checkins": ("sent_at", "answered_at"),
    "scores": ("taken_at",),
    "repairs": ("at",),
}


def _latest(table: ir.Table, columns: Sequence[str], engine: Engine) -> list[int]:
    row = engine.fetch(table.agg(**{name: table[name].max() for name in columns})).row(0)
    return [value for value in row if value is not None]


@dataclass(frozen=True, slots=True)
class Said:
    """What was known of an appointment: exactly one of these is true of it."""

    called_off: ir.BooleanValue
    ahead: ir.BooleanValue
    attended: ir.BooleanValue
    no_show: ir.BooleanValue
    unmarked: ir.BooleanValue


@dataclass(frozen=True, slots=True)
class Known:
    """The tables as they were known at ``at`` (whole seconds of the wall clock, told to the engine).

    ``complete`` says that the tables hold everything up to ``at``, so that nothing in them is later news.
    """

    loaded: Mapping[str, ir.Table]
    at: ir.IntegerScalar
    complete: bool
    told_away: bool = False  # whether the practice said when somebody was not there

    @property
    def away(self) -> ir.Table:
        """Days on which a therapist, or nobody at all (blank), was there, as far as they had come and been told of.

        The days to come are left out: a leave is often cut short, or goes on.
        """
        table = self.loaded[AWAY]
        known = table.filter((table.first_day <= self.at) & (table.told_at.fill_null(table.first_day) <= self.at))
        believed = ibis.least(known.last_day + DAY, known.first_day + LONGEST_LEAVE_DAYS * DAY, self.at)
        return known.select("therapist_id", from_at=known.first_day, to_at=believed)

    @property
    def appointments(self) -> ir.Table:
        """Known appointments with ``state``: an outcome, ``unknown``, or ``ahead``; and ``settled_at``, ``day``."""
        return self.with_state(self.booked(self.loaded["appointments"]))

    def booked(self, table: ir.Table) -> ir.Table:
        """Those of some appointments that were known."""
        unsaid = table.booked_at.isnull()
        if self.complete:
            return table.filter((table.booked_at <= self.at) | unsaid)
        return table.filter((table.booked_at <= self.at) | (unsaid & (table.starts_at <= self.at)))

    def said(self, table: ir.Table) -> Said:
        """What was known of each of some appointments."""
        settled_at = table.status_at.fill_null(table.starts_at)
        settled = ibis.literal(True) if self.complete else settled_at <= self.at
        called_off = table.status.isin(CALLED_OFF) & settled
        begun = ~called_off & (table.starts_at <= self.at)
        attended = begun & (table.status == Status.ATTENDED) & settled
        no_show = begun & (table.status == Status.NO_SHOW) & settled
        ahead = ~called_off & (table.starts_at > self.at)
        return Said(called_off, ahead, attended, no_show, begun & ~(table.status.isin(HAPPENED) & settled))

    def with_state(self, table: ir.Table) -> ir.Table:
        """Some known appointments with ``state``, ``settled_at`` and ``day``."""
        said = self.said(table)
        told = said.called_off | said.attended | said.no_show
        state = ibis.cases((told, table.status), (said.ahead, AHEAD), else_=Status.UNKNOWN.value)
        return table.mutate(
            state=state, settled_at=table.status_at.fill_null(table.starts_at), day=table.starts_at // DAY
        )

    @property
    def endings(self) -> ir.Table:
        """Known endings, with the ``day`` they fell on and the moment ``known_at`` they came to be known."""
        table = self.loaded["endings"]
        known_at = table.recorded_at.fill_null(table.ended_on)
        known = ((known_at <= self.at) | ibis.literal(self.complete)) & (table.ended_on <= self.at)
        kept = table.mutate(known_at=known_at, day=table.ended_on // DAY).filter(known)
        return kept.select("client_id", "therapist_id", "day", "kind", "known_at", "ended_on")

    @property
    def pauses(self) -> ir.Table:
        """Agreed breaks, with when they were agreed (``paused_at``) and ``until``, if that was said."""
        table = self.loaded["repairs"]
        agreed = table.filter((table.action == PAUSE) & (table["at"] <= self.at))
        return agreed.select("client_id", "therapist_id", "until", paused_at=agreed["at"])

    @property
    def answers(self) -> ir.Table:
        """Check-ins that had been answered."""
        table = self.loaded["checkins"]
        return table.filter(table.answered_at <= self.at).select("client_id", "appointment_id", "answered_at")
