"""Contacts and stages of the silence model once more, slow and obvious: dicts, loops and whole seconds.

Written from the words in docs/reference/signals.md, not from ``holdfast.silence``; both must agree on any history.
The episodes come from ``slow_episodes``, the bins from ``clock.place``; the signals are in ``slow_signals``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from itertools import pairwise
from statistics import mean, median

import numpy as np
from tests.property.slow_episodes import (
    CALLED_OFF,
    DAY,
    Row,
    _day,
    _Episode,
    _in_seconds,
    _known_at,
    _second,
    _settled_at,
    _View,
    last_told_of,
)

from holdfast.silence.clock import place
from holdfast.tables.away import Away

NEVER = 2**62
ORDER = ("session", "missed", "called_off", "provider", "booked", "paused")


class SlowSilence:
    """A practice from one moment: its episodes with a session, each with contacts and stages."""

    def __init__(
        self,
        practice: Mapping[str, list[Row]],
        at: datetime,
        exported_at: datetime | None,
        away: Sequence[Away] = (),
    ) -> None:
        self.told_away = away
        self.practice = {name: [_in_seconds(row) for row in rows] for name, rows in practice.items()}
        complete_from = exported_at or last_told_of(self.practice)
        self.at = _second(at)
        self.view = _View(self.practice, self.at, complete=complete_from is None or at >= complete_from)
        keys = {(row["client_id"], row["therapist_id"], self.view.number(row)) for row in self.view.appointments}
        every = [_Episode(self.view, key) for key in sorted(keys)]
        gaps = [gap for one in every for gap in one.usual_gaps()]
        self.rhythm = float(median(gaps)) if gaps else 7.0
        self.every = [one for one in every if one.sessions]
        self.closures = {name: self._closures(name) for name in {one.therapist for one in every}}
        self.silences = [Silence(self, one) for one in self.every]

    def _closures(self, therapist: str) -> list[tuple[int, int]]:
        """From when to when a therapist was away."""
        diary = [
            row
            for row in self.view.appointments
            if row["therapist_id"] == therapist
            and not (row["state"] in CALLED_OFF and row["initiated_by"] == "provider")
        ]
        days = sorted({_day(row["starts_at"]) for row in diary})
        runs = list(pairwise(days))
        if not runs:  # nothing is usual yet, but what was said counts
            return _joined(list(self._told(therapist)))
        usual = median(last - first for first, last in runs)
        so_far = min(self.at // DAY - days[-1], 28)  # one that still goes on is believed for four weeks
        found = []
        for first, last in [*runs, (days[-1], days[-1] + so_far)]:
            near = {row["client_id"] for row in diary if first - 28 < _day(row["starts_at"]) <= first}
            if last - first > max(3 * usual, 6) and len(near) >= 3:
                found.append((first * DAY + int(usual * DAY), last * DAY))
        return _joined([*found, *self._told(therapist)])

    def _told(self, therapist: str) -> Iterator[tuple[int, int]]:
        """When the practice said that he, or everybody, was not there: as far as it had come, and six weeks of it."""
        for one in self.told_away:
            first, last = (_second(datetime.combine(day, time())) for day in (one.first_day, one.last_day))
            told_at = first if one.told_at is None else _second(one.told_at)
            if one.therapist_id in (None, therapist) and max(first, told_at) <= self.at:
                yield first, min(last + DAY, first + 42 * DAY, self.at)

    def again_at(self, one: _Episode) -> int | None:
        """When he was first seen here again after an episode; by someone he saw side by side, once it is long ago."""
        first, last = one.sessions[0], one.sessions[-1]
        found = []
        for other in self.every:
            later = [start for start in other.sessions if start > last]
            if other.client != one.client or other is one or not later:
                continue
            side_by_side = any(first < start < last for start in other.sessions)
            found.append(
                max(later[0], last + int(max(3 * one.rhythm(self.rhythm), 21.0) * DAY)) if side_by_side else later[0]
            )
        return min((moment for moment in found if moment <= self.at), default=None)


def _joined(each: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same without a second twice."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(each):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


class Silence:
    """One episode with a session."""

    def __init__(self, whole: SlowSilence, one: _Episode) -> None:
        self.whole, self.episode, self.at = whole, one, whole.at
        self.fate, self.over_at = self._fate()
        self.live = [
            row | {"over_at": over}
            for row in one.rows
            for over in [self.off_at(row) if row["state"] in CALLED_OFF else row["starts_at"]]
            if row["booked_at"] is not None and row["booked_at"] < over
        ]
        self.contacts = self._contacts()
        for contact in self.contacts:
            contact["stages"] = list(self.stages(contact))

    def off_at(self, row: Row) -> int:
        return min(_settled_at(row), row["starts_at"], self.at)

    def _fate(self) -> tuple[str, int | None]:
        ending, again = self.episode.ending, self.whole.again_at(self.episode)
        told = min(_known_at(ending), self.at) if ending else None
        silent = ending is not None and ending["kind"] == "silent"
        known = [moment for moment in (again, None if silent else told) if moment is not None]
        if known:
            return "ended", min(known)
        return ("silent", told) if silent else ("quiet", None)

    # Contacts

    def _contacts(self) -> list[Row]:
        last_day = NEVER if self.over_at is None else _day(self.over_at)
        days: dict[int, list[Row]] = {}
        for row in self.episode.of("attended", "unknown"):
            day = _day(row["starts_at"])
            if row["state"] == "attended" or day <= last_day:
                days.setdefault(day, []).append(row)
        found: list[Row] = []
        for day in sorted(days):
            found.append(self._contact(day, days[day], found))
        for here, following in zip(found, [*found[1:], None], strict=True):
            here["next_at"] = following and following["at"]
            here["next_how"] = following and following["how"]
        self._mark_tail(found)
        return found

    def _contact(self, day: int, rows: list[Row], before: list[Row]) -> Row:
        attended = [row for row in rows if row["state"] == "attended"]
        sure = [row for row in attended if row["certainty"] not in ("defaulted", "inferred")]
        sessions = [one for one in before if one["attended"]]
        gap = day - sessions[-1]["day"] if sessions else None
        usual = [*(before[-1]["usual_gaps"] if before else [])]
        agreed = attended and gap is not None and self._agreed(sessions[-1]["day"] * DAY, day)
        if attended and gap is not None and not agreed:
            usual.append(gap)
        last = usual[-3:]
        return {
            "contact": len(before) + 1,
            "day": day,
            "at": min(row["starts_at"] for row in attended or rows),
            "how": "recorded" if sure else "defaulted" if attended else "unmarked",
            "attended": bool(attended),
            "sessions": len(sessions) + 1,
            "previous": before[-1] if before else None,
            "session_before": sessions[-1] if sessions else None,
            "gap_days": gap,
            "agreed_break": bool(agreed),
            "usual_gaps": usual,
            "own_rhythm": None if len(last) < 2 else float(median(last) if len(last) == 3 else mean(last)),
            "rhythm": self.whole.rhythm if len(last) < 2 else float(median(last) if len(last) == 3 else mean(last)),
            "booking_said": any(row["booked_at"] is not None for row in rows),
        }

    def _agreed(self, since: int, day: int) -> bool:
        start = min(start for start in self.episode.sessions if _day(start) == day)
        return any(since <= pause["at"] < start for pause in self.episode.pauses)

    def _mark_tail(self, contacts: list[Row]) -> None:
        attended = [one for one in contacts if one["attended"]]
        first = attended[-1]
        if first["how"] == "defaulted" and len(attended) > 1:
            first = attended[-2]
        for one in contacts:
            in_tail = one["contact"] >= first["contact"]
            one["fate"] = self.fate if in_tail else "came"
            one["link"] = one["contact"] - first["contact"] if in_tail else None

    # Stages

    def happenings(self) -> list[Row]:
        """What was missed and called off in this episode."""
        found = []
        for row in self.episode.rows:
            late = row["state"] == "late_cancelled"
            if row["state"] == "no_show":
                found.append({"kind": "missed", "at": row["starts_at"], "late": False, "known": _settled_at(row)})
            elif row["state"] in CALLED_OFF:
                by_him = "missed" if late else "called_off"
                kind = "provider" if row["initiated_by"] == "provider" else by_him
                found.append({"kind": kind, "at": self.off_at(row), "late": late, "known": _settled_at(row)})
        return found

    def stages(self, contact: Row) -> list[Row]:
        event, end = self._end(contact)
        begun = [{"kind": "session", "at": contact["at"], "late": False}, *self._begun(contact, event, end)]
        begun.sort(key=lambda one: (one["at"], ORDER.index(one["kind"])))
        following = [*begun[1:], {"kind": event, "at": end}]
        return [
            self._stage(contact, number, one, later)
            for number, (one, later) in enumerate(zip(begun, following, strict=True))
        ]

    def _end(self, contact: Row) -> tuple[str, int]:
        if contact["next_at"] is not None:
            return ("unmarked" if contact["next_how"] == "unmarked" else "came"), contact["next_at"]
        if self.fate == "quiet":
            return "none", self.at
        return self.fate, max(self.over_at, contact["at"])

    def _begun(self, contact: Row, event: str, end: int) -> list[Row]:
        """The last thing of each kind on each later day, in this silence."""
        seen = [*self.happenings(), *self._new_bookings()]
        inside = [
            one
            for one in seen
            if _day(one["at"]) > contact["day"] and (contact["next_at"] is None or one["at"] < contact["next_at"])
        ]
        inside += [{"kind": "paused", "at": pause["from"], "late": False} for pause in self._pauses(contact)]
        last: dict[tuple, Row] = {}
        for one in inside:
            place = (one["kind"], _day(one["at"]))
            if place not in last or (one["at"], not one["late"]) > (last[place]["at"], not last[place]["late"]):
                last[place] = one
        return [one for one in last.values() if one["at"] < end or event == "none"]

    def _new_bookings(self) -> list[Row]:
        return [
            {"kind": "booked", "at": row["booked_at"], "late": False}
            for row in self.live
            if not any(other["booked_at"] < row["booked_at"] < other["over_at"] for other in self.live)
        ]

    def _pauses(self, contact: Row) -> list[Row]:
        """Breaks agreed from this contact's day on, before the next contact's day."""
        ends = NEVER if contact["next_at"] is None else _day(contact["next_at"])
        return [
            pause | {"from": max(pause["at"], contact["at"])}
            for pause in self.episode.pauses
            if contact["day"] <= _day(pause["at"]) < ends
        ]

    def ahead_at(self, contact: Row, moment: int, *, strictly: bool = False) -> int | None:
        """The next appointment as booked by a moment; on the contact's own day, by its evening."""
        seen = max(moment, (contact["day"] + 1) * DAY - 1)
        booked_by = moment - 1 if strictly else seen
        starts = [row["starts_at"] for row in self.live if row["booked_at"] <= booked_by and row["over_at"] > seen]
        return min(starts, default=None)

    def _stage(self, contact: Row, number: int, one: Row, later: Row) -> Row:
        start, end = one["at"], later["at"]
        ahead = self.ahead_at(contact, start, strictly=one["kind"] in ("missed", "called_off", "provider"))
        dated = self._dated(contact, start, ahead, later["kind"])
        turn = _day(start) * DAY + int(contact["rhythm"] * DAY)
        expected = turn if dated is None else _day(dated) * DAY
        days = (end - start - self.away(start, end)) / DAY
        wait = (expected - start - (0 if dated is None else self.away(start, expected))) / DAY
        after = (
            0 if one["kind"] != "session" else 1 if contact["sessions"] == 1 else 2 if contact["sessions"] <= 3 else 3
        )
        bin_, part = place(*(np.asarray([one]) for one in (days, max(wait, 0.0), contact["rhythm"])))
        return {
            "stage": number,
            "cell": f"{one['kind']}:{'free' if ahead is None else 'ahead'}:{after}",
            "event": later["kind"],
            "bin": int(bin_[0]),
            "part": float(part[0]),
            "days": days,
            "expected_days": max(wait, 0.0),
            "late": one["late"],
            "open": end - start - self.away(start, end),
            "from": start,
            "to": end,
        }

    def _dated(self, contact: Row, start: int, ahead: int | None, event: str) -> int | None:
        """The day on which something was expected, if it has a date."""
        if ahead is not None:
            return ahead
        undated = [row["starts_at"] for row in self.episode.of("ahead") if row["booked_at"] is None]
        if event == "none" and undated:
            return min(undated)
        agreed = [one["until"] for one in self._pauses(contact) if one["from"] <= start and one["until"] is not None]
        return max((until for until in agreed if until > start), default=None)

    def away(self, start: int, end: int) -> int:
        """Seconds within a time in which the therapist was away."""
        closed = self.whole.closures[self.episode.therapist]
        return sum(max(min(last, end) - max(first, start), 0) for first, last in closed)
