"""What an importer is: it knows one source and the tables, and nothing else.

An importer turns files into rows of the seven tables, as text. The rules that every
source shares stand here, so that "late" or "past and never marked" means the same everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from holdfast.errors import HoldfastError, SourceError
from holdfast.tables.moments import When
from holdfast.tables.schema import Certainty, Ending, InitiatedBy, Modality, Status
from holdfast.tables.sources.files import SourceFile
from holdfast.words import Words

Row = dict[str, str]
SHOWN = 20  # places that are named, of all that cannot be read
AGAIN = Words("the same appointment once more")


@dataclass(frozen=True, slots=True)
class Context:
    """What an importer may know besides the files.

    ``now`` is the moment of the export, in the practice's zone; ``existing`` holds the rows
    that the target folder has already, by table. ``mapping`` says how the columns of a table of no known
    system are to be read; without it, one that an earlier import left in ``folder`` is.
    ``compared_up_to`` is what earlier imports of this source left under that name in ``Imported``.
    """

    now: datetime
    timezone: ZoneInfo
    notice: timedelta = timedelta(hours=24)
    existing: Mapping[str, Sequence[Mapping[str, str | None]]] = field(default_factory=dict)
    folder: Path | None = None
    mapping: Path | None = None
    compared_up_to: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class Imported:
    """What came out of the files: rows by table, and an account of what did not become one."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)  # tables that are read whole, as columns of text
    rows_read: int = 0
    skipped: Counter[Words] = field(default_factory=Counter)  # reason in plain words -> how many
    notes: list[Words] = field(default_factory=list)  # what the figures' reader should know about this source
    is_partial: bool = False  # not every appointment of its days, though such an export usually has them
    extra_files: dict[str, bytes] = field(default_factory=dict)  # kept in the folder beside the tables
    # A source that lays new exports on old ones itself names each part (one calendar, say) and its last moment.
    compared_up_to: dict[str, datetime] = field(default_factory=dict)

    def add(self, table: str, row: Row) -> None:
        self.rows.setdefault(table, []).append(row)

    def skip(self, reason: Words) -> None:
        self.skipped[reason] += 1


@dataclass(slots=True)
class Faults:
    """What cannot be read in a source's files, gathered so that one message names every place."""

    found: list[Words] = field(default_factory=list)

    def add(self, place: str, column: str, value: str, allowed: Words) -> None:
        told = {
            "place": place,
            "column": column,
            "found": value if isinstance(value, Words) else repr(value[:60]),
            "allowed": allowed,
        }
        self.found.append(Words("  {place}, {column}: found {found}; allowed: {allowed}", **told))

    def refuse(self, way_out: Words) -> None:
        """Stop the import if anything was gathered; the first twenty are shown.

        Raises
        ------
        SourceError
            With the places, and ``way_out``: what the person can do.
        """
        if self.found:
            head = Words("These cannot be read, and nothing was imported:")
            raise SourceError(head, *first_of(self.found, len(self.found)), way_out)


def first_of(lines: Sequence[Words], count: int) -> list[Words]:
    """The first twenty lines, and how many more there are of ``count``."""
    more = count - SHOWN
    return [*lines[:SHOWN], *([Words("  … and {count} more", count=more)] if more > 0 else [])]


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of export: its name on the command line, how it is recognised, how it is read."""

    name: str
    title: Words  # "Cliniko (API pages)"
    files: str  # which files to give, in one line
    recognises: Callable[[SourceFile], bool]  # cheap, never raises SourceError for a foreign file
    read: Callable[[Sequence[SourceFile], Context], Imported]
    own_date: Callable[[Sequence[SourceFile]], datetime | None] = lambda files: None  # aware; the export's own moment
    takes_any: bool = False  # reads other systems' files too, when it is asked to
    lists_all: bool = False  # an export of some days has every appointment of those days that was not called off

    def knows(self, file: SourceFile) -> bool:
        """Say whether a file is plainly this system's. One that cannot be read is not."""
        with suppress(HoldfastError):
            return self.recognises(file)
        return False


def appointment(
    *,
    id: str,
    client: str,
    therapist: str,
    starts: When,
    status: Status,
    certainty: Certainty,
    by: InitiatedBy | None = None,
    booked: When | None = None,
    status_at: When | None = None,
    modality: Modality | None = None,
    fee: str = "",
    source_status: str = "",
) -> Row:
    """Make a row of ``appointments``. ``source_status`` keeps the source's own word beside ours."""
    return {
        "appointment_id": id,
        "client_id": client,
        "therapist_id": therapist,
        "starts_at": starts.text(),
        "status": status,
        "initiated_by": by or "",
        "certainty": certainty,
        "booked_at": booked.text() if booked else "",
        "status_at": status_at.text() if status_at else "",
        "modality": modality or "",
        "fee": fee,
        "source_status": source_status,
    }


def ending(
    *, client: str, therapist: str, ended: When, kind: Ending, reason: str = "", recorded: When | None = None
) -> Row:
    """Make a row of ``endings``."""
    return {
        "client_id": client,
        "therapist_id": therapist,
        "ended_on": ended.text(),
        "kind": kind,
        "reason": reason,
        "recorded_at": recorded.text() if recorded else "",
    }


def called_off(
    starts: When,
    cancelled: When | None,
    context: Context,
    *,
    by: InitiatedBy | None,
    booked: When | None = None,
) -> Status:
    """Say whether an appointment that was called off was called off late.

    Late is less than the practice's notice before the start, by the client or by somebody unknown,
    and after the booking was made. Without both times it is plain ``cancelled``: late is never guessed.
    """
    if by is InitiatedBy.PROVIDER or cancelled is None:
        return Status.CANCELLED
    if starts.instant is None or cancelled.instant is None:
        return Status.CANCELLED
    if booked is not None and booked.instant is not None and cancelled.instant < booked.instant:
        return Status.CANCELLED
    lead = starts.instant.astimezone(UTC) - cancelled.instant.astimezone(UTC)  # real hours, on changing nights too
    return Status.LATE_CANCELLED if lead < context.notice else Status.CANCELLED


def not_marked(starts: When, context: Context) -> tuple[Status, Certainty]:
    """The status of an appointment that nobody marked: booked while ahead, unknown once past."""
    if starts.is_before(context.now):
        return Status.UNKNOWN, Certainty.NOT_UPDATED
    return Status.BOOKED, Certainty.RECORDED


def settled(
    said: Status,
    starts: When,
    context: Context,
    *,
    by: InitiatedBy | None = None,
    cancelled: When | None = None,
    booked: When | None = None,
) -> tuple[Status, Certainty, InitiatedBy | None]:
    """What became of an appointment that its source says is ``said``, how that is known and who called it off.

    ``booked`` means that nobody marked it, and ``cancelled`` may turn out to have been late. Where the
    source has its own word for late, the word is trusted. Only a client can stay away or cancel late.
    """
    match said:
        case Status.BOOKED:
            return (*not_marked(starts, context), None)
        case Status.CANCELLED:
            who = by or InitiatedBy.UNKNOWN
            return called_off(starts, cancelled, context, by=who, booked=booked), Certainty.RECORDED, who
        case Status.RESCHEDULED:
            return said, Certainty.RECORDED, by or InitiatedBy.UNKNOWN
        case Status.NO_SHOW | Status.LATE_CANCELLED:
            return said, Certainty.RECORDED, InitiatedBy.CLIENT
        case _:
            return said, Certainty.RECORDED, None


def made_id(starts: When, client: str, therapist: str) -> str:
    """An id where the source has none: the same appointment gets the same one from every export."""
    clock = starts.instant.replace(tzinfo=None).isoformat("T", "minutes") if starts.instant else starts.text()
    return f"{clock} {client} / {therapist}"


def year_of(day: str) -> str:
    """The year of an ISO date, or blank."""
    return day[:4] if day[:4].isdigit() else ""
