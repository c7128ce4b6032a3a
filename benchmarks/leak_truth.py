"""The leak's estimates beside the truth, on simulated practices of which everything is known.

    python -m benchmarks.leak_truth [--seeds 40] [--teams 8] [--draws 25] [--write-docs]

Each practice is lived through for four years, and then looked at from earlier days. What the tables gave away on
such a day goes through the same functions as any practice's; what truly became of everyone who had booked by then
is known from the rest. For the intervals, teams of therapists are lived through again and again with other clients.
docs/validation/leak-truth.md says what is compared, and holds the result.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.leak_looks import MONTHS, OTHER_WAYS, SESSIONS, WORLDS, Look, live, look
from benchmarks.pages import percent, rewrite, table

from holdfast.engine import Engine
from holdfast.simulate.world import World

PAGE = Path(__file__).resolve().parent.parent / "docs" / "validation" / "leak-truth.md"
TEAM_MONTHS = (12, 24)  # when a team's practices are looked at for their intervals


# --- the bias ---------------------------------------------------------------------------------------


def looks(world: World, seeds: int) -> list[Look]:
    """Every practice from every day."""
    found = []
    for seed in range(1, seeds + 1):
        found += _seen(world, seed, MONTHS)
    return found


def _seen(world: World, seed: int, months: Sequence[int], *, team: int | None = None) -> list[Look]:
    lived = live(world, seed, team=team)
    with Engine.embedded(threads=1) as engine:
        return [look(lived, world, month, engine=engine) for month in months]


def bias_table(found: Sequence[Look]) -> str:
    """Truth, estimates, and bias with its simulation error; beside it the bias of other ways to follow people."""
    lines = []
    for months in MONTHS:
        these = [one for one in found if one.months == months]
        lines += [_bias_line(months, session, these) for session in SESSIONS]
    heading = (
        "seen after",
        "by session",
        "practices that can tell",
        "truly silent",
        "silent or unsaid",
        "estimate",
        "bias beside truly silent",
        "**bias beside silent or unsaid**",
        *(f"bias with {way}" for way in OTHER_WAYS.values()),
    )
    return table(heading, lines)


def _bias_line(months: int, session: int, every: Sequence[Look]) -> list[str]:
    these = [one for one in every if session in one.estimated]
    if not these:
        return [f"{months} months", str(session), f"0 of {len(every)}", *["–"] * (5 + len(OTHER_WAYS))]
    estimated = [one.estimated[session][0] for one in these]
    silent, unsaid = [one.silent[session] for one in these], [one.unsaid[session] for one in these]
    return [
        f"{months} months",
        str(session),
        f"{len(these)} of {len(every)}",
        percent(_mean(silent)),
        percent(_mean(unsaid)),
        percent(_mean(estimated)),
        _points(estimated, silent),
        f"**{_points(estimated, unsaid)}**",
        *(_points(*_beside(every, way, session)) for way in OTHER_WAYS),
    ]


def _beside(these: Sequence[Look], way: str, session: int) -> tuple[list[float], list[float]]:
    """The estimates of one other way, and the shares truly silent or unsaid, where there is an estimate."""
    known = [one for one in these if session in one.otherwise[way]]
    return [one.otherwise[way][session] for one in known], [one.unsaid[session] for one in known]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _points(estimates: Sequence[float], truths: Sequence[float]) -> str:
    """Mean difference in percentage points, ± two standard errors of the simulation."""
    differences = [100 * (estimate - true) for estimate, true in zip(estimates, truths, strict=True)]
    if len(differences) < 3:
        return "–"
    return f"{_mean(differences):+.1f} ± {2 * math.sqrt(_variance(differences) / len(differences)):.1f}"


def _variance(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.fsum((one - mean) ** 2 for one in values) / (len(values) - 1)


# --- the intervals ----------------------------------------------------------------------------------


Teams = Sequence[Sequence[Look]]  # by team: the looks at its practices


def teams(world: World, how_many: int, draws: int) -> Teams:
    """The same therapists with other clients, again and again; and other therapists."""
    return [
        [one for draw in range(draws) for one in _seen(world, 1000 * team + draw, TEAM_MONTHS, team=team)]
        for team in range(1, how_many + 1)
    ]


def interval_table(found: Teams) -> str:
    """How often the intervals hold what they promise, and how wide they are beside how far estimates spread."""
    lines = []
    for months in TEAM_MONTHS:
        for session in SESSIONS:
            known = [[one for one in team if one.months == months and session in one.estimated] for team in found]
            lines.append([f"{months} months", str(session), *_held(known, session)])
    heading = (
        "seen after",
        "by session",
        "intervals",
        "hold the mean of their kind",
        "hold what is true of this team with other clients",
        "hold what is true of all teams",
        "spread beside the standard error: same team",
        "all teams",
    )
    return table(heading, lines)


def _held(found: Teams, session: int) -> list[str]:
    """Each interval beside the mean estimate and the mean truth of its team's other practices, and of everybody's."""
    every = [one for team in found for one in team]
    everywhere = _mean([one.unsaid[session] for one in every])
    own_kind, own_truth, whole = [], [], []
    for team in found:
        for one in team:
            others = [other for other in team if other is not one]
            own_kind.append(_holds(one, session, _mean([other.estimated[session][0] for other in others])))
            own_truth.append(_holds(one, session, _mean([other.unsaid[session] for other in others])))
            whole.append(_holds(one, session, everywhere))
    errors = [one.estimated[session][3] ** 2 for one in every]
    within = _mean([_variance([one.estimated[session][0] for one in team]) for team in found])
    between = _variance([one.estimated[session][0] for one in every])
    spread = (f"{math.sqrt(variance / _mean(errors)):.2f}" for variance in (within, between))
    return [f"{len(every)}", *(percent(_mean(held)) for held in (own_kind, own_truth, whole)), *spread]


def _holds(one: Look, session: int, value: float) -> float:
    _, low, high, _ = one.estimated[session]
    return float(low <= value <= high)


# --- who was called what ----------------------------------------------------------------------------


def split_table(found: Sequence[Look], counted: Callable[[Look], Counter[str]], heading: str) -> str:
    """Add up what the called were, or what the true were called, over all practices."""
    by_month: dict[int, Counter[str]] = {months: Counter() for months in MONTHS}
    for one in found:
        by_month[one.months].update(counted(one))
    kinds = sorted({kind for counts in by_month.values() for kind in counts}, key=lambda kind: -by_month[24][kind])
    lines = [
        [kind, *(f"{by_month[months][kind]:,} ({percent(_part(by_month[months], kind))})" for months in MONTHS)]
        for kind in kinds
    ]
    totals = ["all", *(f"{sum(by_month[months].values()):,}" for months in MONTHS)]
    return table((heading, *(f"{months} months" for months in MONTHS)), [*lines, totals])


def _part(counted: Counter[str], kind: str) -> float:
    return counted[kind] / sum(counted.values())


def horizons(found: Sequence[Look]) -> str:
    """How many days the horizon was, by when the practice was looked at."""
    lines = []
    for months in MONTHS:
        days = sorted(one.horizon for one in found if one.months == months)
        lines.append([f"{months} months", f"{days[0]}", f"{days[len(days) // 2]}", f"{days[-1]}"])
    return table(("seen after", "shortest horizon, days", "middle one", "longest"), lines)


# --- the page ---------------------------------------------------------------------------------------


def sections(seeds: int, how_many: int, draws: int) -> dict[str, str]:
    """Every table of the page by the name of its markers."""
    found: dict[str, str] = {}
    for name, world in WORLDS.items():
        these = looks(world, seeds)
        found[f"bias-{name}"] = bias_table(these)
        found[f"horizon-{name}"] = horizons(these)
        found[f"called-{name}"] = split_table(these, lambda one: one.called_silent, "called silent: in truth")
        found[f"true-{name}"] = split_table(these, lambda one: one.truly_silent, "truly silent by then: called")
        found[f"intervals-{name}"] = interval_table(teams(world, how_many, draws))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=40, help="how many practices of each kind")
    parser.add_argument("--teams", type=int, default=8, help="how many teams of therapists, for the intervals")
    parser.add_argument("--draws", type=int, default=25, help="how many practices of each team, with other clients")
    parser.add_argument("--write-docs", action="store_true", help=f"put the tables on {PAGE.name}")
    told = parser.parse_args()
    found = sections(told.seeds, told.teams, told.draws)
    for name, section in found.items():
        print(f"\n{name}\n{section}")
    if told.write_docs:
        print("changed" if rewrite(PAGE, found) else "already current")


if __name__ == "__main__":
    main()
