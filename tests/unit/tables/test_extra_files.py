"""An importer may leave a file beside the tables; it comes and goes in the same step as they do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from holdfast.errors import FolderError
from holdfast.tables import journal
from holdfast.tables.importing import import_files
from holdfast.tables.sources.files import SourceFile
from holdfast.tables.sources.source import Context, Imported, Source

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)


def _read(files: Sequence[SourceFile], context: Context) -> Imported:
    assert (context.folder, context.mapping) == (Path(files[0].text), Path("how.json"))
    return Imported(extra_files={"mapping-1.json": b"{}\n"})


SOURCE = Source(name="made", title="Made up", files="", recognises=lambda file: True, read=_read)


def _import(tmp_path: Path, *, dry_run: bool = False) -> Path:
    out = tmp_path / "out"
    (tmp_path / "a.txt").write_text(str(out))
    mapping = Path("how.json")
    import_files(SOURCE, [tmp_path / "a.txt"], out, now=NOW, clock=NOW, dry_run=dry_run, mapping=mapping)
    return out


def test_it_is_written_with_the_tables(tmp_path: Path) -> None:
    assert (_import(tmp_path) / "mapping-1.json").read_bytes() == b"{}\n"


def test_a_dry_run_leaves_nothing(tmp_path: Path) -> None:
    assert not _import(tmp_path, dry_run=True).exists()


def test_where_the_tables_cannot_be_written_it_is_not_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes, like: Path | None = None) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal, "_write_synced", full)
    with pytest.raises(FolderError, match="No space left"):
        _import(tmp_path)
    assert not (tmp_path / "out").exists()
