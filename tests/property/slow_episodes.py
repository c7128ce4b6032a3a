"""The rules of docs/reference/episodes.md once more, slow and obvious: dicts, loops and whole seconds.

Written from the words, not from ``holdfast.episodes``; the two must agree on any history. Everything is looked at
again for every question, because nothing here needs to be fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from statistics import median

Row = dict[str, object]
Rows = Mapping[str, list[Row]]  # by table; moments are datetimes without an offset

DAY = 86_400
CALLED_OFF = ("cancelled", "late_cancelled", "rescheduled")
PAIR = ("client_id", "therapist_id")


def slow_episodes(practice: Rows, *, at: datetime | None, exported_at: datetime | None) -> tuple[list[Row], list[Row]]:
    """Every episode and every session as known at ``at``."""
    return _view(practice, at=at, exported_at=exported_at).results()


def slow_unmarked(practice: Rows, *, at: datetime | None, exported_at: datetime | None) -> dict[tuple, list[int]]:
    """When the appointments of each episode were to begin of which nobody said what became of them."""
    view = _view(practice, at=at, exported_at=exported_at)
    found: dict[tuple, list[int]] = {}
    for row in view.appointments:
        if row["state"] == "unknown":
            found.setdefault((*_pair(row), view.number(row)), []).append(row["starts_at"])
    return found


def _view(practice: Rows, *, at: datetime | None, exported_at: datetime | None) -> _View:
    practice = {name: [_in_seconds(row) for row in rows] for name, rows in practice.items()}
    complete_from = exported_at or last_told_of(practice)
    at = at or complete_from
    return _View(practice, _second(at), complete=complete_from is None or at >= complete_from)


def last_told_of(practice: Rows) -> datetime | None:
    """The last thing that has happened, as far as the tables tell; what is only planned has not."""
    told = [row["starts_at"] for row in practice["appointments"] if row["status"] in ("attended", "no_show", "unknown")]
    for table, columns in {
        "appointments": ("booked_at", "status_at"),
        "endings": ("ended_on", "recorded_at"),
        "checkins": ("sent_at", "answered_at"),
        "scores": ("taken_at",),
        "repairs": ("at",),
    }.items():
        told += [row[column] for row in practice.get(table, []) for column in columns]
    told = [moment for moment in told if moment is not None]
    return _moment(max(told)) if told else None


class _View:
    """The practice from one moment."""

    def __init__(self, practice: Rows, at: int, *, complete: bool) -> None:
        self.practice, self.at, self.complete = practice, at, complete
        self.appointments = [
            {**row, "state": self.state(row)} for row in practice["appointments"] if self.is_known(row)
        ]
        known = [row for row in practice["endings"] if self.is_known_ending(row)]
        self.endings = {pair: self.distinct(pair, known) for pair in {_pair(row) for row in known}}
        self.pauses = [row for row in practice["repairs"] if row["action"] == "pause" and row["at"] <= at]
        self.answers = [row for row in practice["checkins"] if _is_by(row["answered_at"], at)]

    # 1. What was known

    def is_known(self, row: Row) -> bool:
        if row["booked_at"] is not None:
            return row["booked_at"] <= self.at
        return row["starts_at"] <= self.at or self.complete

    def state(self, row: Row) -> str:
        is_settled = _settled_at(row) <= self.at or self.complete
        if row["status"] in CALLED_OFF and is_settled:
            return row["status"]
        if row["starts_at"] > self.at:
            return "ahead"
        if row["status"] in ("attended", "no_show") and is_settled:
            return row["status"]
        return "unknown"

    def is_known_ending(self, row: Row) -> bool:
        return (_known_at(row) <= self.at or self.complete) and row["ended_on"] <= self.at

    # 2. Which episode

    def is_new_after(self, row: Row, ending: Row) -> bool:
        ended = _day(ending["ended_on"])
        if _pair(row) != _pair(ending) or _day(row["starts_at"]) <= ended:
            return False
        if row["state"] == "attended":
            return True
        if row["booked_at"] is not None:
            return _day(row["booked_at"]) > ended
        return row["state"] in ("unknown", "ahead")

    def distinct(self, pair: tuple, known: list[Row]) -> list[Row]:
        """The endings of a pair in their order, each corrected by the last word on it."""
        by_count: dict[int, list[Row]] = {}
        for ending in known:
            if _pair(ending) == pair:
                count = sum(self.is_new_after(row, ending) for row in self.appointments)
                by_count.setdefault(count, []).append(ending)
        last_words = [max(same, key=lambda row: (_known_at(row), row["ended_on"])) for same in by_count.values()]
        return sorted(last_words, key=lambda row: row["ended_on"])

    def number(self, row: Row) -> int:
        return sum(self.is_new_after(row, ending) for ending in self.endings.get(_pair(row), []))

    def number_of_pause(self, row: Row) -> int:
        return sum(_day(ending["ended_on"]) < _day(row["at"]) for ending in self.endings.get(_pair(row), []))

    def results(self) -> tuple[list[Row], list[Row]]:
        keys = {(*_pair(row), self.number(row)) for row in self.appointments}
        keys |= {(*pair, number) for pair, endings in self.endings.items() for number in range(len(endings))}
        every = {key: _Episode(self, key) for key in sorted(keys)}
        gaps = [gap for one in every.values() for gap in one.usual_gaps()]
        rhythm = median(gaps) if gaps else None
        rows = [one.row(rhythm, list(every.values())) for one in every.values()]
        return rows, [row for one in every.values() for row in one.session_rows()]


class _Episode:
    """One client with one therapist up to an ending."""

    def __init__(self, view: _View, key: tuple) -> None:
        self.view, self.key = view, key
        self.client, self.therapist, number = key
        self.rows = [row for row in view.appointments if (*_pair(row), view.number(row)) == key]
        endings = view.endings.get(key[:2], [])
        self.ending = endings[number] if number < len(endings) else None
        self.pauses = [row for row in view.pauses if (*_pair(row), view.number_of_pause(row)) == key]
        self.sessions = self.days_attended()

    def of(self, *states: str) -> list[Row]:
        return [row for row in self.rows if row["state"] in states]

    def latest(self, column: str, rows: Iterable[Row]) -> int | None:
        return max((row[column] for row in rows if row[column] is not None), default=None)

    # 3. Sessions, gaps, rhythm

    def days_attended(self) -> list[int]:
        """When each session began: the first of a day stands for all of it."""
        starts = sorted(row["starts_at"] for row in self.of("attended"))
        return [start for i, start in enumerate(starts) if i == 0 or _day(start) > _day(starts[i - 1])]

    def gaps(self) -> list[tuple[int, bool]]:
        """Each gap in days, and whether it was an agreed break."""
        found = []
        for earlier, later in zip(self.sessions, self.sessions[1:], strict=False):
            agreed = any(_day(pause["at"]) >= _day(earlier) and pause["at"] < later for pause in self.pauses)
            found.append((_day(later) - _day(earlier), agreed))
        return found

    def usual_gaps(self) -> list[int]:
        return [days for days, agreed in self.gaps() if not agreed]

    def session_rows(self) -> list[Row]:
        before = [(None, False), *self.gaps()]
        return [
            {**self.names(), "starts_at": start, "day": _day(start), "gap_days": days, "agreed_break": agreed}
            for start, (days, agreed) in zip(self.sessions, before, strict=bool(self.sessions))
        ]

    def names(self) -> Row:
        return {"client_id": self.client, "therapist_id": self.therapist, "episode": self.key[2]}

    # 4. Quiet

    def rhythm(self, practice_rhythm: float | None) -> float:
        if len(self.usual_gaps()) >= 2:
            return float(median(self.usual_gaps()))
        return 7.0 if practice_rhythm is None else float(practice_rhythm)

    def answered_at(self) -> int | None:
        mine = {row["appointment_id"] for row in self.rows}
        return self.latest(
            "answered_at",
            [row for row in self.view.answers if row["client_id"] == self.client and row["appointment_id"] in mine],
        )

    def last_pause(self) -> Row:
        """The break agreed last with this therapist; of two in one second, the longer one."""
        return max(self.pauses, key=_agreed_and_until, default={"at": None, "until": None})

    def break_stands(self) -> bool:
        """Whether he has not been back since the break was agreed."""
        agreed = self.last_pause()["at"]
        return agreed is not None and not (self.sessions and _day(agreed) < _day(self.sessions[-1]))

    def is_paused(self) -> bool:
        until = self.last_pause()["until"]
        return self.break_stands() and (until is None or until > self.view.at)

    def quiet_since(self) -> int | None:
        here = [row["starts_at"] for row in self.of("attended", "no_show", "unknown")]
        off = [row for row in self.of(*CALLED_OFF) if row["initiated_by"] != "provider"]
        called_off = [min(_settled_at(row), self.view.at) for row in off]
        booked = [row["booked_at"] for row in self.rows]
        pause = self.last_pause()
        back = pause["until"] if self.break_stands() and _is_by(pause["until"], self.view.at) else None
        signs = [*here, *called_off, *booked, self.answered_at(), pause["at"], back]
        return max((sign for sign in signs if sign is not None), default=None)

    def is_silent(self, long_quiet_days: float) -> bool:
        if self.of("ahead") or self.is_paused() or self.quiet_since() is None:
            return False
        return self.view.at - self.quiet_since() >= long_quiet_days * DAY

    # 5. How it ended

    def how_it_ended(self, silent: bool, every: list[_Episode]) -> tuple[str, str]:
        unmarked = bool(self.of("unknown"))
        if self.ending is not None:
            kind = self.ending["kind"]
            if kind == "silent" and not self.sessions and not unmarked:
                kind = "never_started"
            elif kind == "never_started" and self.sessions:
                kind = "other"
            return kind, "recorded"
        if silent and self.sessions:
            return ("switched", "inferred") if self.is_elsewhere(every) else ("silent", "rule")
        if silent and not unmarked:
            return "never_started", "rule"
        return "open", ""

    def is_elsewhere(self, every: list[_Episode]) -> bool:
        others = [one for one in every if one.client == self.client and one.therapist != self.therapist]
        seen = any(start > self.sessions[-1] for one in others for start in one.sessions)
        return seen or any(one.of("ahead") for one in others)

    def neighbour(self, every: list[_Episode], step: int) -> str | None:
        """The therapist of his next (1) or previous (-1) episode, if another, in the order in which they began."""
        begun = sorted((one for one in every if one.client == self.client and one.began_at()), key=_Episode.order)
        if self not in begun:
            return None
        place = begun.index(self) + step
        if not 0 <= place < len(begun) or begun[place].therapist == self.therapist:
            return None
        return begun[place].therapist

    def order(self) -> tuple:
        return self.began_at(), self.therapist, self.key[2]

    def began_at(self) -> int | None:
        """His first session, or until there is one, the next that is booked."""
        ahead = [row["starts_at"] for row in self.of("ahead")]
        return min(self.sessions or ahead, default=None)

    # All of it

    def row(self, practice_rhythm: float | None, every: list[_Episode]) -> Row:
        at, starts = self.view.at, [row["starts_at"] for row in self.rows]
        gaps, rhythm = self.usual_gaps(), self.rhythm(practice_rhythm)
        long_quiet, quiet_since = max(3 * rhythm, 21.0), self.quiet_since()
        ending, ending_by = self.how_it_ended(self.is_silent(long_quiet), every)
        attended, unmarked = self.of("attended"), self.of("unknown")
        last_session = max(self.sessions, default=None)
        last_unmarked = self.latest("starts_at", unmarked)
        return {
            **self.names(),
            "appointments": len(self.rows),
            "started_at": min(starts, default=None),
            "no_shows": len(self.of("no_show")),
            "unmarked": len(unmarked),
            "assumed": sum(row["certainty"] in ("defaulted", "inferred") for row in attended),
            "next_at": min((row["starts_at"] for row in self.of("ahead")), default=None),
            "last_unmarked_at": last_unmarked,
            "last_missed_at": self.latest("starts_at", self.of("no_show", "late_cancelled")),
            "last_kept_at": self.latest("starts_at", [*attended, *unmarked]),
            "sessions": len(self.sessions),
            "first_session_at": min(self.sessions, default=None),
            "last_session_at": last_session,
            "gaps": len(gaps),
            "breaks": len(self.gaps()) - len(gaps),
            "ended_on": self.ending and self.ending["ended_on"],
            "recorded_at": self.ending and _known_at(self.ending),
            "answered_at": self.answered_at(),
            "until": self.last_pause()["until"],
            "paused_at": self.last_pause()["at"],
            "rhythm_is_own": len(gaps) >= 2,
            "rhythm_days": rhythm,
            "paused": self.is_paused(),
            "unmarked_after": last_unmarked is not None
            and (last_session is None or _day(last_unmarked) > _day(last_session)),
            "long_quiet_days": long_quiet,
            "quiet_since": quiet_since,
            "quiet_days": None if quiet_since is None else (at - quiet_since) / DAY,
            "ending": ending,
            "ending_by": ending_by,
            "switched_to": self.neighbour(every, 1) if ending == "switched" else None,
            "came_from": self.neighbour(every, -1),
        }


def _is_by(moment: int | None, at: int) -> bool:
    return moment is not None and moment <= at


def _settled_at(row: Row) -> int:
    return row["starts_at"] if row["status_at"] is None else row["status_at"]


def _known_at(ending: Row) -> int:
    return ending["ended_on"] if ending["recorded_at"] is None else ending["recorded_at"]


def _agreed_and_until(pause: Row) -> tuple:
    return pause["at"], pause["until"] is None, pause["until"] or 0


def _pair(row: Row) -> tuple:
    return row["client_id"], row["therapist_id"]


def _day(second: int) -> int:
    return second // DAY


def _second(moment: datetime) -> int:
    """Whole seconds of the wall clock; a part of a second is dropped."""
    return (moment - datetime(1970, 1, 1)) // timedelta(seconds=1)  # noqa: DTZ001


def _moment(second: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(seconds=second)  # noqa: DTZ001


def _in_seconds(row: Row) -> Row:
    return {name: _second(value) if isinstance(value, datetime) else value for name, value in row.items()}
