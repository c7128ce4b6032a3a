"""TherapyAppointment: its appointments as CSV, which hold no status at all.

So nothing past is known to have taken place, nor to have been missed: every past appointment is
unknown, to be put to the therapist as a question. The columns are CLIENT_ID, APPOINTMENT_ID,
LASTNAME, FIRSTNAME, STARTTIME, ENDTIME, LOCATION and NAME. LASTNAME and FIRSTNAME are the client's,
who has an id of his own; NAME, which comes after LOCATION, is read as the therapist's.
The list of columns is all that was to be had of the shape; no file was seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from holdfast.tables.moments import When
from holdfast.tables.schema import Status
from holdfast.tables.sources.dates import date_reader
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.grid import Record
from holdfast.tables.sources.records import has_heading, latest, read_each, read_records, required, required_moment
from holdfast.tables.sources.source import Context, Imported, Source, appointment, settled
from holdfast.words import Words

STARTS = ("STARTTIME",)
NEEDED = (("CLIENT_ID",), ("APPOINTMENT_ID",), STARTS)


def recognises(file: SourceFile) -> bool:
    return has_heading(file, (*NEEDED, ("ENDTIME",), ("LASTNAME",), ("FIRSTNAME",)))


def read(files: Sequence[SourceFile], context: Context) -> Imported:
    """Read the appointments: what is ahead is booked, what is past is unknown."""
    out = Imported()
    records = read_records(files, NEEDED)
    read_moment = date_reader((record.get(*STARTS) for record in records), context.timezone, file=files[0].name)
    once = latest(records, lambda record: (record.get("APPOINTMENT_ID"), record.get("CLIENT_ID")), out)
    read_each(once, lambda record: _appointment(record, read_moment, context, out))
    out.notes = [
        Words(
            "TherapyAppointment's export has no status: whether a client came, cancelled or stayed away is not in it, "
            "and every past appointment is unknown."
        ),
        Words("TherapyAppointment gives therapists by name only: two of the same name count as one."),
    ]
    return out


def _appointment(record: Record, read_moment: Callable[[str], When], context: Context, out: Imported) -> None:
    if not record.get("CLIENT_ID"):
        return out.skip(Words("no client: a block in the diary"))
    starts = required_moment(record, read_moment, *STARTS)
    status, certainty, _ = settled(Status.BOOKED, starts, context)
    out.add(
        "appointments",
        appointment(
            id=required(record, "APPOINTMENT_ID"),
            client=record.get("CLIENT_ID"),
            therapist=record.get("NAME") or "unknown",
            starts=starts,
            status=status,
            certainty=certainty,
        ),
    )


SOURCE = Source(
    name="therapyappointment",
    title=Words("TherapyAppointment (its CSV of appointments)"),
    files="the CSV with CLIENT_ID, APPOINTMENT_ID and STARTTIME",
    recognises=recognises,
    read=read,
    lists_all=True,
)
