"""Signal codes as columns: which codes have an effect, with which prior, and how frames of codes become numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from holdfast.errors import UsageError
from holdfast.silence.clock import Floats, Ints

PENDING = "pending"
Code = tuple[str, str]  # a signal and one of its codes


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

    def encode(self, frame: pl.DataFrame) -> Ints:
        """Give each row the columns that hold, one a signal; the column past the last stands for effect 0.

        Returns (rows, signals) whole numbers.

        Raises
        ------
        UsageError
            If a signal has a code that is not declared.
        """
        nothing = self.width
        place = {code: number for number, code in enumerate(self.columns, start=1)}
        found = np.full((frame.height, len(self.references)), nothing, dtype=np.int64)
        for number, (signal, reference) in enumerate(self.references.items()):
            own = [code for name, code in self.columns if name == signal]
            known = [reference, *own, *({PENDING} - set(own))]
            columns = np.asarray([place.get((signal, code), nothing) for code in known])
            found[:, number] = columns[_codes(frame[signal], known)]
        return found


def _codes(words: pl.Series, known: list[str]) -> Ints:
    try:
        return words.cast(pl.Enum(known)).to_physical().to_numpy().astype(np.int64)
    except pl.exceptions.InvalidOperationError as error:
        strange = ", ".join(sorted(set(words.drop_nulls().unique()) - set(known))[:3]) or "blanks"
        raise UsageError(
            f"The signal {words.name} has {strange}, which the model does not know. It knows {', '.join(known)}. "
            "A model fitted by another version must be fitted again."
        ) from error


def scores(encoded: Ints, effects: Floats) -> Floats:
    """Log-odds of each row: the intercept and the effects of the columns that hold.

    ``effects`` is (…, width); returns (…, rows).
    """
    whole = np.concatenate([effects, np.zeros((*effects.shape[:-1], 1))], axis=-1)
    total = np.repeat(whole[..., :1], len(encoded), axis=-1)
    for column in encoded.T:
        total += whole[..., column]
    return np.asarray(total)


def sparse(encoded: Ints, width: int) -> csr_array:
    """The same rows as a matrix of noughts and ones with the intercept first: (rows, width).

    Most codes are references, so most of it is nought.
    """
    holds = encoded < width
    counts = 1 + holds.sum(axis=1)
    with_intercept = np.concatenate([np.zeros((len(encoded), 1), dtype=np.int64), encoded], axis=1)
    kept = np.concatenate([np.ones((len(encoded), 1), dtype=bool), holds], axis=1)
    indices = with_intercept[kept].astype(np.int32)
    pointers = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return csr_array((np.ones(len(indices)), indices, pointers), shape=(len(encoded), width))
