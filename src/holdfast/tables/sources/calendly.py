"""Calendly: webhook events as they came, or the API's pages of scheduled events and of their invitees.

An appointment is an invitee, and his address (uri) is its id. Events are put together by their own
times, so their order in the file does not matter, and one that was delivered twice counts once.
Moving a booking makes a new invitee and calls the old one off with ``rescheduled``. Calendly never
records that somebody came; that he did not is known only where the host marked it. Questions,
answers and reasons are not read.
Shape: developer.calendly.com, "Webhook payload", "List event invitees" and "List events".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from holdfast.errors import SourceError
from holdfast.tables.moments import When
from holdfast.tables.schema import InitiatedBy, Modality, Status
from holdfast.tables.sources.dates import date_reader
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import Record, plain
from holdfast.tables.sources.records import (
    BadCell,
    flag,
    has_keys,
    json_records,
    moment,
    read_each,
    required,
    required_moment,
)
from holdfast.tables.sources.source import Context, Imported, Source, appointment, settled
from holdfast.words import Words

LISTS = ("collection", "resource")
EVENT = "scheduled_event."
BY = {"host": InitiatedBy.PROVIDER, "invitee": InitiatedBy.CLIENT}
MODALITY = {"physical": Modality.IN_PERSON, "outbound_call": Modality.PHONE, "inbound_call": Modality.PHONE}
CANCELED = "invitee.canceled"
MARKED = {"invitee_no_show.created": True, "invitee_no_show.deleted": False}
KNOWN = ("invitee.created", CANCELED, *MARKED)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one event or page says of one invitee. ``get`` knows where its fields stand."""

    record: Record
    kind: str  # the webhook's event, or blank for a page of the API

    def get(self, name: str) -> str:
        return self.record.get(f"payload.{name}" if self.kind else name)

    @property
    def at(self) -> str:
        """When it was said: the event's own time, or the invitee's last change. Both are UTC and sort as text."""
        return self.record.get("created_at") if self.kind else self.record.get("updated_at", "created_at")

    @property
    def invitee(self) -> str:
        """The invitee's id. The event of a no-show may name him as ``invitee`` and itself as ``uri``."""
        uri = next((uri for uri in (self.get("invitee"), self.get("uri")) if "/invitees/" in uri), "")
        return _last(uri)

    @property
    def event(self) -> str:
        """The id of the scheduled event that he was invited to; an invitee's address begins with it."""
        own = self.get("invitee") or self.get("uri")
        return _last(self.get("scheduled_event.uri") or self.get("event") or own.partition("/invitees/")[0])


@dataclass(slots=True)
class Invitee:
    """All that was said of one invitee, in order of when it was said."""

    seen: list[Seen] = field(default_factory=list)
    event: Record | None = None  # the scheduled event, from a page of its own

    def last(self, *names: str) -> str:
        """The newest of these fields that is filled in; what is the event's may stand in a page of its own."""
        told = (text for seen in reversed(self.seen) for name in names if (text := seen.get(name)))
        own = [name.removeprefix(EVENT) for name in names if name.startswith(EVENT)]
        return next(told, "") or (self.event.get(*own) if self.event else "")

    @property
    def is_canceled(self) -> bool:
        own = any(seen.kind == CANCELED or seen.get("status") == "canceled" for seen in self.seen)
        return own or (self.event is not None and self.event.get("status") == "canceled")

    @property
    def is_no_show(self) -> bool:
        """By the last word on it: the host can mark a no-show, and take the mark back.

        A page of the API shows the mark as it stood when the invitee last changed, and a null if there was none.
        """
        marks = [(seen.at, seen.kind, MARKED[seen.kind]) for seen in self.seen if seen.kind in MARKED]
        for seen in self.seen:
            if seen.get("no_show.uri"):
                marked = seen.get("no_show.created_at") or seen.at
                marks.append((marked if seen.kind else max(marked, seen.at), "", True))
            elif not seen.kind and plain("no_show") in seen.record.cells:
                marks.append((seen.at, "", False))
        return max(marks, default=("", "", False))[2]

    @property
    def word(self) -> str:
        """Calendly's own word for what became of him."""
        if self.is_no_show:
            return "no_show"
        return "canceled" if self.is_canceled else "active"


def recognises(file: SourceFile) -> bool:
    return b"calendly.com" in file.data[:20_000] and (
        has_keys(file, "payload", "event") or has_keys(file, "collection") or has_keys(file, "uri")
    )


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read the events and pages, put together what is said of each invitee, and say what became of him."""
    out = Imported()
    events, seen = _sorted_out([record for file in files for record in json_records(file, *LISTS)], out)
    invitees = _put_together(seen, events)
    if not invitees:
        raise SourceError(
            Words(
                "None of these files has an invitee. Give Calendly's webhook events, or the pages of "
                "/scheduled_events/…/invitees together with those of /scheduled_events."
            )
        )
    read_moment = date_reader((), context.timezone, file=files[0].name)
    out.rows_read = len(seen)
    read_each(
        [_facts(id, invitee) for id, invitee in invitees.items()],
        lambda facts: _appointment(facts, read_moment, context, out),
    )
    out.notes = _notes(events, invitees)
    return out


def _sorted_out(records: Sequence[Record], out: Imported) -> tuple[dict[str, Record], list[Seen]]:
    """The scheduled events by id, and what is said of invitees."""
    events: dict[str, Record] = {}
    seen: list[Seen] = []
    for record in records:
        uri = record.get("uri")
        webhook = any(key.startswith("payload") for key in record.cells)
        if webhook and record.get("event") not in KNOWN:
            out.skip(Words("an event of Calendly that is not about an invitee"))
        elif webhook or "/invitees/" in uri:
            seen.append(Seen(record, record.get("event") if webhook else ""))
        elif "/scheduled_events/" in uri:
            before = events.get(_last(uri))
            if before is None or record.get("updated_at") >= before.get("updated_at"):
                events[_last(uri)] = record
        else:
            out.skip(Words("neither an event nor an invitee of Calendly"))
    return events, seen


def _put_together(seen: Sequence[Seen], events: dict[str, Record]) -> dict[str, Invitee]:
    """Each invitee with all that is said of him, oldest first; where the times are equal, by the event's kind."""
    invitees: dict[str, Invitee] = {}
    for one in sorted(seen, key=lambda one: (one.at, one.kind)):
        if not one.invitee:
            raise SourceError(
                Words(
                    "{place} names no invitee. Save Calendly's events and pages as they come.", place=one.record.place
                )
            )
        invitee = invitees.setdefault(one.invitee, Invitee())
        invitee.seen.append(one)
        invitee.event = events.get(one.event, invitee.event)
    return invitees


def _facts(id: str, invitee: Invitee) -> Record:
    """What is needed of an invitee, as one record with the place where he was spoken of last."""
    first_canceled = next((seen.at for seen in invitee.seen if seen.kind == CANCELED), "")
    member = f"{EVENT}event_memberships.0"
    facts = {
        "id": id,
        "word": invitee.word,
        "start_time": invitee.last(f"{EVENT}start_time"),
        "created_at": next((seen.get("created_at") for seen in invitee.seen if "/invitees/" in seen.get("uri")), ""),
        "canceled_at": invitee.last("cancellation.created_at", f"{EVENT}cancellation.created_at") or first_canceled,
        "rescheduled": str(any(seen.get("rescheduled") == "true" for seen in invitee.seen)),
        "canceler": invitee.last("cancellation.canceler_type", f"{EVENT}cancellation.canceler_type"),
        "client": invitee.last("email").lower() or invitee.last("name"),
        "therapist": _last(invitee.last(f"{member}.user"))
        or invitee.last(f"{member}.user_email").lower()
        or invitee.last(f"{member}.user_name"),
        "location": invitee.last(f"{EVENT}location.type"),
    }
    place = invitee.seen[-1].record
    return Record(place.file, place.row, {plain(name): text for name, text in facts.items()}, place.counted)


def _appointment(facts: Record, read_moment: Callable[[str], When], context: Context, out: Imported) -> None:
    if not facts.get("start_time"):
        raise BadCell(
            "start_time", "", Words("in the event itself, or in a page of /scheduled_events beside this file")
        )
    starts = required_moment(facts, read_moment, "start_time")
    booked = moment(facts, read_moment, "created_at")
    canceled = moment(facts, read_moment, "canceled_at")
    by = BY.get(facts.get("canceler"))
    status, certainty, who = settled(_said(facts), starts, context, by=by, cancelled=canceled, booked=booked)
    called_off = status in (Status.CANCELLED, Status.LATE_CANCELLED, Status.RESCHEDULED)
    out.add(
        "appointments",
        appointment(
            id=facts.get("id"),
            client=required(facts, "client"),
            therapist=facts.get("therapist") or "unknown",
            starts=starts,
            status=status,
            certainty=certainty,
            by=who,
            booked=booked,
            status_at=canceled if called_off else None,
            modality=_modality(facts.get("location")),
            source_status=facts.get("word"),
        ),
    )


def _said(facts: Record) -> Status:
    """A no-show first, also if it was called off afterwards; then moved; then called off; else nobody marked it."""
    match facts.get("word"):
        case "no_show":
            return Status.NO_SHOW
        case "canceled":
            return Status.RESCHEDULED if flag(facts, "rescheduled") else Status.CANCELLED
        case _:
            return Status.BOOKED


def _modality(location: str) -> Modality | None:
    """How they meet, by the kind of place; a video service has a kind of its own."""
    if location.endswith(("_conference", "zoom", "gotomeeting")):
        return Modality.VIDEO
    return MODALITY.get(location)


def _last(uri: str) -> str:
    return uri.rstrip("/").rsplit("/", 1)[-1]


def _notes(events: dict[str, Record], invitees: dict[str, Invitee]) -> list[Words]:
    notes = [
        Words("Calendly never records that somebody came: a past appointment that nobody marked is unknown."),
        Words("Calendly has no id for a client: the e-mail address stands for him, so two who share one count as one."),
    ]
    named = {seen.event for invitee in invitees.values() for seen in invitee.seen}
    if lost := events.keys() - named:
        notes.append(
            Words(
                "Scheduled events left out because their invitees are not in these files: {count}. "
                "Fetch /scheduled_events/…/invitees for each.",
                count=len(lost),
            )
        )
    return notes


SOURCE = Source(
    name="calendly",
    title=Words("Calendly (webhook events, or pages of its API)"),
    files="the webhook events (one a line or a list), or the pages of scheduled_events and invitees, as JSON",
    recognises=recognises,
    read=read,
)
