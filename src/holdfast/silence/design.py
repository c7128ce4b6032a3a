"""Signal codes as columns: which codes have an effect, with which prior, and how frames of codes become numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from holdfast.errors import UsageError
from holdfast.silence.clock import Floats

PENDING = "pending"
BLOCK = 50_000  # rows made into a matrix at a time
Code = tuple[str, str]  # a signal and one of its codes
Codes = NDArray[np.int16]  # columns, one a signal


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal distribution, on the log-odds of a silent exit after one contact."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Design:
    """The columns of the model: the intercept, then one for each code that is not its signal's reference.

    ``references`` names each signal's code of effect 0. A check-in that may still be answered (``pending``)
    has no column: it is not known yet, see ``Fitted.pending``.
    """

    columns: tuple[Code, ...]
    references: Mapping[str, str]
    intercept: Normal
    priors: tuple[Normal, ...]

    def here(self, scale: float, holds: float, usual: float) -> Design:
        """The priors of a practice in which published effects hold so far.

        Parameters
        ----------
        scale
            Multiplies the sd of every effect.
        holds
            Multiplies their means: 1 as published, 0 not at all.
        usual
            What the published means add up to for an average contact here; what no longer holds of it goes to the
            intercept, so that the average chance stays what it was.
        """
        priors = tuple(Normal(prior.mean * holds, prior.sd * scale) for prior in self.priors)
        intercept = Normal(self.intercept.mean + (1 - holds) * usual, self.intercept.sd)
        return replace(self, intercept=intercept, priors=priors)

    @property
    def signals(self) -> tuple[str, ...]:
        return tuple(self.references)

    @property
    def width(self) -> int:
        return 1 + len(self.columns)

    @property
    def means(self) -> Floats:
        return np.asarray([self.intercept.mean, *(prior.mean for prior in self.priors)])

    @property
    def sds(self) -> Floats:
        return np.asarray([self.intercept.sd, *(prior.sd for prior in self.priors)])

    def encode(self, frame: pl.DataFrame) -> Codes:
        """Give each row the columns that hold, one a signal; the column past the last stands for effect 0.

        Returns (rows, signals) whole numbers.

        Raises
        ------
        UsageError
            If a signal has a code that is not declared.
        """
        place = {code: number for number, code in enumerate(self.columns, start=1)}
        found = np.empty((frame.height, len(self.references)), dtype=np.int16)
        for number, (signal, reference) in enumerate(self.references.items()):
            known = {reference: self.width, PENDING: self.width}
            known |= {code: place[name, code] for name, code in self.columns if name == signal}
            found[:, number] = _columns(frame[signal], known)
        return found


def _columns(words: pl.Series, known: Mapping[str, int]) -> Codes:
    """The column of each word; an enum is looked up once a category, not once a row."""
    kind = words.dtype
    if not isinstance(kind, pl.Enum):
        kind = pl.Enum(words.drop_nulls().unique().sort().cast(pl.String))
        words = words.cast(kind)
    columns = np.asarray([*(known.get(name, -1) for name in kind.categories), -1], dtype=np.int16)
    found = np.asarray(columns[words.to_physical().fill_null(len(columns) - 1).to_numpy()])
    if (found < 0).any():
        strange = sorted(words.filter(pl.Series(found < 0)).drop_nulls().unique().cast(pl.String))
        raise UsageError(
            f"The signal {words.name} has {', '.join(strange[:3]) or 'blanks'}, which the model does not know. "
            f"It knows {', '.join(known)}. A model fitted by another version must be fitted again."
        )
    return found


def sparse(encoded: Codes, width: int) -> csr_array:
    """The same rows as a matrix of noughts and ones with the intercept first: (rows, width).

    Most codes are references, so most of it is nought. Made some rows at a time: what is thrown away stays small.
    """
    first, parts = np.zeros((BLOCK, 1), dtype=np.int32), []
    for begin in range(0, len(encoded), BLOCK):
        block = encoded[begin : begin + BLOCK]
        columns = np.concatenate([first[: len(block)], block], axis=1)
        kept = columns < width
        parts.append((columns[kept], np.count_nonzero(kept, axis=1)))
    indices = np.concatenate([np.zeros(0, dtype=np.int32), *(columns for columns, _ in parts)])
    pointers = np.cumsum(np.concatenate([[0], *(counts for _, counts in parts)])).astype(np.int32)
    return csr_array((np.ones(len(indices)), indices, pointers), shape=(len(encoded), width))
