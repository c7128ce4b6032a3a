"""The tables of docs/validation/silence-truth.md, and the sentences that count what they show."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from benchmarks.pages import percent, table
from benchmarks.silence_measures import COVERAGE, MODEL, RATIO, SLOPE, Figure, Judged
from benchmarks.silence_methods import Found, Seen

from holdfast.silence.baselines import NAMES

OUT, PERHAPS = " ✗", " (✗)"
CLEARLY = 2.0  # standard errors of the simulation


def _number(value: float, places: int = 2) -> str:
    return f"{value:.{places}f}" if math.isfinite(value) else "–"


def _beside_error(figure: Figure, places: int = 2) -> str:
    if not math.isfinite(figure.value):
        return "–"
    return f"{figure.value:.{places}f} ± {_number(figure.error, places)}"


def _mark(figure: Figure, target: tuple[float, float]) -> str:
    """Nothing if the figure is in its target; ✗ if not; (✗) if not, but the simulation's error reaches it."""
    if not math.isfinite(figure.value) or figure.is_within(*target):
        return ""
    return PERHAPS if figure.may_be_within(*target) else OUT


def _verdict(difference: Figure) -> str:
    """Nothing if the model is better; ✗ if it is clearly not; (✗) if the difference may be chance."""
    if not math.isfinite(difference.value) or difference.value >= 0:
        return ""
    return OUT if difference.value < -CLEARLY * difference.error else PERHAPS


# --- a world a line ---------------------------------------------------------------------------------


def worlds_table(judged: Sequence[Judged], *, ceiling: bool = False) -> str:
    """Calibration, and discrimination beside the best of the others, in every world."""
    heading = ["world", "rows", "gone", "slope", "intercept", "mean", "log score", "best other", "AUC", "best other"]
    heading += ["Brier", "intervals hold"] + (["AUC that knows all"] if ceiling else [])
    return table(heading, [_world_line(one, ceiling=ceiling) for one in judged])


def _world_line(one: Judged, *, ceiling: bool) -> list[str]:
    by_score, by_auc = one.best(one.log_score, smallest=True), one.best(one.auc, smallest=False)
    scores, aucs = one.against(by_score).log_score, one.against(by_auc).auc
    line = [
        one.world,
        f"{one.rows:,}",
        percent(one.gone),
        _beside_error(one.slope) + _mark(one.slope, SLOPE),
        _beside_error(one.intercept),
        _beside_error(one.ratio) + _mark(one.ratio, RATIO),
        _number(one.log_score[MODEL], 3) + _verdict(scores),
        f"{_number(one.log_score[by_score], 3)} {NAMES[by_score][0].lower()}",
        _number(one.auc[MODEL], 3) + _verdict(aucs),
        f"{_number(one.auc[by_auc], 3)} {NAMES[by_auc][0].lower()}",
        _number(one.brier[MODEL], 3),
        "–" if not math.isfinite(one.covered.value) else percent(one.covered.value) + _mark(one.covered, COVERAGE),
    ]
    return [*line, _number(one.knowing, 3)] if ceiling else line


def counted(judged: Sequence[Judged]) -> str:
    """What the table shows, counted: in how many worlds each target is met, and where not."""
    lines = [
        _count("The slope is within 0.85 to 1.15", judged, lambda one: _mark(one.slope, SLOPE)),
        _count("The mean is within 10 %", judged, lambda one: _mark(one.ratio, RATIO)),
        _count("The log score is at least as good as the best other's", judged, _by_score),
        _count("The AUC is at least as good as the best other's", judged, _by_auc),
        _count("The intervals hold 85 to 95 %", judged, lambda one: _mark(one.covered, COVERAGE)),
        _clear("log score", judged, lambda one: one.against(one.best(one.log_score, smallest=True)).log_score),
        _clear("AUC", judged, lambda one: one.against(one.best(one.auc, smallest=False)).auc),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _by_score(one: Judged) -> str:
    return _verdict(one.against(one.best(one.log_score, smallest=True)).log_score)


def _by_auc(one: Judged) -> str:
    return _verdict(one.against(one.best(one.auc, smallest=False)).auc)


def _count(what: str, judged: Sequence[Judged], mark: Callable[[Judged], str]) -> str:
    marks = {one.world: mark(one) for one in judged}
    perhaps = [name for name, found in marks.items() if found == PERHAPS]
    out = [name for name, found in marks.items() if found == OUT]
    words = f"{what} in {len(marks) - len(perhaps) - len(out)} of {len(marks)} worlds"
    words += f"; not told apart from it in {', '.join(perhaps)}" if perhaps else ""
    return f"{words}; not in {', '.join(out)}." if out else f"{words}."


def _clear(what: str, judged: Sequence[Judged], difference: Callable[[Judged], Figure]) -> str:
    figures = [difference(one) for one in judged]
    clear = sum(figure.value > CLEARLY * figure.error for figure in figures)
    known = sum(math.isfinite(figure.value) for figure in figures)
    return f"The {what} is clearly better than the best other's in {clear} of {known} worlds."


# --- both truths, all methods -----------------------------------------------------------------------


def truths_table(gone: Sequence[Judged], silent: Sequence[Judged]) -> str:
    """The same chances beside the two truths: gone for all that the tables can tell, and truly silent."""
    heading = ("world", "gone", "truly silent", "mean: gone", "mean: silent", "slope: gone", "slope: silent")
    lines = [
        [
            one.world,
            percent(one.gone),
            percent(other.gone),
            _beside_error(one.ratio),
            _beside_error(other.ratio),
            _beside_error(one.slope),
            _beside_error(other.slope),
        ]
        for one, other in zip(gone, silent, strict=True)
        if abs(one.gone - other.gone) > 1e-9
    ]
    return table(heading, lines)


def methods_table(judged: Sequence[Judged]) -> str:
    """Each other method over all worlds: its mean scores, and in how many worlds the model was better."""
    heading = (
        "method",
        "mean log score",
        "mean AUC",
        "mean Brier",
        "model's log score better in",
        "model's AUC better in",
    )
    known = [one for one in judged if not one.too_few]
    names = {MODEL: "Holdfast", **{key: words for key, (words, _) in NAMES.items()}}
    lines = []
    for key in known[0].log_score if known else ():
        line = [names[key], *(_number(_mean(known, key, name), 3) for name in ("log_score", "auc", "brier"))]
        lines.append(line + (["", ""] if key == MODEL else _better_in(known, key)))
    return table(heading, lines)


def _mean(judged: Sequence[Judged], key: str, name: str) -> float:
    return float(np.mean([getattr(one, name)[key] for one in judged]))


def _better_in(judged: Sequence[Judged], key: str) -> list[str]:
    beside = [one.against(key) for one in judged]
    figures = ([one.log_score for one in beside], [one.auc for one in beside])
    return [f"{sum(figure.value >= 0 for figure in found)} of {len(found)}" for found in figures]


# --- what was planted, and therapists ---------------------------------------------------------------


def planted_table(seen: Mapping[str, Sequence[Seen]]) -> str:
    """Each planted effect: what the model made of it, and in how many worlds its sign was recovered."""
    found: dict[str, dict[str, list[Found]]] = {}
    for world, practices in seen.items():
        for one in (one for practice in practices for one in practice.effects):
            found.setdefault(one.planted, {}).setdefault(world, []).append(one)
    lines = [_planted_line(name, by_world) for name, by_world in found.items()]
    return table(("planted", "worlds", "sign right", "not in", "planted: mean", "found: mean", "its own sd"), lines)


def _planted_line(name: str, by_world: Mapping[str, Sequence[Found]]) -> list[str]:
    means = {world: float(np.mean([one.mean for one in found])) for world, found in by_world.items()}
    true = {world: found[0].true for world, found in by_world.items()}
    wrong = [world for world in means if means[world] * true[world] <= 0]
    usual = [world for world in means if true[world] > 0] or list(means)
    return [
        name.replace("_", " "),
        str(len(means)),
        f"{len(means) - len(wrong)} of {len(means)}",
        ", ".join(wrong) or "–",
        _number(float(np.mean([true[world] for world in usual]))),
        _number(float(np.mean([means[world] for world in usual]))),
        _number(float(np.mean([one.sd for world in usual for one in by_world[world]]))),
    ]


def therapists_table(seen: Mapping[str, Sequence[Seen]], spreads: Mapping[str, float]) -> str:
    """How many therapists' 90 % intervals leave out nought, and how many of these on the wrong side."""
    lines = []
    for spread in sorted(set(spreads.values())):
        worlds = [world for world in seen if spreads[world] == spread]
        these = [one for world in worlds for practice in seen[world] for one in practice.therapists]
        if not these:
            continue
        apart = [one for one in these if one.low > 0 or one.high < 0]
        wrong = sum(one.mean * one.true <= 0 for one in apart)
        held = np.mean([one.low <= one.true <= one.high for one in these])
        share = percent(len(apart) / len(these))
        lines.append(
            [_number(spread), str(len(worlds)), str(len(these)), share, str(wrong) if spread else "–", percent(held)]
        )
    heading = (
        "therapists differ by (sd)",
        "worlds",
        "therapists",
        "set apart from 0",
        "on the wrong side",
        "intervals hold the truth",
    )
    return table(heading, lines)
