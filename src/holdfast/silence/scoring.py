"""From chances and outcomes to scores: for everyone, for groups, after a silence, and for the weeks ahead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from holdfast.insight.result import TOO_FEW, Amount, Share
from holdfast.insight.uncertainty import Interval, NotEstimable
from holdfast.silence import metrics
from holdfast.silence.evaluation import EVERYONE, MODEL, Bin, Discrimination, Question, Score, Scored
from holdfast.silence.groups import GROUPS
from holdfast.silence.metrics import Floats, Measure
from holdfast.silence.outcomes import Outcome

BANDS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 6.0)  # of his own rhythms
WEEKS_AHEAD = (4, 8, 12)
MEASURES: dict[str, Measure] = {
    "auc": metrics.auc,
    "log_score": metrics.log_score,
    "brier": metrics.brier,
    "intercept": metrics.calibration_intercept,
    "slope": metrics.calibration_slope,
    "ratio": metrics.observed_to_expected,
}
FOR_EVERYONE = ("intercept", "slope")  # of the other methods: in groups they say little and take most of the time


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows whose outcome is known, as arrays, with the bootstrap's weights."""

    left: Floats
    clients: np.ndarray
    chances: dict[str, Floats]
    weights: Floats

    @classmethod
    def of(cls, frame: pl.DataFrame, methods: Sequence[str], seed: int) -> _Rows:
        _, clients = np.unique(frame["client_id"].to_numpy(), return_inverse=True)
        replicates = int(np.clip(20_000_000 // max(frame.height, 1), 40, metrics.REPLICATES))
        return cls(
            (frame["outcome"] == Outcome.LEFT.value).to_numpy().astype(float),
            clients,
            {method: frame[method].to_numpy().astype(float) for method in methods},
            metrics.resampled(clients, replicates=replicates, seed=seed),
        )

    def where(self, mask: np.ndarray) -> _Rows:
        chances = {method: chance[mask] for method, chance in self.chances.items()}
        return _Rows(self.left[mask], self.clients[mask], chances, self.weights[:, mask])

    @property
    def size(self) -> int:
        return len(self.left)

    @property
    def people(self) -> int:
        return len(np.unique(self.clients))

    @property
    def gone(self) -> int:
        return int(self.left.sum())

    @property
    def too_few(self) -> bool:
        """Fewer than ten clients of either outcome: the same client on many evenings is one."""
        kinds = [len(np.unique(self.clients[self.left == outcome])) for outcome in (0, 1)]
        return min(kinds) < metrics.LEAST


def question(key: str, words: str, frame: pl.DataFrame, methods: Sequence[str], *, seed: int = 0) -> Question:
    """Score one question.

    Parameters
    ----------
    frame
        One row an evening: client_id, outcome, one column of chances a method (the model's is ``model``), and
        the columns of GROUPS; for the time quiet and the weeks ahead, if wanted, quiet_rhythms, days and gone.
    """
    known = frame.filter(pl.col("outcome") != Outcome.UNDECIDED.value)
    rows = _Rows.of(known, methods, seed)
    return Question(
        key=key,
        words=words,
        rows=rows.size,
        clients=rows.people,
        left=rows.gone,
        stayed=rows.size - rows.gone,
        undecided=frame.height - known.height,
        overall=_scored(EVERYONE, EVERYONE, rows),
        groups=[_scored(column, label, rows.where(mask)) for column, label, mask in _groups(known)],
        by_quiet=_by_quiet(known, rows) if "days" in frame.columns else [],
        ahead=_ahead(frame, methods, seed) if "days" in frame.columns else [],
        curves={method: _curve(rows, method) for method in methods},
    )


def _groups(frame: pl.DataFrame) -> Iterable[tuple[str, str, np.ndarray]]:
    for column, labels in GROUPS.items():
        for value, label in labels.items():
            mask = (frame[column] == value).to_numpy()
            if mask.any():
                yield column, label, mask


def _scored(column: str, label: str, rows: _Rows) -> Scored:
    told = Scored(column=column, label=label, rows=rows.size, clients=rows.people, left=rows.gone)
    if rows.too_few:
        return told.model_copy(update={"why_not": TOO_FEW})
    model = _replicates(rows, MODEL, MEASURES)
    fewer = MEASURES if column == EVERYONE else {name: MEASURES[name] for name in MEASURES if name not in FOR_EVERYONE}
    scores = [_score(method, rows, model, fewer) for method in rows.chances]
    return told.model_copy(update={"scores": scores})


_Replicates = dict[str, tuple[float, Floats]]


def _replicates(rows: _Rows, method: str, measures: Mapping[str, Measure]) -> _Replicates:
    chance = rows.chances[method]
    return {name: metrics.replicated(measure, rows.left, chance, rows.weights) for name, measure in measures.items()}


def _score(method: str, rows: _Rows, model: _Replicates, measures: Mapping[str, Measure]) -> Score:
    found = model if method == MODEL else _replicates(rows, method, measures)
    amounts = {name: amount(metrics.interval(*value)) for name, value in found.items()}
    left_out = {name: Amount(why_not="worked out for everyone only") for name in MEASURES if name not in found}
    nothing = Amount(why_not="this is the model")
    return Score(
        method=method,
        **amounts,
        **left_out,
        expected=float(rows.chances[method].sum()),
        beyond=nothing if method == MODEL else _difference(found["log_score"], model["log_score"]),
        auc_beyond=nothing if method == MODEL else _difference(model["auc"], found["auc"]),
    )


def _difference(first: tuple[float, Floats], second: tuple[float, Floats]) -> Amount:
    """First minus second, replicate by replicate: both were drawn with the same clients."""
    return amount(metrics.interval(first[0] - second[0], first[1] - second[1]))


def amount(found: Interval | NotEstimable) -> Amount:
    """Round an interval for the result: five places say more than anybody can know."""
    if isinstance(found, NotEstimable):
        return Amount(why_not=found.reason)
    return Amount(estimate=round(found.estimate, 5), low=round(found.lower, 5), high=round(found.upper, 5))


def _curve(rows: _Rows, method: str) -> list[Bin]:
    if rows.too_few:
        return []
    return [_bin(found, rows.clients) for found in metrics.curve(rows.left, rows.chances[method])]


def _bin(found: metrics.Bin, clients: np.ndarray) -> Bin:
    seen = found.observed
    share = Share(count=found.left, of=found.rows, estimate=seen.estimate, low=seen.lower, high=seen.upper)
    return Bin(expected=round(found.expected, 5), share=share, clients=len(np.unique(clients[found.places])))


# --- discrimination over time -----------------------------------------------------------------------


def _by_quiet(known: pl.DataFrame, rows: _Rows) -> list[Discrimination]:
    """How well each method tells apart those who have been quiet for about as long."""
    quiet = known["quiet_rhythms"].to_numpy()
    found = []
    for low, high in pairwise(BANDS):
        part = rows.where((quiet >= low) & ((quiet < high) | ((high == BANDS[-1]) & (quiet <= high))))
        auc = {name: _plain_auc(part, chance) for name, chance in part.chances.items()}
        found.append(_discrimination(f"{low:g} to {high:g}", part, part.gone, auc))
    return found


def _plain_auc(part: _Rows, chance: Floats) -> Amount:
    if part.too_few:
        return Amount(why_not=TOO_FEW)
    return amount(metrics.with_interval(metrics.auc, part.left, chance, part.weights))


def _discrimination(label: str, rows: _Rows, left: int, auc: dict[str, Amount]) -> Discrimination:
    return Discrimination(label=label, rows=rows.size, clients=rows.people, left=left, auc=auc)


def _ahead(frame: pl.DataFrame, methods: Sequence[str], seed: int) -> list[Discrimination]:
    """How well each method tells who will have left within so many weeks; who is lost sight of is allowed for."""
    followed = metrics.Ahead(frame["days"].to_numpy().astype(float), frame["gone"].to_numpy().astype(float))
    told = pl.when(pl.col("gone")).then(pl.lit(Outcome.LEFT.value)).otherwise(pl.lit(Outcome.STAYED.value))
    rows = _Rows.of(frame.with_columns(outcome=told), methods, seed)
    return [_at_horizon(rows, followed, weeks) for weeks in WEEKS_AHEAD]


def _at_horizon(rows: _Rows, followed: metrics.Ahead, weeks: int) -> Discrimination:
    cases, controls = metrics.cumulative_dynamic(followed, 7.0 * weeks)
    told = (cases > 0) | (controls > 0)
    part = rows.where(told)
    case, control = cases[told], controls[told]

    def auc(chance: Floats) -> Amount:
        if part.too_few:
            return Amount(why_not=TOO_FEW)
        once = float(metrics.weighted_auc(chance, case[None], control[None])[0])
        return amount(metrics.interval(once, metrics.weighted_auc(chance, part.weights * case, part.weights * control)))

    scores = {name: auc(chance) for name, chance in part.chances.items()}
    return _discrimination(f"within {weeks} weeks", part, int((case > 0).sum()), scores)
