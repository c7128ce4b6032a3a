"""Cal.com: what its webhooks have sent, one event a line or as a JSON list.

Events come twice and out of order, so a booking is read from all of its events together, in the
order that Cal.com made them. Cal.com does not see who came: MEETING_ENDED is sent when the time
is over, whoever was there. Shape: calcom/cal.com docs, webhooks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from holdfast.tables.moments import When, from_iso
from holdfast.tables.schema import Certainty, InitiatedBy, Modality, Status
from holdfast.tables.sources.calcom_events import (
    CANCELLED,
    CREATED,
    ENDED,
    MOVED,
    NO_BOOKING,
    NO_GUEST,
    NO_HOST,
    NO_SHOW,
    READ,
    REJECTED,
    REQUESTED,
    Event,
    as_text,
    objects,
    person,
    read_events,
)
from holdfast.tables.sources.dates import READABLE
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.records import HEAD
from holdfast.tables.sources.source import (
    Context,
    Faults,
    Imported,
    Row,
    Source,
    appointment,
    called_off,
    not_marked,
)
from holdfast.words import Words

NOTES = (
    Words(
        "Cal.com does not see who came. Where all it says is that the meeting's time was over, attendance is inferred."
    ),
    Words("A client is an e-mail address here: a man who books under two counts as two."),
)


@dataclass(frozen=True, slots=True)
class Booking:
    """One booking: what its events agree on, its own events, and those that moved it to another time."""

    uid: str
    starts: When
    therapist: str
    clients: tuple[str, ...]
    booked: When | None
    modality: Modality | None
    own: tuple[Event, ...]
    moved: tuple[Event, ...]

    def concerning(self, client: str, events: Iterable[Event]) -> list[Event]:
        """The events of one client; where several have booked a place in one meeting, each has his own."""
        alone = len(self.clients) == 1
        return [event for event in events if alone or not event.people or client in event.people]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a booking for one client, and the event that says so."""

    status: Status
    certainty: Certainty
    by: InitiatedBy | None = None
    event: Event | None = None


def recognises(file: SourceFile) -> bool:
    head = file.data[:HEAD]
    return b'"triggerEvent"' in head and any(f'"{trigger}"'.encode() in head for trigger in (*READ, *NO_BOOKING))


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read all events of all files together, in whatever order they stand there."""
    out = Imported(notes=list(NOTES))
    own: defaultdict[str, list[Event]] = defaultdict(list)
    moved: defaultdict[str, list[Event]] = defaultdict(list)
    for event in read_events(files, context.timezone, out):
        own[event.uid].append(event)
        if event.moved_from[0] not in ("", event.uid):
            moved[event.moved_from[0]].append(event)
    held, rows, faults = _held(context), list[Row](), Faults()
    for uid in sorted({*own, *moved}):
        booking = _booking(uid, own[uid], moved[uid], held.get(uid, {}), context)
        if booking is None:
            _without_a_time(own[uid], faults, out)
        elif not booking.clients:
            out.skip(Words("a booking without an attendee"))
        else:
            rows += _rows(booking, held.get(uid, {}), context)
    faults.refuse(Words("Download the events again, or take these out."))
    for row in sorted(rows, key=lambda row: (row["starts_at"], row["appointment_id"], row["client_id"])):
        out.add("appointments", row)
    return out


def _held(context: Context) -> dict[str, dict[str, Row]]:
    """What the folder has of each booking from events that came before, by uid and client."""
    held: defaultdict[str, dict[str, Row]] = defaultdict(dict)
    for row in context.existing.get("appointments", ()):
        if row.get("source") == "calcom":
            cells = {name: cell or "" for name, cell in row.items()}
            held[cells["appointment_id"]][cells["client_id"]] = cells
    return held


def _without_a_time(own: Sequence[Event], faults: Faults, out: Imported) -> None:
    """A mark or a move may tell of a booking from before these events; any other event has its time."""
    if all(event.trigger in (NO_SHOW, NO_GUEST, NO_HOST) for event in own):
        out.skip(Words("a mark on a booking, or a move of one, that is not in these files"))
    else:
        faults.add(own[0].place, "startTime", "", READABLE)


def _booking(
    uid: str, own: Sequence[Event], moved: Sequence[Event], held: Mapping[str, Row], context: Context
) -> Booking | None:
    """The booking by its own events; else by the one that moved it elsewhere; else as the folder has it."""
    before = next(iter(held.values()), None)
    starts = _starts(own, moved, before, context)
    if starts is None:
        return None
    told = [event for event in own if event.starts] or list(moved)
    hosts = [event.hosts[0] for event in told if event.hosts]
    booked = next((event.at for event in own if event.trigger in (CREATED, REQUESTED, MOVED)), None)
    if booked is None and before and before.get("booked_at"):
        booked = from_iso(before["booked_at"], context.timezone)
    return Booking(
        uid=uid,
        starts=starts,
        therapist=hosts[-1] if hosts else before["therapist_id"] if before else "unknown",
        clients=tuple(dict.fromkeys(client for event in told for client in event.people)) or tuple(held),
        booked=booked,
        modality=_modality(as_text(told[-1].payload.get("location"))) if told else None,
        own=tuple(own),
        moved=tuple(moved),
    )


def _starts(own: Sequence[Event], moved: Sequence[Event], before: Row | None, context: Context) -> When | None:
    own_times = [event.starts for event in own if event.starts]
    old_times = [event.moved_from[1] for event in moved if event.moved_from[1]]
    if told := own_times or old_times:
        return told[-1]
    return from_iso(before["starts_at"], context.timezone) if before else None


def _modality(location: str) -> Modality | None:
    """How they meet, where Cal.com's own words for places tell; an address could be anything."""
    name = location.lower()
    if name.startswith(("integrations:", "http")) or "video" in name:
        return Modality.VIDEO
    if name in ("phone", "userphone", "attendeephone") or name.lstrip("+").replace(" ", "").isdigit():
        return Modality.PHONE
    return Modality.IN_PERSON if name in ("inperson", "attendeeinperson", "in person") else None


def _rows(booking: Booking, held: Mapping[str, Row], context: Context) -> Iterator[Row]:
    for client in booking.clients:
        marks = _marks(client, booking.own)
        outcome = _outcome(client, booking, marks, context)
        row = _row(client, booking, outcome)
        yield _with_held(row, held.get(client), unmarked=bool(marks) and not marks[-1][1])


def _marks(client: str, own: Iterable[Event]) -> list[tuple[Event, bool]]:
    """Every time somebody set or took back the no-show mark of this client, in order."""
    return [
        (event, bool(attendee["noShow"]))
        for event in own
        if event.trigger == NO_SHOW
        for attendee in objects(event.payload.get("attendees"))
        if person(attendee) == client and isinstance(attendee.get("noShow"), bool)
    ]


def _outcome(client: str, booking: Booking, marks: Sequence[tuple[Event, bool]], context: Context) -> Outcome:
    """What somebody marked comes first, then what somebody called off, then what the meeting's end tells."""
    if marks and marks[-1][1]:
        return Outcome(Status.NO_SHOW, Certainty.RECORDED, InitiatedBy.CLIENT, marks[-1][0])
    own = booking.concerning(client, booking.own)
    moved = booking.concerning(client, booking.moved)
    return _called_off(booking, own, moved, context) or _at_the_end(booking, own, context)


def _called_off(booking: Booking, own: Sequence[Event], moved: Sequence[Event], context: Context) -> Outcome | None:
    """How it was called off, if it was. A host who asks for another time cancels first, and the client then moves."""
    off = sorted([*(event for event in own if event.trigger == CANCELLED), *moved], key=lambda event: event.order)
    if not off:
        rejected = next((event for event in own if event.trigger == REJECTED), None)
        return Outcome(Status.CANCELLED, Certainty.RECORDED, InitiatedBy.PROVIDER, rejected) if rejected else None
    by = _who(off[0], booking)
    late_or_not = called_off(booking.starts, off[0].at, context, by=by, booked=booking.booked)
    return Outcome(Status.RESCHEDULED if moved else late_or_not, Certainty.RECORDED, by, off[0])


def _who(event: Event, booking: Booking) -> InitiatedBy:
    email = as_text(event.payload.get("rescheduledBy" if event.trigger == MOVED else "cancelledBy")).lower()
    if email and email in (booking.therapist, *event.hosts):
        return InitiatedBy.PROVIDER
    return InitiatedBy.CLIENT if email and email in (*booking.clients, *event.people) else InitiatedBy.UNKNOWN


def _at_the_end(booking: Booking, own: Sequence[Event], context: Context) -> Outcome:
    last = {event.trigger: event for event in own}
    if NO_GUEST in last:
        return Outcome(Status.NO_SHOW, Certainty.INFERRED, InitiatedBy.CLIENT, last[NO_GUEST])
    if ENDED in last and NO_HOST not in last and booking.starts.is_before(context.now):
        return Outcome(Status.ATTENDED, Certainty.INFERRED, event=last[ENDED])
    return Outcome(*not_marked(booking.starts, context))


def _row(client: str, booking: Booking, outcome: Outcome) -> Row:
    event = outcome.event
    return appointment(
        id=booking.uid,
        client=client,
        therapist=booking.therapist,
        starts=booking.starts,
        status=outcome.status,
        certainty=outcome.certainty,
        by=outcome.by,
        booked=booking.booked,
        status_at=event.at if event and outcome.status is not Status.ATTENDED else None,
        modality=booking.modality,
        source_status=(event or (*booking.own, *booking.moved)[-1]).trigger,
    )


def _with_held(row: Row, held: Row | None, *, unmarked: bool) -> Row:
    """Keep an outcome that the folder has from earlier events, unless these weigh as much or take it back."""
    if held is None or unmarked or _weight(held) <= _weight(row):
        return row
    outcome = ("status", "initiated_by", "certainty", "status_at", "source_status")
    return {**row, **{name: held.get(name, "") for name in outcome}}


def _weight(row: Row) -> int:
    """As in ``_outcome``: marked, moved, cancelled, worked out, not known."""
    if row["status"] in (Status.BOOKED, Status.UNKNOWN):
        return 0
    if row["certainty"] == Certainty.INFERRED:
        return 1
    return {Status.NO_SHOW: 4, Status.RESCHEDULED: 3}.get(Status(row["status"]), 2)


SOURCE = Source(
    name="calcom",
    title=Words("Cal.com (events of its webhooks)"),
    files="the events as received, one a line (NDJSON) or as a JSON list",
    recognises=recognises,
    read=read,
)
