"""Calibration plots for the validation pages: what was said across, what came up.

Each dot is a tenth of the rows by their chance (fewer dots where there are few rows), with its 90 % interval
(Wilson 1927); below, how many rows had which chance. Drawn with Matplotlib, always the same for the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.insight.uncertainty import Interval, proportion
from holdfast.silence.evaluation_svg import nice
from holdfast.silence.metrics import Floats

Panel = tuple[Floats, Floats]  # what came (0/1) and the chance that was said, row by row
TENTHS = 10
LEAST_IN_A_DOT = 20
INK, ACCENT, QUIET = "#222222", "#1f5a6b", "#9aa3a6"


def calibration(path: Path, panels: Mapping[str, Panel]) -> None:
    """Draw one panel for each question into an SVG file."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "holdfast", "svg.fonttype": "none", "font.size": 10, "axes.edgecolor": QUIET})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        2, len(panels), figsize=(3.6 * len(panels), 4.4), height_ratios=(5, 1), sharex="col", squeeze=False
    )
    for (title, (came, said)), (upper, lower) in zip(panels.items(), axes.T, strict=True):
        _dots(upper, tenths(came, said))
        upper.set_title(f"{title}\n{len(came):,} rows", fontsize=10, color=INK)
        lower.hist(said, bins=np.linspace(0, upper.get_xlim()[1], 26), color=QUIET)
        lower.set_yticks([])
        lower.set_xlabel("what was said")
    axes[0, 0].set_ylabel("what came")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _dots(axes: Any, found: list[tuple[float, Interval]]) -> None:
    end = 1.04 * nice(max([*(expected for expected, _ in found), *(share.upper for _, share in found)], default=1.0))
    axes.plot([0, end], [0, end], color=QUIET, linewidth=1, linestyle="--")
    for expected, share in found:
        axes.plot([expected, expected], [share.lower, share.upper], color=ACCENT, linewidth=2)
        axes.plot(expected, share.estimate, "o", color=ACCENT, markersize=4)
    axes.set(xlim=(0, end), ylim=(0, end))


def tenths(came: Floats, said: Floats) -> list[tuple[float, Interval]]:
    """The mean chance and the share to which it came, in groups of equal size by their chance."""
    order = np.argsort(said, kind="stable")
    groups = np.array_split(order, max(1, min(TENTHS, len(order) // LEAST_IN_A_DOT)))
    found = []
    for group in groups:
        share = proportion(int(came[group].sum()), len(group), level=0.9)
        if isinstance(share, Interval):
            found.append((float(said[group].mean()), share))
    return found
