"""Cliniko: the pages of its REST API (v1), as JSON files.

Cancelled and deleted appointments are only in lists of their own, so all three lists are
needed. A booking that was moved leaves no trace of its old time.
Shape: docs.api.cliniko.com, github.com/redguava/cliniko-api.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from holdfast.errors import SourceError
from holdfast.tables.moments import When, from_iso
from holdfast.tables.schema import Certainty, InitiatedBy, Status
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.source import (
    AGAIN,
    Context,
    Faults,
    Imported,
    Row,
    Source,
    appointment,
    called_off,
    not_marked,
    year_of,
)
from holdfast.words import Words

WAY_OUT = Words("Save the API's answers as they come, and give them again.")
LISTS = ("individual_appointments", "group_appointments", "attendees", "patients", "practitioners")
THE_CLIENTS_OWN = (
    10,
    20,
    30,
    31,
    40,
    60,
)  # feeling better, worse, sick, COVID-19, away, work; 50 "other" can be anyone's
Item = Mapping[str, Any]
NOT_AS_WRITTEN = (
    AttributeError,
    KeyError,
    OverflowError,
    TypeError,
    ValueError,
)  # of an item that the API never writes


def recognises(file: SourceFile) -> bool:
    return b'"individual_appointments"' in file.data[:5000] or (
        b"api." in file.data[:5000] and b"cliniko.com" in file.data[:5000]
    )


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read the three lists of appointments, the clients and the practitioners."""
    out, faults = Imported(), Faults()
    items = {name: list(_items(files, name, faults)) for name in LISTS}
    faults.refuse(WAY_OUT)
    if not items["individual_appointments"] and not items["attendees"]:
        raise SourceError(
            Words("None of these files has a list 'individual_appointments'. Save the API's answers as they come.")
        )
    for item in [*_once(items["individual_appointments"], out), *_in_groups(items, faults, out)]:
        with _named(Words("appointment"), item, faults):
            _appointment(item, context, out)
    for item in items["patients"]:
        with _named(Words("patient"), item, faults):
            out.add("clients", _client(item))
    faults.refuse(WAY_OUT)
    for item in items["practitioners"]:
        out.add("therapists", {"therapist_id": str(item["id"])})
    out.notes = _notes(items["individual_appointments"])
    return out


def _items(files: Sequence[SourceFile], name: str, faults: Faults) -> Iterable[Item]:
    for file in files:
        page = file.json
        if not (isinstance(page, dict) and isinstance(page.get(name), list)):
            continue
        for number, item in enumerate(page[name], start=1):
            if isinstance(item, dict) and item.get("id"):
                yield item
            else:
                faults.add(file.name, f"{name} {number}", type(item).__name__, Words("an object with an id"))


@contextmanager
def _named(kind: Words, item: Item, faults: Faults) -> Iterator[None]:
    """What cannot be read in one item is told with its id; the others are looked at all the same."""
    try:
        yield
    except NOT_AS_WRITTEN as error:
        faults.add(
            Words("{kind} {id}", kind=kind, id=str(item["id"])),
            type(error).__name__,
            str(error),
            Words("what Cliniko's API writes"),
        )


def _newest(items: Iterable[Item]) -> dict[str, Item]:
    """One item an id: the same one can stand in two lists, and the one touched last is right."""
    newest: dict[str, Item] = {}
    for item in items:
        key = str(item["id"])
        if key not in newest or str(item.get("updated_at")) >= str(newest[key].get("updated_at")):
            newest[key] = item
    return newest


def _once(items: Sequence[Item], out: Imported) -> Iterable[Item]:
    """The newest of each id, and the others counted."""
    newest = _newest(items)
    out.rows_read += len(items)
    for _ in range(len(items) - len(newest)):
        out.skip(AGAIN)
    return newest.values()


def _in_groups(items: Mapping[str, Sequence[Item]], faults: Faults, out: Imported) -> Sequence[Item]:
    """Each attendee of a group as an appointment of his own, under the group's one id."""
    groups, found = _newest(items["group_appointments"]), []
    for attendee in _once(items["attendees"], out):
        with _named(Words("attendee"), attendee, faults):
            group = groups.get(_linked(attendee, "booking") or "")
            if group is None:
                out.skip(Words("a place in a group whose appointment is not in these files"))
            else:
                found.append(_place_in(group, attendee))
    return found


def _place_in(group: Item, attendee: Item) -> Item:
    own = {key: attendee[key] for key in attendee if key not in ("id", "links", "deleted_at")}
    gone = attendee.get("deleted_at") or group.get("deleted_at")
    return {**group, **own, "patient_arrived": attendee.get("arrived"), "deleted_at": gone}


def _appointment(item: Item, context: Context, out: Imported) -> None:
    if item.get("deleted_at") or item.get("archived_at"):
        return out.skip(Words("deleted or archived in Cliniko"))
    if _linked(item, "patient") is None:
        return out.skip(Words("no client: a block in the diary"))
    starts = from_iso(item["starts_at"], context.timezone)
    booked = _when(item.get("created_at"), context.timezone)
    cancelled = _when(item.get("cancelled_at"), context.timezone)
    status, certainty, by = _status(item, starts, booked, cancelled, context)
    out.add(
        "appointments",
        appointment(
            id=str(item["id"]),
            client=_linked(item, "patient") or "",
            therapist=_linked(item, "practitioner") or "unknown",
            starts=starts,
            status=status,
            certainty=certainty,
            by=by,
            booked=booked,
            status_at=cancelled if status in (Status.CANCELLED, Status.LATE_CANCELLED) else None,
            source_status=_word(item),
        ),
    )


def _status(
    item: Item, starts: When, booked: When | None, cancelled: When | None, context: Context
) -> tuple[Status, Certainty, InitiatedBy | None]:
    if item.get("did_not_arrive"):
        return Status.NO_SHOW, Certainty.RECORDED, InitiatedBy.CLIENT
    if cancelled is not None:
        by = InitiatedBy.CLIENT if item.get("cancellation_reason") in THE_CLIENTS_OWN else InitiatedBy.UNKNOWN
        return called_off(starts, cancelled, context, by=by, booked=booked), Certainty.RECORDED, by
    if item.get("patient_arrived"):
        return Status.ATTENDED, Certainty.RECORDED, None
    return (*not_marked(starts, context), None)


def _word(item: Item) -> str:
    set_ones = [name for name in ("did_not_arrive", "cancelled_at", "patient_arrived") if item.get(name)]
    return ", ".join(set_ones) or "none set"


def _linked(item: Item, name: str) -> str | None:
    link = (item.get(name) or {}).get("links", {}).get("self", "")
    return link.rstrip("/").rsplit("/", 1)[-1] or None


def _when(text: str | None, timezone: ZoneInfo) -> When | None:
    return from_iso(text, timezone) if text else None


def _client(item: Item) -> Row:
    return {
        "client_id": str(item["id"]),
        "gender": str(item.get("gender_identity") or item.get("gender") or item.get("sex") or ""),
        "birth_year": year_of(item.get("date_of_birth") or ""),
    }


def _notes(items: Sequence[Item]) -> list[Words]:
    notes = [Words("Cliniko keeps no trace of a booking that was moved: its old time is not here.")]
    if not any(item.get("cancelled_at") for item in items):
        notes.append(
            Words(
                "No cancelled appointment is in these files. Cliniko lists them apart, at "
                "/individual_appointments/cancelled: fetch that list too, or cancellations are missing."
            )
        )
    return notes


SOURCE = Source(
    name="cliniko",
    title=Words("Cliniko (pages of its API)"),
    files="individual_appointments, …/cancelled, …/deleted, patients and practitioners, as JSON",
    recognises=recognises,
    read=read,
    lists_all=True,
)
