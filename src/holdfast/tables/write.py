"""Writing checked tables: CSV for people, Parquet for large practices.

Parquet that is written here carries a seal: the schema it was checked against, and a token that all files of
one write share. Files with the same seal need no second check and can be read straight by the engine; any
other program that rewrites one of them drops or breaks the seal, and then everything is checked again.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import polars as pl

from holdfast.errors import FolderError
from holdfast.tables import journal
from holdfast.tables.read import PRACTICE_FILE, SEAL, Tables, schema_fingerprint

Format = Literal["csv", "parquet"]


def write_tables(tables: Tables, folder: Path, *, form: Format = "parquet") -> None:
    """Write checked tables into a new or empty folder.

    Raises
    ------
    FolderError
        If the folder holds something already, or cannot be written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FolderError(f"{folder} is not empty. Name a new folder, so that nothing is overwritten.")
    frames = {name: _plain(tables[name]) for name in sorted(tables.present)}
    tables.refuse_if_changed()
    seal = {SEAL: f"{schema_fingerprint()} {_token(frames)}"}
    files = {f"{name}.{form}": _bytes(frame, form, seal) for name, frame in frames.items()}
    if tables.practice.source is not None:
        files[PRACTICE_FILE] = tables.practice.source
    try:
        journal.replace_together(folder, files)
    except OSError as error:
        raise FolderError(f"{folder} cannot be written: {error.strerror}.") from error


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Replace types that not every reader knows: fixed choices become plain text."""
    return frame.with_columns(pl.col(pl.Enum).cast(pl.String))


def _token(frames: Mapping[str, pl.DataFrame]) -> str:
    """The same for the same tables: made of every row of every one of them."""
    parts = [f"{name} {frame.height} {frame.hash_rows(seed=0).sum()}" for name, frame in frames.items()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _bytes(frame: pl.DataFrame, form: Format, seal: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    if form == "parquet":
        frame.write_parquet(buffer, metadata=dict(seal), row_group_size=250_000)
    else:
        frame.write_csv(buffer, datetime_format="%Y-%m-%dT%H:%M:%S")
    return buffer.getvalue()
