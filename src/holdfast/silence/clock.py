"""How a silence goes on: for someone who stays, and for someone who has left.

A silence is cut into *stages*: from a contact, or a visible event, to the next event. What kind of stage
it is (its *cell*) says what began it, whether something was booked ahead, and how early in the therapy it is.
Time in a stage is measured against the day on which something was expected, and after that in units of the
client's own rhythm, so that a weekly and a monthly client share one clock.

For someone who stays, each cell has the chances of the next event and of its time (cause-specific hazards
in discrete time; Kalbfleisch and Prentice, *The Statistical Analysis of Failure Time Data*, 2002, section 8.2).
For someone who has left there is no coming back, only traces: the appointment he misses, the one he calls
off, the note that he could not be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NONE = "none"  # the stage is still going on
STAY_EVENTS: Final = ("came", "ended", "missed", "called_off", "provider", "booked", "paused", "unmarked")
LEFT_EVENTS: Final = ("silent", "missed", "called_off", "provider", "booked", "paused", "unmarked")
EVENTS: Final = (*STAY_EVENTS, "silent", NONE)
CELLS: Final = (
    *(f"session:{ahead}:{after}" for ahead in ("ahead", "free") for after in (1, 2, 3)),
    *(f"{began}:{ahead}:0" for began in ("missed", "called_off", "provider", "paused") for ahead in ("ahead", "free")),
    "booked:ahead:0",
    "booked:free:0",
)

# Bins before the expected day: the first days as days (a missed appointment is booked again at once or not),
# then quarters of the wait; from the expected day on, the client's own rhythms.
EARLY: Final = (1.0, 2.0, 4.0)  # days
QUARTERS: Final = 4
AFTER: Final = len(EARLY) + QUARTERS  # the first bin from the expected day on
EDGES: Final = (0.0, 0.15, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0, 40.0)  # rhythms after it
BINS: Final = AFTER + len(EDGES)
LEAST_EXPECTED_DAYS: Final = 0.5  # expected sooner than this: the wait has no "before"

# --- what is assumed before a practice's own silences are seen -------------------------------------
# Judgement, not published: no study prints how long clients who stay take to come back. Each line counts
# as STAY_WEIGHT silences at risk in each bin, each line of LEFT as LEFT_WEIGHT silent exits, so that the
# practice's own few hundred soon outweigh them.
STAY_WEIGHT: Final = 6.0
LEFT_WEIGHT: Final = 12.0

_BEFORE_AHEAD: Final = {"called_off": 0.02, "provider": 0.006, "came": 0.004, "ended": 0.004, "paused": 0.002}
_ON_THE_DAY: Final = {
    "came": 0.80, "missed": 0.07, "unmarked": 0.06, "called_off": 0.02, "provider": 0.01, "ended": 0.005,
}  # fmt: skip
_AFTER_AHEAD: Final = {"came": 0.25, "missed": 0.08, "unmarked": 0.2, "booked": 0.1, "ended": 0.05, "called_off": 0.05}
_BEFORE_FREE: Final = {"booked": 0.20, "came": 0.03, "ended": 0.015, "paused": 0.004, "unmarked": 0.004}
_AFTER_FREE: Final = {"booked": 0.22, "came": 0.14, "ended": 0.04, "unmarked": 0.01, "paused": 0.004}
LEFT: Final[Mapping[str, Mapping[str, float]]] = {
    "ahead": {
        "missed": 0.42, "called_off": 0.36, "provider": 0.04, "unmarked": 0.06, "silent": 0.04, "paused": 0.01,
        NONE: 0.07,
    },
    "free": {"booked": 0.08, "silent": 0.08, "unmarked": 0.02, "called_off": 0.02, "paused": 0.01, NONE: 0.79},
}  # fmt: skip
ASSUMED_LONGEST: Final = BINS - 2  # the bin of the longest return, where no history says it: 20 to 40 rhythms


def cell_codes() -> Mapping[str, int]:
    """Say which place each cell has in the arrays."""
    return {cell: place for place, cell in enumerate(CELLS)}


def assumed_hazards() -> Floats:
    """Hazards of someone who stays, before anything is known of a practice: cells, events, bins."""
    hazards = np.full((len(CELLS), len(STAY_EVENTS), BINS), 1e-4)
    for place, cell in enumerate(CELLS):
        ahead = ":ahead:" in cell
        _fill(hazards[place, :, :AFTER], _BEFORE_AHEAD if ahead else _BEFORE_FREE)
        _fill(hazards[place, :, AFTER:], _AFTER_AHEAD if ahead else _AFTER_FREE)
        if ahead:
            hazards[place, :, AFTER] = 1e-4
            _fill(hazards[place, :, AFTER : AFTER + 1], _ON_THE_DAY)
    return hazards


def _fill(hazards: Floats, chances: Mapping[str, float]) -> None:
    for event, chance in chances.items():
        hazards[STAY_EVENTS.index(event)] = chance


def assumed_traces() -> Floats:
    """Chances of each trace of someone who has left, the last column for none at all: cells, events + 1."""
    shares = np.zeros((len(CELLS), len(LEFT_EVENTS) + 1))
    for place, cell in enumerate(CELLS):
        kind = LEFT["ahead" if ":ahead:" in cell else "free"]
        shares[place] = [kind.get(event, 0.005) for event in (*LEFT_EVENTS, NONE)]
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def assumed_silent_times() -> Floats:
    """When a silent ending is written down, if it is: shares of the bins, spread from one rhythm to twelve."""
    shares = np.zeros(BINS)
    shares[AFTER : BINS - 3] = 1.0
    return np.asarray(shares / shares.sum())


# --- the clock at work -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clock:
    """Chances of what happens next, in each cell, for someone who stays and for someone who has left.

    Parameters
    ----------
    hazards
        (…, cells, stay events, bins): chance of each event in a bin, of those still quiet at its start.
    traces
        (…, cells, left events + 1): chance of each trace of someone who has left; the last for none.
    silent_times
        (…, bins): when a silent ending is written down.

    Leading dimensions are draws from the posterior.
    """

    hazards: Floats
    traces: Floats
    silent_times: Floats

    def stay_quiet(self) -> Floats:
        """Chance that nothing has happened yet at each edge, of someone who stays: (…, cells, bins + 1)."""
        survival = np.cumprod(1.0 - self.hazards.sum(axis=-2), axis=-1)
        first = np.ones((*survival.shape[:-1], 1))
        return np.concatenate([first, survival], axis=-1)

    def stay_density(self) -> Floats:
        """Chance of each event in each bin, of someone who stays: (…, cells, stay events, bins)."""
        return np.asarray(self.stay_quiet()[..., None, :-1] * self.hazards)

    def left_density(self) -> Floats:
        """Chance of each trace in each bin, of someone who has left: (…, cells, left events, bins).

        A trace comes at the time at which the same event would come from someone who stays; for the two
        there is not enough to tell the times of traces apart.
        """
        times = np.empty((*self.hazards.shape[:-2], len(LEFT_EVENTS), BINS))
        stay = self.stay_density()
        for place, event in enumerate(LEFT_EVENTS):
            if event == "silent":
                times[..., place, :] = self.silent_times[..., None, :]
                continue
            mass = stay[..., STAY_EVENTS.index(event), :]
            times[..., place, :] = mass / np.maximum(mass.sum(axis=-1, keepdims=True), 1e-300)
        return np.asarray(self.traces[..., :-1, None] * times)

    def left_quiet(self) -> Floats:
        """Chance that no trace has been seen yet at each edge, of someone who has left: (…, cells, bins + 1)."""
        seen = np.cumsum(self.left_density().sum(axis=-2), axis=-1)
        none = np.zeros((*seen.shape[:-1], 1))
        return np.asarray(1.0 - np.concatenate([none, seen], axis=-1))


def place(days: Floats, expected_days: Floats, rhythm_days: Floats) -> tuple[Ints, Floats]:
    """Say in which bin a time lies, and how far into it (0 to 1).

    Before the expected day time runs in days and then in quarters of the wait; from that day on in the client's
    own rhythms. The last bin has no end: its part is always 0.
    """
    waits = expected_days >= LEAST_EXPECTED_DAYS
    waiting = waits & (days < expected_days)
    early = np.searchsorted(np.asarray(EARLY), days, side="right")
    quarter = np.minimum(np.floor(QUARTERS * days / np.where(waits, expected_days, 1.0)), QUARTERS - 1)
    before = np.where(early < len(EARLY), early, len(EARLY) + quarter)
    over = np.maximum(days - np.where(waits, expected_days, 0.0), 0.0) / rhythm_days
    after = AFTER + np.searchsorted(np.asarray(EDGES), over, side="right") - 1
    bins = np.where(waiting, before, after).astype(np.int64)
    low, high = bounds(bins, expected_days, rhythm_days)
    with np.errstate(invalid="ignore"):
        return bins, np.clip((days - low) / (high - low), 0.0, 1.0)


def bounds(bins: Ints, expected_days: Floats, rhythm_days: Floats) -> tuple[Floats, Floats]:
    """From which day to which a bin lasts. A quarter begins on the fourth day at the earliest."""
    waits = np.where(expected_days >= LEAST_EXPECTED_DAYS, expected_days, 0.0)
    early = np.asarray((0.0, *EARLY))[np.minimum(bins, len(EARLY))]
    early_end = np.asarray((*EARLY, EARLY[-1]))[np.minimum(bins, len(EARLY))]
    quarter = (bins - len(EARLY)) * waits / QUARTERS
    after = np.maximum(bins - AFTER, 0)
    steps = [
        (bins < len(EARLY), early, np.minimum(early_end, waits)),
        (bins < AFTER, np.maximum(quarter, EARLY[-1]), np.maximum(quarter + waits / QUARTERS, EARLY[-1])),
    ]
    conditions = [condition for condition, _, _ in steps]
    begins = waits + np.asarray(EDGES)[after] * rhythm_days
    ends = waits + np.asarray((*EDGES[1:], np.inf))[after] * rhythm_days
    low = np.select(conditions, [first for _, first, _ in steps], begins)
    return low, np.select(conditions, [last for _, _, last in steps], ends)
