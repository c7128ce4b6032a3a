"""Time survival and cumulative incidence against scikit-survival and lifelines, on the same episodes.

    python -m benchmarks.curves [--episodes 1000000] [--groups 50] [--runs 3]

Every library starts from the same arrays, one row per episode, and gives each group's survival curve
with its interval and the cumulative incidence of each way of leaving. Ours counts the rows first, and
that is part of its time. Answers are compared before anything is printed. The libraries can be
installed together from requirements/bench.txt; what is missing is named and left out.
"""

from __future__ import annotations

import argparse
import importlib
import platform
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

import numpy as np

from holdfast.insight.counts import Counts, counts_from_table
from holdfast.insight.curves import Curve, cumulative_incidence, kaplan_meier

CAUSES = ("silent", "told", "planned")
OPEN = len(CAUSES)
DAYS = 730

Curves = list[np.ndarray]  # per group: survival at every day seen; or one cause's incidence


@dataclass(frozen=True)
class Episodes:
    """One row per episode: its group, length in days, and the place of its cause in CAUSES, or OPEN."""

    group: np.ndarray
    days: np.ndarray
    kind: np.ndarray
    groups: int


def make_episodes(episodes: int, groups: int, *, seed: int = 1) -> Episodes:
    random = np.random.default_rng(seed)
    would_leave = random.exponential(120, episodes)
    seen_until = random.uniform(0, DAYS, episodes)
    kind = np.where(would_leave <= seen_until, random.integers(0, len(CAUSES), episodes), OPEN)
    days = np.floor(np.minimum(would_leave, seen_until)) + 1
    return Episodes(random.integers(0, groups, episodes), days, kind, groups)


def count(data: Episodes) -> list[Counts]:
    """Reduce all rows in one pass to cells of (group, day, kind), then make one table per group."""
    shape = (data.groups, DAYS + 1, OPEN + 1)
    cells = np.ravel_multi_index((data.group, data.days.astype(np.int64), data.kind), shape)
    table = np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape[0], -1)
    names = [*CAUSES, None] * shape[1]
    days = np.repeat(np.arange(shape[1]), shape[2])
    return [counts_from_table(days, names, row, all_causes=CAUSES) for row in table]


def ours_survival(data: Episodes) -> Curves:
    return [kaplan_meier(counts).estimate for counts in count(data)]


def ours_incidence(data: Episodes) -> Curves:
    curves: list[Curve] = []
    for counts in count(data):
        curves += [cumulative_incidence(counts, cause) for cause in CAUSES]
    return [curve.estimate for curve in curves]


def by_group(data: Episodes) -> list[np.ndarray]:
    """Return the rows of each group. The others need them, so it is part of their time too."""
    order = np.argsort(data.group, kind="stable")
    return np.split(order, np.searchsorted(data.group[order], np.arange(1, data.groups)))


def sksurv_survival(sksurv: ModuleType, data: Episodes) -> Curves:
    left = data.kind != OPEN
    return [
        sksurv.kaplan_meier_estimator(left[rows], data.days[rows], conf_type="log-log")[1] for rows in by_group(data)
    ]


def sksurv_incidence(sksurv: ModuleType, data: Episodes) -> Curves:
    code = np.where(data.kind == OPEN, 0, data.kind + 1)
    curves: Curves = []
    for rows in by_group(data):
        curves += list(
            sksurv.cumulative_incidence_competing_risks(code[rows], data.days[rows], conf_type="log-log")[1][1:]
        )
    return curves


def lifelines_survival(lifelines: ModuleType, data: Episodes) -> Curves:
    left = data.kind != OPEN
    curves: Curves = []
    for rows in by_group(data):
        fitted = lifelines.KaplanMeierFitter().fit(data.days[rows], left[rows])
        curves.append(fitted.survival_function_.iloc[1:, 0].to_numpy())
    return curves


def lifelines_incidence(lifelines: ModuleType, data: Episodes) -> Curves:
    """Fit every cause. lifelines moves tied times apart at random, so only the ends can be compared."""
    code = np.where(data.kind == OPEN, 0, data.kind + 1)
    curves: Curves = []
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s).*Tied event times")
        for rows in by_group(data):
            for cause in range(1, OPEN + 1):
                fitter = lifelines.AalenJohansenFitter(seed=1)
                fitted = fitter.fit(data.days[rows], code[rows], event_of_interest=cause)
                curves.append(fitted.cumulative_density_.iloc[-1:, 0].to_numpy())
    return curves


@dataclass(frozen=True)
class Entry:
    """One library's answer to one question; `agrees` compares it with ours."""

    library: str
    run: Callable[[Episodes], Curves]
    agrees: Callable[[Curves, Curves], bool]


def same_curves(ours: Curves, theirs: Curves) -> bool:
    return all(np.allclose(a, b, rtol=0, atol=1e-10) for a, b in zip(ours, theirs, strict=True))


def same_ends(ours: Curves, theirs: Curves) -> bool:
    return all(np.allclose(a[-1], b[-1], rtol=0, atol=0.02) for a, b in zip(ours, theirs, strict=True))


def entries(missing: list[str]) -> dict[str, list[Entry]]:
    """List who takes part in what, and note who is not installed."""
    survival = [Entry("holdfast", ours_survival, same_curves)]
    incidence = [Entry("holdfast", ours_incidence, same_curves)]
    if sksurv := load("sksurv.nonparametric", "scikit-survival", missing):
        survival.append(Entry("scikit-survival", partial(sksurv_survival, sksurv), same_curves))
        incidence.append(Entry("scikit-survival", partial(sksurv_incidence, sksurv), same_curves))
    if lifelines := load("lifelines", "lifelines", missing):
        survival.append(Entry("lifelines", partial(lifelines_survival, lifelines), same_curves))
        incidence.append(Entry("lifelines", partial(lifelines_incidence, lifelines), same_ends))
    return {"survival": survival, "incidence of 3 causes": incidence}


def load(module: str, name: str, missing: list[str]) -> ModuleType | None:
    try:
        return importlib.import_module(module)
    except ImportError:
        missing.append(name)
        return None


def best_of(runs: int, run: Callable[[Episodes], Curves], data: Episodes) -> tuple[float, Curves]:
    """Return the shortest time and the answer; a run of more than a minute is not repeated."""
    fastest, curves = float("inf"), []
    for _ in range(runs):
        began = time.perf_counter()
        curves = run(data)
        fastest = min(fastest, time.perf_counter() - began)
        if fastest > 60:
            break
    return fastest, curves


def compare(question: str, competitors: list[Entry], data: Episodes, runs: int) -> None:
    """Print one line for each library; ours comes first and is what the others are measured against."""
    own_time, own = best_of(runs, competitors[0].run, data)
    print(f"{question:<23}{'holdfast':<17}{own_time:>9.3f} s{1.0:>9.1f}x  –")
    for entry in competitors[1:]:
        seconds, theirs = best_of(runs, entry.run, data)
        if not entry.agrees(own, theirs):
            raise SystemExit(f"{entry.library} and holdfast disagree on {question}: no times are shown.")
        equal = "to 1e-10" if entry.agrees is same_curves else "ends, to 0.02 (moves ties apart)"
        print(f"{question:<23}{entry.library:<17}{seconds:>9.3f} s{seconds / own_time:>9.1f}x  {equal}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--episodes", type=int, default=1_000_000)
    options.add_argument("--groups", type=int, default=50)
    options.add_argument("--runs", type=int, default=3, help="the best of so many runs is shown")
    asked = options.parse_args()
    missing: list[str] = []
    data = make_episodes(asked.episodes, asked.groups)
    libraries = [f"{name} {version(name)}" for name in ("numpy", "scikit-survival", "lifelines") if has(name)]
    print(f"Python {platform.python_version()}, {', '.join(libraries)}")
    print(f"{asked.episodes:,} episodes, {asked.groups} groups, best of {asked.runs}\n")
    print(f"{'question':<23}{'library':<17}{'time':>11}{'ratio':>10}  equal")
    for question, competitors in entries(missing).items():
        compare(question, competitors, data, asked.runs)
    for name in dict.fromkeys(missing):
        print(f"\nNot installed here, so not compared: {name} (requirements/bench.txt has it).")


def has(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


if __name__ == "__main__":
    main()
