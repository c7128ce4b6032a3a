"""The rows below a heading as whole columns of text, so that a million rows are read as quickly as a few words.

What a column holds is looked at once for each different text in it, and what is wrong is told by its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import polars as pl

from holdfast.tables.sources.cells import NO_DATE, WRITTEN_BLANKS
from holdfast.tables.sources.grid import ambiguous, plain, row_of
from holdfast.words import Words

FILE, ROW = "\0file", "\0row"  # no heading can be called so
_UNCLEAR = "\0unclear "
_LONGEST_BLANK = max(len(word.encode()) for word in WRITTEN_BLANKS)


@dataclass(frozen=True, eq=False)
class Records:
    """Rows under a heading: a column of text for each heading, with the file and the row as a spreadsheet counts.

    No cell is null: a blank is empty text.
    """

    frame: pl.DataFrame
    _filled: dict[str, pl.Series] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return self.frame.height

    @property
    def keys(self) -> list[str]:
        return [name for name in self.frame.columns if not name.startswith("\0")]

    def where(self, mask: pl.Series) -> Records:
        """Those rows for which ``mask`` is true."""
        return Records(self.frame.filter(mask))

    def head(self, count: int) -> Records:
        """The first rows."""
        return Records(self.frame.head(count))

    def text(self, heading: str) -> pl.Series:
        """The cells under a heading as they stand.

        Raises
        ------
        SourceError
            If the column is there more than once, and not the same in some row.
        """
        key = plain(heading)
        if _UNCLEAR + key in self.frame.columns:
            for file, row in self.frame.filter(pl.col(_UNCLEAR + key)).select(FILE, ROW).head(1).iter_rows():
                raise ambiguous(heading, file, row)
        if key not in self.frame.columns or key.startswith("\0"):
            return pl.Series(heading, [""], pl.String).new_from_index(0, len(self))
        return self.frame[key].alias(heading)

    def filled(self, heading: str) -> pl.Series:
        """The cells under a heading, empty where they are blank in so many words."""
        if heading not in self._filled:
            text = self.text(heading)
            written_out = (text.str.len_bytes() <= _LONGEST_BLANK) & text.str.to_lowercase().is_in(list(WRITTEN_BLANKS))
            self._filled[heading] = text.set(written_out, "")
        return self._filled[heading]

    def filled_date(self, heading: str) -> pl.Series:
        """The cells under a heading, empty where they hold no date in so many zeros."""
        return self.filled(heading).set(self.text(heading).str.contains(NO_DATE.pattern), "")

    def one_filled(self) -> pl.Series:
        """Say of each row whether one cell of it is filled in and no more."""
        return self.frame.select(pl.sum_horizontal(pl.col(key) != "" for key in self.keys) == 1).to_series()

    def places(self, mask: pl.Series, count: int) -> list[Words]:
        """Where the first ``count`` of the rows stand for which ``mask`` is true."""
        found = self.frame.select(FILE, ROW).filter(mask).head(count)
        return [row_of(file, row) for file, row in found.iter_rows()]


def columns_of(rows: Sequence[Sequence[str]], width: int) -> list[pl.Series]:
    """The first ``width`` cells of each row as columns, trimmed; null where a row has ended before."""
    cells = pl.Series("cells", list(chain.from_iterable(_of_width(row, width) for row in rows)), pl.String)
    return [cells.gather_every(width, number).str.strip_chars() for number in range(width)]


def _of_width(row: Sequence[str], width: int) -> Sequence[str | None]:
    return row if len(row) == width else [*row, *[None] * (width - len(row))][:width]


def as_records(label: str, heading: Sequence[str], columns: Sequence[pl.Series], first: int) -> Records:
    """Columns of cells as records under a heading, the first of them with the number ``first``."""
    keys, height = [plain(name) for name in heading], len(columns[0])
    found: dict[str, pl.Series] = {}
    for key in dict.fromkeys(key for key in keys if key):
        same = [column for other, column in zip(keys, columns, strict=True) if other == key]
        found[key] = pl.select(pl.coalesce(*reversed(same), pl.lit("")).alias(key)).to_series()
        if len(same) > 1:
            found[_UNCLEAR + key] = _differ(same).alias(_UNCLEAR + key)
    label_of_each = pl.Series([label], dtype=pl.String).new_from_index(0, height)
    return Records(pl.DataFrame({FILE: label_of_each, ROW: pl.int_range(first, first + height, eager=True), **found}))


def _differ(same: Sequence[pl.Series]) -> pl.Series:
    """Say of each row whether the cells of columns of one name are not the same; one that is not there is passed."""
    lowest, highest = pl.min_horizontal(*same), pl.max_horizontal(*same)
    return pl.select((lowest != highest).fill_null(False)).to_series()


def together(parts: Sequence[Records]) -> Records:
    """The records of several sheets with the same headings, in whatever order these are."""
    return parts[0] if len(parts) == 1 else Records(pl.concat([part.frame for part in parts], how="diagonal"))


def each_once(texts: pl.Series, read: Callable[[str], Any], kind: Any = pl.String) -> pl.Series:
    """What ``read`` makes of each text, asked once for each different one."""
    different = texts.unique()
    if different.len() == 0:
        return pl.Series(texts.name, [], kind)
    made = pl.Series([read(text) for text in different], dtype=kind)
    return texts.replace_strict(different, made, return_dtype=kind)


def each_row_once(
    columns: Mapping[str, pl.Series], read: Callable[..., Mapping[str, Any]], made: Mapping[str, Any]
) -> pl.DataFrame:
    """What ``read`` makes of the cells of each row, asked once for each different row; ``made`` are its columns."""
    frame = pl.DataFrame(dict(columns))
    different = frame.unique()
    read_rows = pl.DataFrame([read(*row) for row in different.iter_rows()], schema=dict(made))
    known = different.hstack(read_rows)
    return frame.join(known, on=list(columns), how="left", maintain_order="left").select(*made)
