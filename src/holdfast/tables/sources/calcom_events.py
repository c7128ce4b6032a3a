"""The events that Cal.com's webhooks send: each one once, in the order they were made, and who is in them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from holdfast.errors import SourceError
from holdfast.tables.moments import When, from_iso
from holdfast.tables.sources.dates import READABLE
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import Record
from holdfast.tables.sources.records import json_items
from holdfast.tables.sources.source import Faults, Imported
from holdfast.words import Words

CREATED, REQUESTED, MOVED = "BOOKING_CREATED", "BOOKING_REQUESTED", "BOOKING_RESCHEDULED"
CANCELLED, REJECTED = "BOOKING_CANCELLED", "BOOKING_REJECTED"
NO_SHOW, ENDED = "BOOKING_NO_SHOW_UPDATED", "MEETING_ENDED"
NO_GUEST, NO_HOST = "AFTER_GUESTS_CAL_VIDEO_NO_SHOW", "AFTER_HOSTS_CAL_VIDEO_NO_SHOW"
READ = (
    *(CREATED, REQUESTED, MOVED, CANCELLED, REJECTED, NO_SHOW, ENDED, NO_GUEST, NO_HOST),
    *("BOOKING_PAID", "BOOKING_PAYMENT_INITIATED", "MEETING_STARTED"),  # they describe the booking, no more
)
NO_BOOKING = (
    *("FORM_SUBMITTED", "FORM_SUBMITTED_NO_EVENT", "INSTANT_MEETING", "OOO_CREATED", "PING"),
    *("RECORDING_READY", "RECORDING_TRANSCRIPTION_GENERATED", "DELEGATION_CREDENTIAL_ERROR"),
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that Cal.com told. ``order`` puts events in the order they were made, however they arrived."""

    place: str
    trigger: str
    uid: str
    at: When | None
    order: tuple[float, str]
    starts: When | None
    moved_from: tuple[str, When | None]  # of a booking that took another's place: that one's uid and start
    people: tuple[str, ...]
    hosts: tuple[str, ...]
    payload: Mapping[str, Any]


def read_events(files: Sequence[SourceFile], timezone: ZoneInfo, out: Imported) -> list[Event]:
    """Read the events of all files: a log of one a line, or a list.

    Raises
    ------
    SourceError
        If there is none, or one has a date that cannot be read or is of a kind whose meaning is not known.
    """
    faults, told = Faults(), dict[str, Event]()
    unknown: Counter[str] = Counter()
    for file in files:
        for number, item, unit in json_items(file, "events", "webhooks", "data"):
            out.rows_read += 1
            text, place = json.dumps(item, sort_keys=True), Record(file.name, number, {}, unit).place
            trigger = as_text(item.get("triggerEvent")).upper().replace("CANCELED", "CANCELLED")
            if text in told:
                out.skip(Words("the same event, delivered again"))
            elif trigger in NO_BOOKING:
                out.skip(Words("{trigger}: says nothing of an appointment", trigger=trigger))
            elif trigger in READ:
                told[text] = _event(item, place, trigger, text, timezone, faults)
            elif trigger:
                unknown[trigger] += 1
            else:
                faults.add(place, "triggerEvent", "", Words("the name of one of Cal.com's events"))
    faults.refuse(Words("Download the events again, or take these out."))
    _refuse_unknown(unknown)
    if not out.rows_read:
        raise SourceError(
            Words("There is no event in {files}. Is it the right file?", files=", ".join(file.name for file in files))
        )
    return sorted(told.values(), key=lambda event: event.order)


def _refuse_unknown(triggers: Counter[str]) -> None:
    if triggers:
        shown = [Words("{word} ({count})", word=name, count=count) for name, count in triggers.items()]
        raise SourceError(
            Words(
                "What these events of Cal.com mean is not known, and is not guessed: {shown}. "
                "Understood are: {known}. Take the others out; or make a table with each booking's status, "
                "and say what its words mean: holdfast import any FILE --map MAPPING",
                shown=shown,
                known=", ".join(READ),
            )
        )


def _event(item: Mapping[str, Any], place: str, trigger: str, text: str, timezone: ZoneInfo, faults: Faults) -> Event:
    payload = item["payload"] if isinstance(item.get("payload"), dict) else item  # older versions send it flat

    def when(value: object, name: str) -> When | None:
        try:
            return from_iso(as_text(value), timezone) if as_text(value) else None
        except ValueError:
            faults.add(place, name, as_text(value), READABLE)
            return None

    uid = as_text(payload.get("uid")) or as_text(payload.get("bookingUid"))
    if not uid:
        faults.add(place, "uid", "", Words("the booking's uid"))
    at = when(item.get("createdAt"), "createdAt")
    return Event(
        place=place,
        trigger=trigger,
        uid=uid,
        at=at,
        order=(at.instant.timestamp() if at and at.instant else 0.0, text),
        starts=when(payload.get("startTime"), "startTime"),
        moved_from=(
            as_text(payload.get("rescheduleUid")) if trigger == MOVED else "",
            when(payload.get("rescheduleStartTime"), "rescheduleStartTime"),
        ),
        people=tuple(filter(None, map(person, objects(payload.get("attendees"))))),
        hosts=tuple(filter(None, map(_host, _all_hosts(payload)))),
        payload=payload,
    )


def as_text(value: object) -> str:
    return "" if value is None else str(value).strip()


def objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list; nothing where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def person(attendee: Mapping[str, Any]) -> str:
    """The e-mail address. An attendee's ``id``, where there is one, is another in each booking."""
    return _email(attendee) or as_text(attendee.get("phoneNumber")) or as_text(attendee.get("name"))


def _email(one: Mapping[str, Any]) -> str:
    return as_text(one.get("email")).lower()


def _host(one: Mapping[str, Any]) -> str:
    return _email(one) or as_text(one.get("username")) or as_text(one.get("id"))


def _all_hosts(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Who holds the meeting: the organizer first, then the others of a team."""
    team = payload.get("team")
    first = objects([payload.get("organizer"), payload.get("user")])
    return [*first, *objects(payload.get("hosts")), *objects(team.get("members") if isinstance(team, dict) else None)]
