"""Count tables: how many episodes ended at each time, of which cause, and how many were still open.

Millions of episodes have few distinct lengths. Everything the curves need is how many people are in
each (time, what happened) cell, so that is all they ever see: a table any GROUP BY can make.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What happened to one group of people, counted by time.

    At a tie, events come before censorings: whoever is censored at *t* was still at risk at *t*.

    Attributes
    ----------
    times : shape (n_times,), the distinct times, ascending, in whatever unit they were given
    events : shape (n_times, n_causes), events of each cause at each time
    censored : shape (n_times,), people last seen at each time without any event
    causes : the names of the columns of ``events``
    """

    times: FloatArray
    events: IntArray
    censored: IntArray
    causes: tuple[str, ...]

    @property
    def n(self) -> int:
        """How many people there are."""
        return int(self.events.sum() + self.censored.sum())

    @property
    def all_events(self) -> IntArray:
        """Events of any cause at each time, shape (n_times,)."""
        total: IntArray = self.events.sum(axis=1)
        return total

    @property
    def at_risk(self) -> IntArray:
        """People who had not left before each time, shape (n_times,)."""
        here: IntArray = self.all_events + self.censored
        at_risk: IntArray = here[::-1].cumsum()[::-1]
        return at_risk

    def events_of(self, cause: str) -> IntArray:
        """Events of one cause at each time, shape (n_times,).

        Raises
        ------
        ValueError
            If the table has no such cause.
        """
        if cause not in self.causes:
            raise ValueError(f"The causes counted here are {', '.join(self.causes)}; not {cause!r}.")
        return self.events[:, self.causes.index(cause)]


def counts_from_table(
    times: npt.ArrayLike,
    causes: Sequence[str | None],
    counts: npt.ArrayLike,
    *,
    all_causes: Sequence[str],
) -> Counts:
    """Make the count table from rows of (time, cause, how many).

    Rows may come in any order and repeat; they are added up. A row of nobody changes nothing.

    Parameters
    ----------
    times : shape (n_rows,), not negative
    causes : length n_rows; ``None`` or ``""`` for those who were last seen without an event
    counts : shape (n_rows,), whole numbers, not negative
    all_causes : every cause there can be, in the order wanted, whether or not it occurs

    Raises
    ------
    ValueError
        If the lengths differ, a cause is not in ``all_causes``, or a time or count is not allowed.

    Examples
    --------
    >>> table = counts_from_table([2, 1, 2], ["left", None, "left"], [3, 5, 1], all_causes=["left"])
    >>> table.times.tolist(), table.events.ravel().tolist(), table.censored.tolist(), table.n
    ([1.0, 2.0], [0, 4], [5, 0], 9)
    """
    names = _checked_names(all_causes)
    when, how_many = _checked_times(times), _checked_counts(counts)
    if not len(when) == len(causes) == len(how_many):
        raise ValueError(
            f"A table needs one cause and one count for each time; there are {len(when)} times, "
            f"{len(causes)} causes and {len(how_many)} counts."
        )
    return _tally(when, _codes(causes, names), how_many, names)


def counts_from_rows(
    durations: npt.ArrayLike, causes: Sequence[str | None], *, all_causes: Sequence[str] | None = None
) -> Counts:
    """Make the count table from one row per person.

    Parameters
    ----------
    durations : shape (n_people,), not negative
    causes : length n_people; ``None`` or ``""`` for those last seen without an event
    all_causes : every cause there can be; by default those that occur, in alphabetical order

    Raises
    ------
    ValueError
        As for `counts_from_table`.
    """
    names = sorted({cause for cause in causes if cause}) if all_causes is None else all_causes
    return counts_from_table(durations, causes, np.ones(len(causes), np.int64), all_causes=names)


def on_session_scale(counts: Counts) -> Counts:
    """Put counts whose times are numbers of sessions on the scale the estimators need.

    Whoever left after exactly *k* sessions has time *k*, and 0 is "never started". Whoever has had
    *k* sessions and is still open came back after every session up to number *k* − 1; whether he
    comes back after number *k* nobody knows yet. So he was at risk of leaving after 0, 1 … *k* − 1
    sessions, but not after *k*: his censoring moves to *k* − 1. Leaving it at *k* would count
    everyone with an open episode as having stayed, and make every rate of leaving too small.
    An open episode without a session tells nothing about leaving and drops out of ``n``.

    Raises
    ------
    ValueError
        If a time is not a whole number.
    """
    if np.any(counts.times != np.floor(counts.times)):
        raise ValueError("Sessions are counted in whole numbers; a time in this table is not one.")
    started = counts.times >= 1
    times = np.concatenate((counts.times, counts.times[started] - 1))
    rows, columns = counts.events.shape
    events = np.zeros((times.size, columns), np.int64)
    events[:rows] = counts.events
    censored = np.concatenate((np.zeros(rows, np.int64), counts.censored[started]))
    return _merged(times, np.column_stack((events, censored)), counts.causes)


def _checked_names(all_causes: Sequence[str]) -> tuple[str, ...]:
    names = tuple(all_causes)
    if isinstance(all_causes, str) or not all(names) or len(set(names)) != len(names):
        raise ValueError("`all_causes` is a list of different, non-empty names.")
    return names


def _checked_times(times: npt.ArrayLike) -> FloatArray:
    when = np.asarray(times, dtype=np.float64)
    if when.ndim != 1 or not np.all(np.isfinite(when)) or np.any(when < 0):
        raise ValueError("Times are a list of finite numbers of 0 or more; at least one is not.")
    return when


def _checked_counts(counts: npt.ArrayLike) -> IntArray:
    given = np.asarray(counts)
    how_many = given.astype(np.int64)
    if given.ndim != 1 or np.any(how_many != given) or np.any(how_many < 0):
        raise ValueError("Counts are a list of whole numbers of 0 or more; at least one is not.")
    return how_many


def _codes(causes: Sequence[str | None], names: tuple[str, ...]) -> IntArray:
    """Return the column of each row: its cause's place in `names`, or the last one for censored."""
    column: dict[str | None, int] = {name: place for place, name in enumerate(names)}
    column |= {None: len(names), "": len(names)}
    unknown = {str(cause) for cause in set(causes) - set(column)}
    if unknown:
        raise ValueError(
            f"Not among the causes ({', '.join(names) or 'none'}): {', '.join(sorted(unknown))}. "
            "Leave the cause blank where nothing has happened yet."
        )
    return np.fromiter((column[cause] for cause in causes), dtype=np.int64, count=len(causes))


def _tally(when: FloatArray, codes: IntArray, how_many: IntArray, names: tuple[str, ...]) -> Counts:
    """Add up (time, column, count) rows; a time at which nothing happened leaves no row."""
    there = how_many > 0
    times, row = np.unique(when[there], return_inverse=True)
    shape = (times.size, len(names) + 1)
    cell = row * shape[1] + codes[there]
    table = np.bincount(cell, weights=how_many[there], minlength=shape[0] * shape[1])
    return _frozen(times, table.astype(np.int64).reshape(shape), names)


def _merged(times: FloatArray, table: IntArray, names: tuple[str, ...]) -> Counts:
    """Add up rows that already have one column per cause and one for censored."""
    codes = np.tile(np.arange(table.shape[1]), times.size)
    return _tally(np.repeat(times, table.shape[1]), codes, table.ravel(), names)


def _frozen(times: FloatArray, table: IntArray, names: tuple[str, ...]) -> Counts:
    for array in (times, table):
        array.setflags(write=False)
    return Counts(times, table[:, :-1], table[:, -1], names)
