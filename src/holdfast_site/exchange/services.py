"""Uploading an export: kept sealed, tried out as often as one likes, then taken over or forgotten.

The same importers as ``holdfast import`` read it, into a folder that holds what the last import left and is gone
afterwards. What clients said is never kept there.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from holdfast.errors import HoldfastError, UsageError
from holdfast.tables import TableProblems, Tables, read_tables
from holdfast.tables.account import account_lines
from holdfast.tables.importing import Account, import_files
from holdfast.tables.schema import REQUIRED_TABLE
from holdfast.tables.sources import all_sources, source
from holdfast.tables.sources.any_table import kept_mapping
from holdfast.tables.sources.asking import Question, answer, guess_lines, questions
from holdfast.tables.sources.files import SourceFile, open_files
from holdfast.tables.sources.guess import Guess, guess
from holdfast.tables.sources.mapping import Mapping as Columns
from holdfast_site.access.actors import Actor
from holdfast_site.accounts.models import Post
from holdfast_site.audit.services import Action, record
from holdfast_site.caseload import settling
from holdfast_site.caseload.loading import settle
from holdfast_site.caseload.services import load_tables
from holdfast_site.exchange.files import laid_out, own_name, packed, unpacked
from holdfast_site.exchange.models import Memory, Upload
from holdfast_site.vault import ClientBox

ANY, FIND_OUT = "any", ""
COLUMNS, FILES = "columns.json", "files/"
KEPT_FOR = timedelta(hours=1)
TOLD_OF_CLIENTS = frozenset({"clients", "checkins", "scores", "repairs"})
MOST_PROBLEMS = 20
WORKING = "holdfast-import-"


@dataclass(frozen=True, slots=True)
class Tried:
    """What would happen, in lines for a person, and what has to be answered first. Nothing has happened."""

    lines: Sequence[str]
    asked: Sequence[Question] = ()
    wrong: Sequence[str] = ()


@transaction.atomic
def keep_upload(
    *, by: Actor, form: UUID, files: Sequence[tuple[str, bytes]], source_name: str, now: datetime
) -> Upload:
    """Keep files until somebody has looked at what they hold. The same form twice is one upload."""
    before = Upload.objects.filter(form=form).first()
    if before is not None:
        return before
    named: dict[str, bytes] = {}
    for number, (told, content) in enumerate(files):
        name = own_name(told, number)
        named[f"{number}-{name}" if name in named else name] = content  # two of one name are two files
    upload = Upload(form=form, by=_post(by), at=now, source=source_name or _recognised(named))
    upload.sealed = _box().seal(_whole(named, None), place=upload.place)
    upload.save(force_insert=True)
    record(Action.UPLOADED, by=by, about=f"upload:{upload.pk}", at=now)
    return upload


def try_out(upload: Upload, *, now: datetime) -> Tried:
    """Read the files as they would be read, and change nothing."""
    with _folder() as folder:
        try:
            asked = _asked(upload, folder)
            if asked is not None and questions(asked):
                return Tried(guess_lines(asked), questions(asked))
            account = _imported(upload, folder, now=now)
            told = [*account_lines(account), *settling.lines(settle(_tables(folder)))]
        except TableProblems as found:
            more = len(found.problems) - MOST_PROBLEMS
            rest = [f"… and {more:,} more"] if more > 0 else []
            return Tried([], wrong=[*(str(one) for one in found.problems[:MOST_PROBLEMS]), *rest])
        except HoldfastError as error:
            return Tried([], wrong=str(error).splitlines())
    shown = guess_lines(asked) if asked is not None else []
    return Tried([*shown, *told])


@transaction.atomic
def keep_answers(*, by: Actor, upload: Upload, given: Mapping[str, str], now: datetime) -> None:
    """Keep what was answered about a table of no known system.

    Raises
    ------
    HoldfastError
        If an answer is to no question, or none of its choices.
    """
    files, told = _opened(upload)
    columns = answer(guess(_first(files), told), given)
    upload.sealed = _box().seal(_whole(files, columns), place=upload.place)
    upload.save(update_fields=["sealed"])
    record(Action.UPLOAD_ANSWERED, by=by, about=f"upload:{upload.pk}", at=now)


def take_over(*, by: Actor, upload: Upload, now: datetime) -> Sequence[str]:
    """Import the files and take over what came out, all of it or nothing. Taken over twice, it is taken over once.

    Raises
    ------
    HoldfastError
        If they cannot be imported. Nothing has changed then.
    """
    with _folder() as folder:
        account = _imported(upload, folder, now=now)
        found, memory = _tables(folder), _remembered(folder)
        with transaction.atomic():
            still = Upload.objects.filter(pk=upload.pk, account__isnull=True).first()
            if still is None:
                return list(Upload.objects.get(pk=upload.pk).account or ())
            done = load_tables(found, by=by, now=now)
            lines = [*account_lines(account), *settling.lines(done.settled)]
            Upload.objects.filter(pk=upload.pk).update(account=lines, sealed=b"")
            _remember(memory, now)
    return lines


@transaction.atomic
def forget(*, by: Actor, upload: Upload, now: datetime) -> None:
    """Throw the files away."""
    Upload.objects.filter(pk=upload.pk, account__isnull=True).delete()
    record(Action.UPLOAD_FORGOTTEN, by=by, about=f"upload:{upload.pk}", at=now)


def forget_old(now: datetime) -> None:
    """Throw away what nobody has taken over within an hour, and folders that a killed process left behind."""
    Upload.objects.filter(at__lt=now - KEPT_FOR, account__isnull=True).delete()
    for left in Path(tempfile.gettempdir()).glob(f"{WORKING}*"):
        if left.stat().st_mtime < (now - KEPT_FOR).timestamp():
            shutil.rmtree(left, ignore_errors=True)


# --- the folder that importers work in ----------------------------------------------------------------


@contextmanager
def _folder() -> Iterator[Path]:
    """The tables as the last import left them, and what importers wrote beside them; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=WORKING) as made:
        folder = Path(made) / "tables"
        folder.mkdir()
        for memory in Memory.objects.all():
            laid_out(unpacked(_box().open(memory.sealed, place=Memory.PLACE)), folder)
        yield folder


def _imported(upload: Upload, folder: Path, *, now: datetime) -> Account:
    """Import into the folder, which is thrown away unless somebody takes it over."""
    files, told = _opened(upload)
    beside = folder.with_name("uploaded")
    paths = laid_out(files, beside)
    mapping = None
    if told is not None:
        mapping = folder.with_name("mapping.json")
        mapping.write_text(told.json_text(), encoding="utf-8")
    return import_files(
        source(upload.source),
        paths,
        folder,
        now=None,
        clock=now,
        timezone=settings.SITE.timezone,
        mapping=mapping,
    )


def _tables(folder: Path) -> Tables:
    """The tables as they are after the import.

    Raises
    ------
    UsageError
        If there is not one appointment yet.
    """
    if not any(folder.glob(f"{REQUIRED_TABLE}.*")):
        raise UsageError("There are no appointments in these files, and none here yet. Bring the list of appointments.")
    return read_tables(folder)


def _remembered(folder: Path) -> bytes:
    """What an import left in the folder, but for what is told of clients: that is sealed with their own keys alone."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.stem not in TOLD_OF_CLIENTS)
    return packed({path.relative_to(folder).as_posix(): path.read_bytes() for path in found})


def _remember(memory: bytes, now: datetime) -> None:
    Memory.objects.all().delete()
    Memory.objects.create(sealed=_box().seal(memory, place=Memory.PLACE), at=now)


# --- one upload ---------------------------------------------------------------------------------------


def _asked(upload: Upload, folder: Path) -> Guess | None:
    """What is guessed of a table of no known system; none for the systems that are known."""
    if upload.source != ANY:
        return None
    files, told = _opened(upload)
    file = _first(files)
    return guess(file, told or kept_mapping(file, folder))


def _recognised(files: Mapping[str, bytes]) -> str:
    """The one system that knows the files, else ``any``."""
    with tempfile.TemporaryDirectory(prefix=WORKING) as made:
        try:
            opened = open_files(laid_out(files, Path(made)))
        except HoldfastError:
            return ANY  # trying it out says what is wrong
    known = [one.name for one in all_sources() if not one.takes_any and any(one.knows(file) for file in opened)]
    return known[0] if len(known) == 1 else ANY


def _whole(files: Mapping[str, bytes], columns: Columns | None) -> bytes:
    named = {f"{FILES}{name}": content for name, content in files.items()}
    return packed(named if columns is None else {**named, COLUMNS: columns.json_text().encode()})


def _opened(upload: Upload) -> tuple[dict[str, bytes], Columns | None]:
    """The files of an upload, and how its columns are to be read, if somebody was asked."""
    whole = unpacked(_box().open(upload.sealed, place=upload.place))
    columns = whole.pop(COLUMNS, None)
    files = {name.removeprefix(FILES): content for name, content in whole.items()}
    return files, None if columns is None else Columns.model_validate_json(columns)


def _first(files: Mapping[str, bytes]) -> SourceFile:
    with tempfile.TemporaryDirectory(prefix=WORKING) as made:
        return open_files(laid_out(files, Path(made)))[0]


def _box() -> ClientBox:
    return ClientBox(settings.VAULT.derived("uploads"))


def _post(actor: Actor) -> Post:
    return Post.objects.get(member=int(actor.id), role=actor.role)
