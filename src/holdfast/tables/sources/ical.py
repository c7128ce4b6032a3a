"""Calendars: downloads of an iCalendar feed (.ics) from Google, Outlook, Apple and others.

A calendar holds bookings and never says who came. One download gives what is booked; several
of the same calendar, compared, also give what was called off and moved.
Shape: RFC 5545. Which events are clients', and the words in titles, stand in ``ical_events``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from icalendar import Calendar

from holdfast.errors import SourceError
from holdfast.tables.schema import REQUIRED_TABLE
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.ical_compare import Diary, Download, compare, known_diary, settle
from holdfast.tables.sources.ical_events import OUTCOME_WORDS, Zone, owner, parse, read_events, zone_of
from holdfast.tables.sources.source import Context, Imported, Source
from holdfast.words import Words, plural

NAME = "ical"
_STAMP = re.compile(r"^DTSTAMP[^:\r\n]*:(\d{8}T\d{6})", re.MULTILINE | re.IGNORECASE)
_DAY = re.compile(r"(?<!\d)(20\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)(?:[t_ -]?([0-2]\d)[-_.:]?([0-5]\d))?")


@dataclass(frozen=True, slots=True)
class _Given:
    """One file: whose calendar, and of when (None: it does not say)."""

    file: SourceFile
    calendars: Sequence[Calendar]
    therapist: str
    moment: datetime | None


def recognises(file: SourceFile) -> bool:
    return b"BEGIN:VCALENDAR" in file.data[:2000].replace(b"\x00", b"").upper()


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read every download, and compare those of one calendar in the order of their moments."""
    out = Imported()
    diaries = []
    for therapist, downloads in _by_calendar(files).items():
        diary = _known(therapist, context)
        for given in downloads:
            compare(diary, _download(given, context, out))
        settle(diary)
        if diary.seen is not None:
            out.compared_up_to[therapist] = diary.seen
        for row in diary.touched.values():
            out.add(REQUIRED_TABLE, row)
        diaries.append(diary)
    out.notes = _notes(diaries)
    return out


def own_date(files: Sequence[SourceFile]) -> datetime | None:
    """The moment of the last download, if every file tells its own."""
    moments = [_moment(file) for file in _calendar_files(files)]
    known = [moment for moment in moments if moment is not None]
    return max(known) if known and len(known) == len(moments) else None


def _calendar_files(files: Sequence[SourceFile]) -> list[SourceFile]:
    """The calendars among the files: a zip of them may hold a page or a picture beside."""
    found = [file for file in files if file.name.lower().endswith((".ics", ".ical")) or recognises(file)]
    if not found:
        raise SourceError(
            Words("None of these files is a calendar. Give the .ics file that the calendar program saves.")
        )
    return found


def _by_calendar(files: Sequence[SourceFile]) -> dict[str, list[_Given]]:
    """The downloads of each calendar, oldest first; those that tell no moment come last, as they were given.

    Raises
    ------
    SourceError
        If two different downloads claim the same moment: which came first decides what was called off.
    """
    found: dict[str, list[_Given]] = {}
    for given in map(_given, _calendar_files(files)):
        same = found.setdefault(given.therapist, [])
        if all(given.file.data != other.file.data for other in same):
            same.append(given)
    for same in found.values():
        same.sort(key=lambda given: (given.moment is None, given.moment or datetime.max.replace(tzinfo=UTC)))
        for first, second in pairwise(same):
            if first.moment is not None and first.moment == second.moment:
                raise SourceError(
                    Words(
                        "{first} and {second} are different downloads of one calendar, both of {moment}. Which came "
                        "first decides what was called off: import one of them.",
                        first=first.file.name,
                        second=second.file.name,
                        moment=first.moment,
                    )
                )
    return found


def _given(file: SourceFile) -> _Given:
    calendars = parse(file)
    return _Given(file, calendars, owner(file, calendars), _moment(file))


def _moment(file: SourceFile) -> datetime | None:
    """When a file was downloaded: the stamp that all its events share, or the date in its name.

    A day alone means its end: what vanished during that day may have taken place before.
    """
    stamps = set(_STAMP.findall(file.text))
    if len(stamps) == 1 and (stamp := _read_stamp(stamps.pop())):
        return stamp
    if named := _DAY.search(file.stem):
        year, month, day = (int(part) for part in named.groups()[:3])
        hour, minute = (int(named[4]), int(named[5])) if named[4] else (23, 59)
        try:
            return datetime(year, month, day, hour, minute, tzinfo=zone_of(file) or UTC)
        except ValueError:
            return None
    return None


def _read_stamp(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _known(therapist: str, context: Context) -> Diary:
    rows = [
        row
        for row in context.existing.get(REQUIRED_TABLE, [])
        if row.get("source") == NAME and row.get("therapist_id") == therapist
    ]
    return known_diary(therapist, context, rows, context.compared_up_to.get(therapist))


def _download(given: _Given, context: Context, out: Imported) -> Download:
    moment = given.moment or context.now
    events = read_events(given.file.name, given.calendars, Zone(zone_of(given.file), context.timezone), moment)
    out.rows_read += len(events.meetings) + events.skipped.total()
    out.skipped += events.skipped
    return Download(given.file.name, moment, events)


def _notes(diaries: Sequence[Diary]) -> list[Words]:
    words = ", ".join(OUTCOME_WORDS)
    notes = [
        Words("A calendar never says who came: a past appointment is 'unknown' until somebody marks it."),
        Words(
            "A client is the two capital letters that a title begins with, or the address of the one person invited: "
            "two clients with the same initials count as one."
        ),
        Words(
            "The words {words} after the initials were read as did not attend, no show and late cancellation.",
            words=words,
        ),
    ]
    if gone := sum(diary.gone for diary in diaries):
        notes.append(
            plural(
                "One appointment vanished between two downloads before it began and counts as cancelled. "
                "Who called it off, and when, a calendar does not say, so it does not count as late.",
                "{count} appointments vanished between two downloads before they began and count as cancelled. "
                "Who called them off, and when, a calendar does not say, so none of them counts as late.",
                gone,
            )
        )
    if any(diary.downloads == 1 for diary in diaries):
        notes.append(
            Words(
                "From a single download nothing can be told of what was called off. Download the calendar every day "
                "and import it into the same folder: what vanishes in between is then seen."
            )
        )
    if older := sum(diary.older for diary in diaries):
        notes.append(
            Words(
                "{older} of the downloads are older than one imported before; only what was missing was added.",
                older=older,
            )
        )
    return notes


SOURCE = Source(
    name=NAME,
    title=Words("a calendar (iCalendar, .ics)"),
    files="one download of the calendar, or better several of different days, as .ics",
    recognises=recognises,
    read=read,
    own_date=own_date,
)
