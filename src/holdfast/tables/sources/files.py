"""The files given to an import: opened safely, decoded, and taken apart into rows.

A folder stands for the files in it, a zip for its members. Nothing is unpacked to
disk, and nothing that would unpack to more than ``LIMIT`` bytes is opened.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from holdfast.errors import SourceError
from holdfast.words import Words

LIMIT = 2_000_000_000  # bytes, unpacked: ten million appointments fit, a zip bomb does not
RATIO = 200  # a real export packs 5 to 30 fold; a bomb a thousandfold
_WORKBOOK = (b"PK\x03\x04", ("xl/workbook.xml",))
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x7f]")  # no text holds these; a picture or an old workbook does
_OLE = b"\xd0\xcf\x11\xe0"  # a workbook of before 2007, or a newer one that is locked by a password
IGNORED = (".", "~$", "__MACOSX")
MOST_MEMBERS = 10_000
_DAMAGED_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
)


@dataclass(frozen=True)
class SourceFile:
    """One file of an export, in memory."""

    name: str
    data: bytes

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem.lower()

    @property
    def is_workbook(self) -> bool:
        """Say whether this is an Excel workbook, by its content and not by its name."""
        if not self.data.startswith(_WORKBOOK[0]):
            return False
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as members:
                return all(name in members.namelist() for name in _WORKBOOK[1])
        except _DAMAGED_ZIP:
            return False

    @cached_property
    def text(self) -> str:
        """The file as text: by its byte-order mark, as UTF-8, or as what its bytes look like.

        Raises
        ------
        SourceError
            If it is not text.
        """
        if not self.data.strip():
            raise SourceError(
                Words("{file} is empty. Export it again, and look at its size before importing.", file=self.name)
            )
        text = self.data.decode(self.encoding).lstrip("\ufeff")
        if (zero := text.find("\x00")) >= 0:
            line = text.count("\n", 0, zero) + 1
            raise SourceError(
                Words(
                    "{file}, line {line} holds a zero byte, so the file is damaged. Export it again.",
                    file=self.name,
                    line=str(line),
                )
            )
        return text

    @cached_property
    def encoding(self) -> str:
        """How the text is encoded: UTF-16 or UTF-32 by its mark or its zero bytes, UTF-8, or else Windows-1252.

        Windows-1252 before any other: it is what spreadsheet programs of Western Europe and America save,
        and in a short file its accents cannot be told from those of Eastern Europe by looking at them.
        """
        if self.data.startswith(_OLE):
            raise SourceError(
                Words(
                    "{file} is not text but an old or password-protected workbook. "
                    "Open it in a spreadsheet program and save it as .xlsx without a password, or as CSV.",
                    file=self.name,
                )
            )
        found = _encoding(self.data)
        if found is None:
            raise SourceError(
                Words(
                    "{file} is not text, and not a workbook that can be read. Export it again as CSV.", file=self.name
                )
            )
        return found

    @cached_property
    def json(self) -> Any:
        """The file as JSON.

        Raises
        ------
        SourceError
            If it is cut off or not JSON, with the line where reading stopped.
        """
        try:
            return json.loads(self.text)
        except json.JSONDecodeError as error:
            if self.text.lstrip()[:1] not in ("{", "["):
                raise SourceError(
                    Words(
                        "{file} is not JSON, which is what is read of this system. "
                        "If it is a table of appointments: holdfast import any {file}",
                        file=self.name,
                    )
                ) from error
            raise SourceError(
                Words(
                    "{file} is not complete JSON (line {line}). "
                    "It may have been cut off on the way; export or download it again.",
                    file=self.name,
                    line=str(error.lineno),
                )
            ) from error
        except (RecursionError, ValueError) as error:
            raise SourceError(
                Words("{file} is not JSON that an export holds. Export or download it again.", file=self.name)
            ) from error

    def json_lines(self) -> list[tuple[int, Any]]:
        """The file as one JSON value a line, with line numbers; blank lines are passed over.

        Raises
        ------
        SourceError
            Naming the first line that is not JSON.
        """
        found = []
        for number, line in enumerate(self.text.split("\n"), start=1):  # not splitlines: U+2028 stands within a line
            if not line.strip():
                continue
            try:
                found.append((number, json.loads(line)))
            except json.JSONDecodeError as error:
                raise SourceError(
                    Words(
                        "{file}, line {line} is not JSON. Download it again.",
                        file=self.name,
                        line=str(number),
                    )
                ) from error
            except (RecursionError, ValueError) as error:
                raise SourceError(
                    Words(
                        "{file}, line {line} is not JSON that an export holds. Download it again.",
                        file=self.name,
                        line=str(number),
                    )
                ) from error
        return found

    @cached_property
    def sheets(self) -> Mapping[str, list[list[str]]]:
        """The sheets of a workbook as rows of text, or the one sheet that a CSV is."""
        if self.is_workbook:
            from holdfast.tables.sources.workbook import read_workbook

            _members(self)  # a workbook in a zip is a zip of its own: how large would it be?
            return read_workbook(self.name, self.data)
        return {self.stem: csv_rows(self.name, self.text)}


def _encoding(data: bytes) -> str | None:
    marked = [name for mark, name in _MARKS if data.startswith(mark)]
    return next((name for name in marked[:1] or _likely_encodings(data) if _decodes(data, name)), None)


def _likely_encodings(data: bytes) -> Iterator[str]:
    yield "utf-8"
    even, odd = data[0:2000:2].count(0), data[1:2000:2].count(0)
    # UTF-16 that lacks its mark: Latin letters leave every other byte zero
    if min(even, odd) == 0 and max(even, odd) > len(data[:2000]) / 4:
        yield "utf-16-le" if odd else "utf-16-be"
    yield "cp1252"
    from charset_normalizer import from_bytes  # slow to load, and nearly never asked

    if guess := from_bytes(data[:200_000]).best():
        yield guess.encoding


def _decodes(data: bytes, name: str) -> bool:
    """Say whether these bytes are text in this encoding; a stray control character in a note is let pass."""
    try:
        text = data.decode(name)
    except (UnicodeDecodeError, LookupError):
        return False
    return len(_CONTROL.findall(text)) <= len(text) / 100


def csv_rows(name: str, text: str, *, delimiter: str | None = None) -> list[list[str]]:
    """Split CSV text into rows of cells, trimmed; the delimiter is found if it is not given.

    Raises
    ------
    SourceError
        If a quotation mark is never closed, the text is binary, or it is no table at all.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or find_delimiter(text), strict=True)
    rows = []
    try:
        for row in reader:
            rows.append([cell.strip() for cell in row])
    except csv.Error as error:
        if not _is_table(rows):
            raise SourceError(
                Words(
                    "{file} does not look like an export: its lines do not divide into the same columns. "
                    "Choose the file that your system exported. If this is it, save it anew, as CSV or .xlsx.",
                    file=name,
                )
            ) from error
        raise SourceError(
            Words(
                "{file} breaks off near line {line}: a quotation mark is not closed there, or a cell is far too "
                "long. It may have been cut off on the way; export it again.",
                file=name,
                line=str(reader.line_num),
            )
        ) from error
    return rows


_FEW = 3  # lines, of which nothing can be told


def _is_table(rows: list[list[str]]) -> bool:
    """Whether half of the lines that hold anything have the same number of cells, more than one; or few are there."""
    widths = [len(row) for row in rows if any(row)]
    return len(widths) < _FEW or any(width > 1 and 2 * widths.count(width) >= len(widths) for width in set(widths))


def find_delimiter(text: str) -> str:
    """Find the delimiter that splits the most of the first hundred lines into the same number of cells."""
    sample = [line for line in text[:1_000_000].splitlines()[:100] if line.strip()]

    def agreement(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=delimiter)]
        except csv.Error:  # a cell longer than any export's; reading all of it says so with its line
            return (0, 0)
        common = max(set(widths), key=lambda width: (width > 1) * widths.count(width), default=1)
        return (widths.count(common) * (common > 1), common)

    return max(",;\t|", key=agreement)


def open_files(paths: Iterable[Path | SourceFile]) -> list[SourceFile]:
    """Read every file that was named, those in folders and zips included, in order of their names.

    One that has been read already stays as it is.

    Raises
    ------
    SourceError
        If a path is not there, cannot be read, or holds more than can be real.
    """
    files = [file for path in paths for file in ([path] if isinstance(path, SourceFile) else _open(path))]
    if not files:
        raise SourceError(Words("There is no file to import there."))
    return files


def _open(path: Path) -> Iterator[SourceFile]:
    try:
        if path.is_dir():
            inside = [inner for inner in sorted(path.iterdir()) if not inner.name.startswith(IGNORED)]
            for inner in inside:
                if inner.is_file():
                    yield from _open(inner)
            return
        data = _content(path)
    except OSError as error:
        raise SourceError(Words("{file} cannot be read: {why}.", file=str(path), why=error.strerror or "")) from error
    file = SourceFile(path.name, data)
    if data.startswith(b"PK\x03\x04"):
        members = _members(file)
        if not file.is_workbook:
            yield from members
            return
    yield file


def _content(path: Path) -> bytes:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise SourceError(
            Words("{file} is not a file. Give the export itself, or the folder it is in.", file=str(path))
        )
    if found.st_size > LIMIT:
        raise SourceError(
            Words(
                "{file} is larger than {size} GB. Split it by date, or give Parquet tables.",
                file=path.name,
                size=round(LIMIT / 1e9),
            )
        )
    return path.read_bytes()


def _members(file: SourceFile) -> list[SourceFile]:
    """The files in a zip. A workbook is one too, so its sizes are looked at here as well."""
    try:
        with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
            wanted = [item for item in archive.infolist() if not item.is_dir()]
            refuse_bomb(file.name, len(file.data), sum(item.file_size for item in wanted))
            if len(wanted) > MOST_MEMBERS:
                raise SourceError(
                    Words(
                        "{file} holds {count} files. Unpack it, and import the ones needed.",
                        file=file.name,
                        count=len(wanted),
                    )
                )
            if file.is_workbook:
                return []
            named = [item for item in wanted if not PurePosixPath(item.filename).name.startswith(IGNORED)]
            return [SourceFile(PurePosixPath(item.filename).name, archive.read(item)) for item in named]
    except _DAMAGED_ZIP as error:
        raise SourceError(
            Words(
                "{file} is a workbook or a zip that cannot be opened. It may need a password, or have been cut off on "
                "the way; export it again.",
                file=file.name,
            )
        ) from error


def refuse_bomb(name: str, packed: int, unpacked: int) -> None:
    """Refuse a zip or workbook that would unpack to far more than an export holds."""
    if unpacked > LIMIT or (unpacked > 50_000_000 and unpacked > RATIO * max(packed, 1)):
        raise SourceError(
            Words(
                "{file} would unpack from {packed} MB to {unpacked} MB. No practice export does that, so it was not "
                "opened. If it is real, unpack it yourself and import the files.",
                file=name,
                packed=packed / 1e6,
                unpacked=round(unpacked / 1e6),
            )
        )


def find_file(files: Sequence[SourceFile], *names: str) -> SourceFile | None:
    """Find the first file whose name without ending is one of ``names`` or begins with it."""
    for name in names:
        for file in files:
            if file.stem == name or file.stem.startswith((f"{name}.", f"{name}_", f"{name}-")):
                return file
    return None
