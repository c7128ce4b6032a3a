"""Reading one download of a calendar: which of its events are meetings with a client, and when they are.

A client is known by the two capital letters that the title begins with, or by the address
of the one person invited. Nothing else of a title or a description is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import recurring_ical_events
from icalendar import Calendar

from holdfast.errors import SourceError
from holdfast.tables.moments import When, at_instant
from holdfast.tables.schema import Certainty, InitiatedBy, Status
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.source import Faults
from holdfast.words import Words

# A practice's own words in a title, after the initials: "GL 7pm - DNA".
OUTCOME_WORDS: Mapping[str, tuple[Status, InitiatedBy]] = {
    "DNA": (Status.NO_SHOW, InitiatedBy.CLIENT),  # did not attend
    "NS": (Status.NO_SHOW, InitiatedBy.CLIENT),  # no show
    "LC": (Status.LATE_CANCELLED, InitiatedBy.CLIENT),  # late cancellation
}
NOT_A_CLIENT = ("admin", "cpd", "dentist", "lunch", "meeting", "supervision", "team", "training")
STATUS_WORDS = ("", "TENTATIVE", "CONFIRMED", "CANCELLED", "CANCELED")
BACK = timedelta(days=2 * 365)  # how far a series is followed, from the moment of the download
AHEAD = timedelta(days=365)
_TOO_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
_READ = ("DTSTART", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_ONCE = ("UID", "DTSTART", "RECURRENCE-ID", "SUMMARY", "STATUS", "SEQUENCE", "CREATED", "ORGANIZER")  # at most

_CALLED_OFF = re.compile(r"^\s*cancell?ed\b[\s:–-]*", re.IGNORECASE)
_OUTCOME_FIRST = re.compile(
    rf"^({'|'.join(OUTCOME_WORDS)})\s*[:–-]\s*(?!(?:{'|'.join(OUTCOME_WORDS)})\b)(?=[^\W\d_]{{2}}\b)"
)
_INITIALS = re.compile(r"^([^\W\d_]{2})\b")
_KEPT_IN = re.compile(r"^X-WR-TIMEZONE[^:\r\n]*:(\S+)", re.MULTILINE | re.IGNORECASE)
_SPLIT_SERIES = re.compile(r"_R\d{8}(T\d{6}Z?)?(?=@|$)")

Outcome = tuple[Status, Certainty, InitiatedBy | None]


@dataclass(frozen=True, slots=True)
class Meeting:
    """One planned meeting as one download shows it."""

    uid: str
    client: str
    starts: When
    repeats: bool
    word: str  # the calendar's own word for its state, or the practice's word in the title
    outcome: Outcome | None = None  # None: it says no more than that the meeting stands there
    booked: When | None = None
    moved_from: When | None = None  # one of a series, moved: the time that the series gives it


@dataclass(frozen=True, slots=True)
class Events:
    """What one download holds: the meetings, and what is left out, by reason."""

    meetings: Sequence[Meeting]
    hidden: frozenset[str]  # still there, but private: no word about them, and no conclusion either
    skipped: Counter[Words]


@dataclass(frozen=True, slots=True)
class Zone:
    """The clocks of one download: the calendar's own, if it names one, and the practice's."""

    own: ZoneInfo | None
    practice: ZoneInfo

    def place(self, moment: datetime) -> datetime:
        """Put a time without a zone on the calendar's clock, and one in UTC too: its series keeps the local hour."""
        if moment.tzinfo is None:
            return moment.replace(tzinfo=self.own or self.practice)
        return moment.astimezone(self.own) if self.own and moment.tzname() == "UTC" else moment


def parse(file: SourceFile) -> list[Calendar]:
    """Take a file apart into its calendars.

    Raises
    ------
    SourceError
        If it is cut off or not iCalendar, or without a single event: that is a failed download,
        and comparing it would make every appointment look cancelled.
    """
    text = file.text
    opened, closed = (len(re.findall(rf"^{word}:VCALENDAR\s*$", text, re.M | re.I)) for word in ("BEGIN", "END"))
    if not opened or opened != closed:
        raise SourceError(Words("{file} breaks off before END:VCALENDAR. Download the calendar again.", file=file.name))
    try:
        calendars: list[Calendar] = Calendar.from_ical(text, multiple=True)
    except (ValueError, IndexError, KeyError) as error:
        raise SourceError(_not_readable(file.name, text)) from error
    if not any(calendar.walk("VEVENT") for calendar in calendars):
        raise SourceError(
            Words(
                "{file} holds no event at all. That is more likely a failed download than an empty diary, "
                "so nothing was compared with it. Download the calendar again.",
                file=file.name,
            )
        )
    return calendars


def _not_readable(file: str, text: str) -> Words:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith((" ", "\t")) and ":" not in line:
            return Words(
                "{file} is not a calendar that can be read: line {line} is not iCalendar. Download the calendar again.",
                file=file,
                line=str(number),
            )
    return Words("{file} is not a calendar that can be read. Download the calendar again.", file=file)


def zone_of(file: SourceFile) -> ZoneInfo | None:
    """The zone that the calendar says it is kept in, if it does."""
    for name in _KEPT_IN.findall(file.text):
        try:
            return ZoneInfo(name.strip())
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None


def owner(file: SourceFile, calendars: Sequence[Calendar]) -> str:
    """Whose calendar it is: its name, or who invites, or the file's name without its date."""
    for calendar in calendars:
        if name := harmless(str(calendar.get("X-WR-CALNAME", ""))):
            return name
    inviting = Counter(_address(event.get("ORGANIZER")) for calendar in calendars for event in calendar.walk("VEVENT"))
    inviting.pop("", None)
    if inviting:
        return min(inviting, key=lambda address: (-inviting[address], address))
    undated = re.sub(r"[\s_.-]*20\d\d[-_.]?\d\d[-_.]?\d\d([t_ -]?\d\d[-_.:]?\d\d([-_.:]?\d\d)?)?z?", "", file.stem)
    return harmless(re.sub(r"\s*\(\d+\)$", "", undated)) or "calendar"


def harmless(text: str) -> str:
    """An identifier without the signs at its start that a spreadsheet program would run."""
    return re.sub(r"^[=+\-@\s]+", "", " ".join(text.split()))


def read_events(name: str, calendars: Sequence[Calendar], zone: Zone, moment: datetime) -> Events:
    """Find the meetings with clients, every one of a series on its own.

    Times that name no zone are the calendar's own, or the practice's where it says none.

    Raises
    ------
    SourceError
        Listing the events whose dates, rules or states cannot be read.
    """
    faults = Faults()
    skipped: Counter[Words] = Counter()
    hidden: set[str] = set()
    meetings: list[Meeting] = []
    for uid, events in _by_uid(calendars).items():
        if reason := _reason_to_skip(events):
            skipped[reason] += 1
            hidden |= {uid} if reason == _PRIVATE else set()
        elif _can_be_read(name, uid, events, faults):
            one_by_one = _occurrences(name, events, zone, moment)
            meetings += (
                _meeting(uid, event, zone.practice, original) for event, original in one_by_one if _is_meeting(event)
            )
    faults.refuse(Words("Correct these events in the calendar and download it again."))
    return Events(meetings, frozenset(hidden), skipped)


_PRIVATE = Words("private in the calendar")


def _by_uid(calendars: Iterable[Calendar]) -> dict[str, list[Any]]:
    """The events of each UID. A series that was cut in two keeps the UID it had before."""
    found: dict[str, list[Any]] = {}
    for calendar in calendars:
        for event in calendar.walk("VEVENT"):
            uid = harmless(_SPLIT_SERIES.sub("", str(event.get("UID", ""))))
            found.setdefault(uid, []).append(event)
    return found


def _reason_to_skip(events: Sequence[Any]) -> Words | None:
    if all(str(event.get("CLASS", "")).upper() in ("PRIVATE", "CONFIDENTIAL") for event in events):
        return _PRIVATE
    if all(_is_all_day(event) for event in events):
        return Words("all day: not an appointment")
    if not any(_client(event) for event in events):
        return Words("not a client: the title does not begin with two capital letters")
    return None


def _is_all_day(event: Any) -> bool:
    start = event.get("DTSTART")
    readable = start is not None and not isinstance(start, list) and not _broken(event, "DTSTART")
    return readable and not isinstance(start.dt, datetime)


def _broken(event: Any, name: str) -> bool:
    return any(bad == name for bad, _ in event.errors)


def _can_be_read(name: str, uid: str, events: Sequence[Any], faults: Faults) -> bool:
    """Say whether the events of one UID can be read; what cannot is put with the faults."""
    before = len(faults.found)
    place = Words("{file}, event {id}", file=name, id=uid)
    if not uid:
        faults.add(place, "UID", "", Words("an id, by which the event is found again in the next download"))
    for event in events:
        if twice := [name for name in _ONCE if len(_all(event, name)) > 1]:
            faults.add(place, twice[0], ", ".join(str(one) for one in _all(event, twice[0])), Words("one of it"))
            continue
        if _broken(event, "SEQUENCE"):
            faults.add(place, "SEQUENCE", str(event.get("SEQUENCE", "")), Words("a whole number"))
        for bad in _READ:
            if _broken(event, bad):
                faults.add(
                    place, bad, str(event.get(bad, "")), Words("a date or rule of iCalendar, such as 20261122T140000Z")
                )
        if "DTSTART" not in event and not _broken(event, "DTSTART"):
            faults.add(place, "DTSTART", "", Words("the start of the event"))
        if str(event.get("STATUS", "")).upper() not in STATUS_WORDS:
            faults.add(
                place, "STATUS", str(event["STATUS"]), Words("one of {codes}", codes=", ".join(STATUS_WORDS[1:]))
            )
    if len(faults.found) == before:
        _check_time(place, events, faults)
    return len(faults.found) == before


def _check_time(place: str, events: Sequence[Any], faults: Faults) -> None:
    for event in events:
        if _unknown_zone(event):
            faults.add(
                place,
                "TZID",
                event["DTSTART"].params["TZID"],
                Words("a time zone that is known, or defined in the file"),
            )
        if _repeats_too_often(event):
            faults.add(
                place, "RRULE", _all(event, "RRULE")[0].to_ical().decode(), Words("a rule that repeats at most daily")
            )


def _unknown_zone(event: Any) -> bool:
    start = event["DTSTART"]
    return bool(start.params.get("TZID", "").strip()) and isinstance(start.dt, datetime) and start.dt.tzinfo is None


def _repeats_too_often(event: Any) -> bool:
    for rule in _all(event, "RRULE"):
        times = len(rule.get("BYHOUR", "1")) * len(rule.get("BYMINUTE", "1")) * len(rule.get("BYSECOND", "1"))
        if str(rule.get("FREQ", [""])[0]).upper() in _TOO_OFTEN or times > 24:
            return True
    return False


def _occurrences(name: str, events: Sequence[Any], zone: Zone, moment: datetime) -> Iterator[tuple[Any, When | None]]:
    """Every occurrence, with the time that its series gives it; a single event has none."""
    if not any(key in event for event in events for key in ("RRULE", "RDATE", "RECURRENCE-ID")):
        yield _timed(max(events, key=lambda event: int(event.get("SEQUENCE", 0))), zone), None
        return
    copies = [_timed(event, zone) for event in events]
    series = Calendar()
    for copy in copies:
        series.add_component(copy)
    first = min(copy["DTSTART"].dt for copy in copies if not _is_all_day(copy))
    stop = (moment if first <= moment + AHEAD else first) + AHEAD
    try:
        found = recurring_ical_events.of(series).between(moment - BACK, stop)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise SourceError(
            Words(
                "{file}: the rule of the series {id} cannot be followed. Correct it in the calendar.",
                file=name,
                id=str(events[0]["UID"]),
            )
        ) from error
    for event in found:
        yield event, at_instant(event["RECURRENCE-ID"].dt, zone.practice)


def _timed(event: Any, zone: Zone) -> Any:
    """A copy with what repeating needs, every time in a zone of its own, so that an hour stays the local hour.

    A day of booking that cannot be read is left out: nothing else hangs on it.
    """
    copy = event.copy()
    for name in ("DTEND", "DURATION", *(["CREATED"] if _broken(event, "CREATED") else [])):
        copy.pop(name, None)
    for name in ("DTSTART", "RECURRENCE-ID"):
        if name in copy and isinstance(copy[name].dt, datetime):
            copy.add(name, zone.place(copy.pop(name).dt))
    return copy


def _is_meeting(event: Any) -> bool:
    return not _is_all_day(event) and bool(_client(event))


def _meeting(uid: str, event: Any, practice: ZoneInfo, original: When | None) -> Meeting:
    starts = at_instant(event["DTSTART"].dt, practice)
    word, outcome = _state(event)
    created = event.get("CREATED")
    booked = at_instant(created.dt, practice) if created is not None else None
    moved = original is not None and original.instant != starts.instant
    return Meeting(
        uid=uid,
        client=_client(event),
        starts=starts,
        repeats=original is not None,
        word=word,
        outcome=outcome,
        booked=booked if booked and _is_plausible(booked, starts) else None,
        moved_from=original if moved else None,
    )


def _is_plausible(booked: When, starts: When) -> bool:
    """Some programs write 1900 or 1970 for a time they do not know."""
    return booked.day > date(1990, 1, 1) and starts.instant is not None and booked.is_before(starts.instant)


def _state(event: Any) -> tuple[str, Outcome | None]:
    status = str(event.get("STATUS", "")).upper()
    title = _title(event)
    if status in ("CANCELLED", "CANCELED") or _CALLED_OFF.match(title):
        return "CANCELLED", (Status.CANCELLED, Certainty.RECORDED, InitiatedBy.UNKNOWN)
    first = _OUTCOME_FIRST.match(title)
    words = [first[1]] if first else re.findall(r"\w+", title)[1:]
    for word in words:
        if word in OUTCOME_WORDS:
            found, by = OUTCOME_WORDS[word]
            return word, (found, Certainty.INFERRED, by)
    return status or "none", None


def _client(event: Any) -> str:
    """Who is to come: the one person invited, or the initials; empty where it is no client's."""
    title = _OUTCOME_FIRST.sub("", _CALLED_OFF.sub("", _title(event)))
    if title.lower().startswith(NOT_A_CLIENT):
        return ""
    organizer = _address(event.get("ORGANIZER"))
    others = {
        _address(one)
        for one in _all(event, "ATTENDEE")
        if getattr(one, "params", {}).get("CUTYPE", "INDIVIDUAL").upper() == "INDIVIDUAL"
    } - {organizer, ""}
    if len(others) == 1:
        return others.pop()
    initials = _INITIALS.match(title)
    return initials[1] if initials and initials[1].isupper() else ""


def _all(event: Any, name: str) -> list[Any]:
    found = event.get(name, [])
    return found if isinstance(found, list) else [found]


def _title(event: Any) -> str:
    return " ".join(str(event.get("SUMMARY", "")).split())


def _address(value: object) -> str:
    text = harmless(re.sub(r"^mailto:", "", str(value or ""), flags=re.IGNORECASE)).lower()
    return text if "@" in text else ""
