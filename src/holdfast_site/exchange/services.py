"""Uploading an export: kept sealed, tried out as often as one likes, then taken over or forgotten.

The same importers as ``holdfast import`` read it, into a folder that holds what the last import left and is gone
afterwards. What clients said is never kept there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext

from holdfast.errors import HoldfastError, UsageError
from holdfast.tables import TableProblems, Tables, read_tables
from holdfast.tables.account import account_lines
from holdfast.tables.check import ROW
from holdfast.tables.importing import NOW_ASSUMED, Account, csv_bytes, import_files
from holdfast.tables.raw import read_text
from holdfast.tables.read import PRACTICE_FILE
from holdfast.tables.reassigned import WAS, Reassigned, without_reassigned
from holdfast.tables.schema import REQUIRED_TABLE, TABLES
from holdfast.tables.sources import all_sources, source
from holdfast.tables.sources.any_table import kept_mapping
from holdfast.tables.sources.asking import Question, answer, guess_lines, questions
from holdfast.tables.sources.files import SourceFile, open_files
from holdfast.tables.sources.guess import Guess, guess
from holdfast.words import Words
from holdfast_site.access.actors import Actor
from holdfast_site.accounts.models import Post
from holdfast_site.audit.services import Action, record
from holdfast_site.caseload import settling
from holdfast_site.caseload.loading import settle
from holdfast_site.caseload.services import load_tables
from holdfast_site.exchange import joining
from holdfast_site.exchange.files import laid_out, names, own_name, packed, unpacked
from holdfast_site.exchange.joining import Said
from holdfast_site.exchange.models import Memory, Upload
from holdfast_site.exchange.sealing import Brought, Told, box, opened, sealed
from holdfast_site.exchange.working import empty_working, working_folder
from holdfast_site.languages import N_
from holdfast_site.saying import said

ANY, FIND_OUT = "any", ""
KEPT_FOR = timedelta(hours=1)
TOLD_OF_CLIENTS = frozenset({"clients", "checkins", "scores", "repairs"})
IN_WORDS = frozenset({"reason"})  # columns of the other tables that tell of clients
BESIDE = frozenset({"source", "source_status", "note_locked"})  # columns that importers add, and look at the next time
_one_import = threading.Lock()  # one process serves one site
MOST_PROBLEMS = 20
CLOCKS_DIFFER = timedelta(days=1)  # between the computer that exported and this one
SAY_FIRST = N_("First say of each two whether they are one man or two. Nothing was saved.")
AS_OF_NOW = N_(
    "These files do not say when they were exported: the moment at which they are taken over counts as that. If they "
    "are older, it has to be said first. Else everybody looks quieter than he is, and what was marked here since may "
    "be changed back."
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What would happen, in lines for a person, and what has to be answered first. Nothing has happened."""

    lines: Sequence[str]
    asked: Sequence[Question] = ()
    wrong: Sequence[str] = ()
    foreign: Sequence[str] = ()  # files of something else, without which the others could be taken over
    has_no_moment: bool = False  # nothing says when it was exported
    perhaps_one: Sequence[tuple[Reassigned, str]] = ()  # two ids that may be one man, and what was said of them

    @property
    def is_ready(self) -> bool:
        """Whether it can be taken over as it is."""
        return not (self.wrong or self.asked or any(not said for _, said in self.perhaps_one))


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
    upload.sealed = sealed(upload, Brought(named, Told()))
    upload.save(force_insert=True)
    record(Action.UPLOADED, by=by, about=f"upload:{upload.pk}", at=now)
    return upload


def try_out(upload: Upload, *, by: Actor, now: datetime) -> Tried:
    """Read the files as they would be read, and change nothing."""
    brought = opened(upload)
    with _folder() as folder:
        try:
            asked = _asked(upload, brought, folder)
            foreign = _foreign(upload, brought) if asked is not None else []
            if foreign:  # before anybody answers questions that would be in vain
                return Tried([], wrong=[gettext("No table: %(files)s.") % {"files": names(foreign)}], foreign=foreign)
            if asked is not None and questions(asked):
                return Tried(_guessed(asked), questions(asked))
            account = _imported(upload, brought, folder, now=now)
            found, about = _tables(folder, account), joining.looked_at(account.reassigned, brought.told.said)
            settled, taken = _tried(found, about, by=by, account=account, now=now)
            told = _lines(account, brought, settled, [*about.lines, *joining.taken_lines(taken)])
        except TableProblems as found:
            more = len(found.problems) - MOST_PROBLEMS
            rest = [gettext("… and %(more)s more") % {"more": more}] if more > 0 else []
            return Tried([], wrong=[*(said(one.words) for one in found.problems[:MOST_PROBLEMS]), *rest])
        except HoldfastError as error:
            return Tried([], wrong=_said(error), foreign=_foreign(upload, brought))
    shown = _guessed(asked) if asked is not None else []
    has_no_moment = NOW_ASSUMED in account.notes or brought.told.exported_at is not None
    return Tried([*shown, *told], has_no_moment=has_no_moment, perhaps_one=about.asked)


def _tried(
    found: Tables, about: joining.LookedAt, *, by: Actor, account: Account, now: datetime
) -> tuple[settling.Settled, int]:
    """What it would do here: it is done, and taken back."""
    if not about.decided:
        return settle(found), 0
    with transaction.atomic():
        taken = joining.apply(by=by, about=about, exported_at=account.now, now=now)
        settled = settle(found)
        transaction.set_rollback(True)
    return settled, taken


@transaction.atomic
def keep_answers(*, by: Actor, upload: Upload, given: Mapping[str, str], now: datetime) -> None:
    """Keep what was answered about a table of no known system.

    Raises
    ------
    HoldfastError
        If an answer is to no question, or none of its choices.
    """
    brought = opened(upload)
    columns = answer(guess(_first(brought), brought.told.columns), given)
    _keep(by, upload, brought.but(columns=columns), now)


def keep_moment(*, by: Actor, upload: Upload, exported_at: datetime, now: datetime) -> None:
    """Keep when the files were exported, where they do not say it themselves.

    Raises
    ------
    UsageError
        If that is still to come, or before something of which they tell.
    """
    if exported_at > now:
        raise UsageError(gettext("That moment is still to come. Nothing was saved."))
    brought = opened(upload).but(exported_at=exported_at)
    with _folder() as folder:
        last = _imported(upload, brought, folder, now=now).last_outcome
    if last is not None and last > exported_at:
        told = gettext("These files tell who came on %(day)s: they are not from before that. Nothing was saved.")
        raise UsageError(told % {"day": _day(last)})
    _keep(by, upload, brought, now)


def keep_said(*, by: Actor, upload: Upload, given: Mapping[str, str], now: datetime) -> None:
    """Keep what was said of two ids that may be one man.

    Raises
    ------
    UsageError
        If of one of them nothing was said, or something else than that.
    """
    brought = opened(upload)
    with _folder() as folder:
        account = _imported(upload, brought, folder, now=now)
    asked = [one.was for one, _ in joining.looked_at(account.reassigned, brought.told.said).asked]
    if not asked or any(given.get(was) not in list(Said) for was in asked):
        raise UsageError(gettext(SAY_FIRST))
    _keep(by, upload, brought.but(said={was: Said(given[was]) for was in asked}), now)


@transaction.atomic
def leave_out(*, by: Actor, upload: Upload, now: datetime) -> bool:
    """Go on without the files that are of something else. False: there is none, or nothing would be left."""
    brought = opened(upload)
    foreign = _foreign(upload, brought)
    if not foreign:
        return False
    _keep(by, upload, brought.but(left_out=(*brought.told.left_out, *foreign)), now)
    return True


@transaction.atomic
def _keep(by: Actor, upload: Upload, brought: Brought, now: datetime) -> None:
    upload.sealed = sealed(upload, brought)
    upload.save(update_fields=["sealed"])
    record(Action.UPLOAD_ANSWERED, by=by, about=f"upload:{upload.pk}", at=now)


def take_over(*, by: Actor, upload: Upload, now: datetime) -> Sequence[str]:
    """Import the files and take over what came out, all of it or nothing. Taken over twice, it is taken over once.

    One after the other: each begins with what the one before has left.

    Raises
    ------
    HoldfastError
        If they cannot be imported. Nothing has changed then.
    """
    brought = opened(upload)
    with _one_import, _folder() as folder:
        account = _imported(upload, brought, folder, now=now)
        found, memory = _tables(folder, account), _remembered(folder)
        with transaction.atomic():
            still = Upload.objects.filter(pk=upload.pk, account__isnull=True).first()
            if still is None:
                return list(Upload.objects.get(pk=upload.pk).account or ())
            about = joining.looked_at(account.reassigned, brought.told.said)
            if not about.is_decided:
                raise UsageError(gettext(SAY_FIRST))
            taken = joining.apply(by=by, about=about, exported_at=account.now, now=now)
            done = load_tables(found, by=by, now=now)
            lines = _lines(account, brought, done.settled, [*about.lines, *joining.taken_lines(taken)])
            Upload.objects.filter(pk=upload.pk).update(account=lines, sealed=b"")
            _remember(memory, now)
    return lines


def why(error: HoldfastError) -> str:
    """Why something could not be done. Of problems in tables it is how many; which they are says the trial."""
    return said(error.words) if isinstance(error, TableProblems) else "\n".join(_said(error))


def _said(error: HoldfastError) -> list[str]:
    return [part for line in error.lines for part in said(line).splitlines()]


@transaction.atomic
def forget(*, by: Actor, upload: Upload, now: datetime) -> None:
    """Throw the files away."""
    Upload.objects.filter(pk=upload.pk, account__isnull=True).delete()
    record(Action.UPLOAD_FORGOTTEN, by=by, about=f"upload:{upload.pk}", at=now)


def forget_old(now: datetime) -> None:
    """Throw away what nobody has taken over within an hour, and what a killed process left lying open."""
    Upload.objects.filter(at__lt=now - KEPT_FOR, account__isnull=True).delete()
    empty_working()


def change_memory(change: Callable[[Mapping[str, pl.DataFrame]], Mapping[str, pl.DataFrame]], *, now: datetime) -> None:
    """Change the tables of what the last import left."""
    if not Memory.objects.exists():
        return
    with _folder() as folder:
        paths = {path.stem: path for path in folder.glob("*.csv") if path.stem in TABLES}
        for name, frame in change({name: read_text(path).drop(ROW) for name, path in paths.items()}).items():
            paths[name].write_bytes(csv_bytes(frame))
        _remember(_remembered(folder), now)


# --- the folder that importers work in ----------------------------------------------------------------


@contextmanager
def _folder() -> Iterator[Path]:
    """The tables as the last import left them, and what importers wrote beside them; gone afterwards."""
    with working_folder() as made:
        folder = made / "tables"
        folder.mkdir()
        for memory in Memory.objects.all():
            laid_out(unpacked(box().open(memory.sealed, place=Memory.place)), folder)
        yield folder


def _imported(upload: Upload, brought: Brought, folder: Path, *, now: datetime) -> Account:
    """Import into the folder, which is thrown away unless somebody takes it over.

    Raises
    ------
    UsageError
        If the files say that they were exported in days to come.
    """
    paths = laid_out(brought.wanted, folder.with_name("uploaded"))
    mapping = None
    if brought.told.columns is not None:
        mapping = folder.with_name("mapping.json")
        mapping.write_text(brought.told.columns.json_text(), encoding="utf-8")
    account = import_files(
        source(upload.source),
        paths,
        folder,
        now=brought.told.exported_at,
        clock=now,
        timezone=settings.SITE.timezone,
        mapping=mapping,
    )
    if account.now > now + CLOCKS_DIFFER:
        told = gettext("These files say that they were exported on %(day)s. That is still to come.")
        raise UsageError(told % {"day": _day(account.now)})
    return account


def _lines(account: Account, brought: Brought, settled: settling.Settled, of_clients: Sequence[str]) -> list[str]:
    """The account of an import, for somebody in a browser."""
    notes = [Words(AS_OF_NOW) if note == NOW_ASSUMED else note for note in account.notes]
    lines = [said(line) for line in account_lines(replace(account, notes=notes, reassigned=()))]
    if brought.told.left_out:
        lines.append(gettext("Left out, as you said: %(files)s.") % {"files": names(brought.told.left_out)})
    return [*lines, *of_clients, *settling.lines(settled)]


def _guessed(found: Guess) -> list[str]:
    """The guess for somebody to look at."""
    return [said(line) for line in guess_lines(found, in_columns=False)]


def _day(moment: datetime) -> str:
    return date_format(moment, gettext("j F Y"))


def _tables(folder: Path, account: Account) -> Tables:
    """The tables as they are after the import; what is somebody else's now, once and not twice.

    Raises
    ------
    UsageError
        If there is not one appointment yet.
    """
    if not any(folder.glob(f"{REQUIRED_TABLE}.*")):
        raise UsageError(
            gettext("There are no appointments in these files, and none here yet. Bring the list of appointments.")
        )
    for path in folder.glob(f"{REQUIRED_TABLE}.csv") if account.reassigned else ():
        known = {REQUIRED_TABLE: read_text(path).drop(ROW)}
        path.write_bytes(csv_bytes(without_reassigned(known, account.reassigned, whose=WAS)[REQUIRED_TABLE]))
    return read_tables(folder)


def _remembered(folder: Path) -> bytes:
    """What an import left in the folder, but for what is told of clients: that is sealed with their own keys alone."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.stem not in TOLD_OF_CLIENTS)
    return packed({path.relative_to(folder).as_posix(): _plain(path) for path in found})


def _plain(path: Path) -> bytes:
    """A file as it is remembered: of a table its own columns. Others may hold names, or words about somebody."""
    if path.stem not in TABLES:
        return path.read_bytes()
    frame = read_text(path).drop(ROW)
    kept = {*TABLES[path.stem].columns, *BESIDE} - IN_WORDS
    return csv_bytes(frame.select(name for name in frame.columns if name in kept))


def _remember(memory: bytes, now: datetime) -> None:
    Memory.objects.all().delete()
    Memory.objects.create(sealed=box().seal(memory, place=Memory.place), at=now)


# --- one upload ---------------------------------------------------------------------------------------


def _asked(upload: Upload, brought: Brought, folder: Path) -> Guess | None:
    """What is guessed of a table of no known system; none for the systems that are known."""
    if upload.source != ANY:
        return None
    file = _first(brought)
    return guess(file, brought.told.columns or kept_mapping(file, folder))


def _recognised(files: Mapping[str, bytes]) -> str:
    """The one system that knows some of the files, else ``any``."""
    told = [file for name, content in files.items() for file in _opened_alone(name, content)]
    known = [one.name for one in all_sources() if not one.takes_any and any(one.knows(file) for file in told)]
    return known[0] if len(known) == 1 else ANY


def _foreign(upload: Upload, brought: Brought) -> Sequence[str]:
    """The files that the system does not know; none, if it knows all or none of them."""
    wanted = brought.wanted
    beside = {name for name in wanted if name == PRACTICE_FILE}
    known = {name for name in wanted if name not in beside and _is_known(upload.source, name, wanted[name])}
    return [name for name in wanted if name not in known | beside] if known else []


def _is_known(source_name: str, name: str, content: bytes) -> bool:
    """Whether a system knows a file; of no known system, whether it is a table at all."""
    told = _opened_alone(name, content)
    if source_name == ANY:
        return bool(told) and _is_table(told[0])
    return any(source(source_name).knows(file) for file in told)


def _is_table(file: SourceFile) -> bool:
    try:
        guess(file, None)
    except HoldfastError:
        return False
    return True


def _opened_alone(name: str, content: bytes) -> Sequence[SourceFile]:
    """The files in one that was brought; none, if it cannot be opened."""
    with working_folder() as made:
        try:
            return open_files(laid_out({name: content}, made))
        except HoldfastError:
            return []


def _first(brought: Brought) -> SourceFile:
    with working_folder() as made:
        return open_files(laid_out(brought.wanted, made))[0]


def _post(actor: Actor) -> Post:
    return Post.objects.get(member=int(actor.id), role=actor.role)
