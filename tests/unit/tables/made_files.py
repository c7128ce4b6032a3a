"""Small made-up tables, and broken copies of them, for the tests of importing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from openpyxl import Workbook

from holdfast.tables.importing import Account, import_files
from holdfast.tables.sources import source

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
HEADING = "appointment_id,client_id,therapist_id,starts_at,status,certainty"


def appointments(*rows: str) -> str:
    return "\n".join([HEADING, *rows, ""])


ONE = appointments("a1,C1,T1,2026-11-01T09:00,attended,recorded")


def save(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def import_tables(
    paths: Path | Sequence[Path], folder: Path, *, now: datetime | None = NOW, name: str = "tables", dry: bool = False
) -> Account:
    given = [paths] if isinstance(paths, Path) else paths
    return import_files(source(name), given, folder, now=now, clock=NOW, timezone="Europe/London", dry_run=dry)


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """Every file of a folder with its bytes; None for a folder in it."""
    return {path.name: path.read_bytes() if path.is_file() else None for path in sorted(folder.iterdir())}


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def changed_member(data: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """A copy of a workbook in which one part reads differently."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as after:
        for item in before.infolist():
            content = before.read(item)
            if item.filename == name:
                assert old in content
                content = content.replace(old, new)
            after.writestr(item.filename, content)
    return buffer.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
