"""The silence model's fit beside a general sampler and beside a mixture cure model, on equal data in one run.

    python -m benchmarks.silence_samplers [--clients 400] [--write-docs]

1. NumPyro's NUTS on the very same posterior (same rows, same priors, same silences): are the means and the
   standard deviations the same, and what does each cost?
2. lifelines' mixture cure model on silences with one chance for all: is the share of the gone the same?

It needs the bench environment (requirements/bench.txt). Where lifelines or NumPyro is missing, it says so.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from benchmarks.pages import rewrite, table

from holdfast.silence import habits as learning
from holdfast.silence.clock import BINS, CELLS, EVENTS, NONE, STAY_EVENTS, Floats, cell_codes, place
from holdfast.silence.design import Design, Normal
from holdfast.silence.fit import HOLDS_SD, Data, draws_of, published_design, settled, usual_score
from holdfast.silence.habits import Spells
from holdfast.silence.moments import moments
from holdfast.silence.newton import Rows, climb
from holdfast.silence.priors import PRIORS
from holdfast.silence.tails import ANSWERS, Odds, Stages, Tails, judge, seen
from holdfast.simulate import DEMO, demo_practice, write
from holdfast.tables import read_tables

PAGE = Path(__file__).resolve().parent.parent / "docs" / "validation" / "silence-samplers.md"
TOLERANCE = 0.25  # of a standard deviation: by so much may a mean differ
DRAWS = 1000


def timed(work: Callable[[], tuple[Floats, Floats]]) -> tuple[Floats, Floats, float]:
    began = time.perf_counter()
    effects, spreads = work()
    return effects, spreads, time.perf_counter() - began


# --- the same posterior, three ways ------------------------------------------------------------------


def practice_rows(clients: int) -> tuple[Rows, Design]:
    """The rows that the effects of a simulated practice are fitted on, with its silences settled."""
    world = replace(DEMO, clients=clients, n_therapists=max(2, clients // 100))
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        write(demo_practice(world, seed=7), Path(folder))
        found = moments(read_tables(Path(folder)))
    design = published_design()
    data = Data.of(found, design)
    state = settled(data, design)
    return data.rows(state.judged), design


def ours(rows: Rows, design: Design) -> tuple[Floats, Floats]:
    """Draws of the effects and the spread, as ``fit`` makes them."""
    at = climb(rows, design.here(0.6, 1.0, 0.0), 0.5, (design.means, np.zeros(rows.therapists)), steps=60)
    effects, _, spreads = draws_of(rows, design, at, DRAWS, np.random.default_rng(1))
    return effects, spreads


def nuts(rows: Rows, design: Design) -> tuple[Floats, Floats]:
    """The same posterior by NUTS, therapists not centred."""
    import jax
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist
    from numpyro.infer import MCMC, NUTS

    numpyro.enable_x64()
    numpyro.set_host_device_count(2)
    matrix, who, weight = (jnp.asarray(part) for part in (rows.matrix.toarray(), rows.therapist, rows.weight))
    log_ratio = jnp.asarray(np.log(np.maximum(rows.ratio, 1e-300)))
    stayed, spread, scale = jnp.asarray(rows.stayed), PRIORS.therapist_spread, PRIORS.scale
    is_effect, usual = jnp.arange(design.width) > 0, usual_score(rows, design)

    def model() -> None:
        times = numpyro.sample("scale", dist.LogNormal(np.log(scale.median), scale.log_sd))
        widths = jnp.asarray(design.sds) * jnp.where(is_effect, times, 1.0)
        away = numpyro.sample("away", dist.Normal(0, 1).expand([design.width]))
        holds = numpyro.sample("holds", dist.TruncatedNormal(1.0, HOLDS_SD, low=0.0, high=1.25))
        means = jnp.asarray(design.means) * jnp.where(is_effect, holds, 1.0) + (1 - holds) * usual * ~is_effect
        effects = numpyro.deterministic("effects", means + widths * away)
        sd = numpyro.sample("spread", dist.LogNormal(np.log(spread.median), spread.log_sd))
        own = numpyro.sample("own", dist.Normal(0, 1).expand([rows.therapists]))
        eta = matrix @ effects + sd * own[who]
        gone, here = jax.nn.log_sigmoid(eta), jax.nn.log_sigmoid(-eta)
        numpyro.factor("seen", (weight * jnp.where(stayed, here, jnp.logaddexp(gone, here + log_ratio))).sum())

    sampler = MCMC(NUTS(model), num_warmup=500, num_samples=DRAWS // 2, num_chains=2, progress_bar=False)
    sampler.run(jax.random.PRNGKey(0))
    drawn = sampler.get_samples()
    return np.asarray(drawn["effects"]), np.asarray(drawn["spread"])


def compared(clients: int) -> list[str]:
    rows, design = practice_rows(clients)
    real, real_spread, slow = timed(lambda: nuts(rows, design))
    mine, spread, fast = timed(lambda: ours(rows, design))
    fitted = design.sds > 0.01  # the one that stands for a pending check-in is not fitted
    shift = (np.abs(mine.mean(axis=0) - real.mean(axis=0)) / real.std(axis=0))[fitted]
    ratio = (mine.std(axis=0) / real.std(axis=0))[fitted]
    within = "yes" if shift.max() <= TOLERANCE else "no"
    return [
        f"{clients:,}",
        f"{len(rows.weight):,}",
        f"{shift.max():.2f} sd ({shift.mean():.2f} on average)",
        within,
        f"{ratio.min():.2f} to {ratio.max():.2f}",
        f"{spread.mean():.2f} beside {real_spread.mean():.2f}",
        f"{fast:.1f} s beside {slow:.0f} s",
        f"{slow / fast:.0f}",
    ]


# --- a mixture cure model with one chance for all ----------------------------------------------------


def plain_silences(count: int, share: float, seed: int) -> tuple[Floats, np.ndarray]:
    """Days until a return or until nobody looked any more, of whom a share never comes back."""
    chance = np.random.default_rng(seed)
    returns = 7 * chance.weibull(2.5, count) + 1
    gone = chance.random(count) < share
    looked = chance.uniform(5, 200, count)
    came = ~gone & (returns <= looked)
    return np.where(came, returns, looked), came


def gone_by_us(days: Floats, came: np.ndarray) -> float:
    """The share of the gone with no signals, no therapists and next to no prior."""
    cell, rhythm = cell_codes()["session:free:3"], np.full(len(days), 7.0)
    bins, part = place(days, rhythm, rhythm)
    events = np.zeros((len(CELLS), len(STAY_EVENTS), BINS))
    np.add.at(events, (cell, STAY_EVENTS.index("came"), bins[came]), 1.0)
    spells, quiet = Spells(events, np.zeros(len(ANSWERS))), np.flatnonzero(~came)
    nothing = np.zeros(len(quiet), dtype=np.int64)
    stages = Stages(np.arange(len(quiet)), nothing + cell, nothing + EVENTS.index(NONE), bins[quiet], part[quiet])
    tails = Tails(np.ones(len(quiet), bool), nothing, nothing, stages)
    design = Design((), {"session": "s21"}, Normal(-1.5, 2.0), ())
    return _turns(spells, tails, design, int(came.sum()))


def _turns(spells: Spells, tails: Tails, design: Design, stayed: int) -> float:
    habits, effects = learning.assumed(), design.means
    before = 0.0
    for _ in range(200):
        p = 1 / (1 + np.exp(-effects[0]))
        if abs(p - before) < 1e-6:
            break
        before = p
        odds = seen(tails, Odds.of(habits.clock(), habits.mean_answers()))
        judged = judge(tails, np.full(tails.size, p), np.ones(tails.size), odds)
        nobody = np.full((1 + tails.size, 1), design.width)
        rows = Rows.of(nobody, np.zeros(1 + tails.size, int), np.r_[float(stayed), np.ones(tails.size)],
                       np.r_[1.0, judged.ratio], np.r_[True, np.zeros(tails.size, bool)], design)  # fmt: skip
        effects, _ = climb(rows, design, 1e-3, (effects, np.zeros(1)), steps=20)
        habits = learning.learned(spells, tails.stages, 1 - judged.left, None)
    return float(1 / (1 + np.exp(-effects[0])))


def gone_by_lifelines(days: Floats, came: np.ndarray) -> float:
    from lifelines import MixtureCureFitter, WeibullFitter

    fitter = MixtureCureFitter(base_fitter=WeibullFitter())
    fitter.fit(days, event_observed=came)
    return float(fitter.cured_fraction_)


def cured(counts: tuple[int, ...] = (500, 5_000, 50_000)) -> list[list[str]]:
    lines = []
    for count in counts:
        days, came = plain_silences(count, 0.2, seed=count)
        began = time.perf_counter()
        mine = gone_by_us(days, came)
        middle = time.perf_counter()
        theirs = gone_by_lifelines(days, came)
        ended = time.perf_counter()
        lines.append(
            [f"{count:,}", "20.0 %", f"{100 * mine:.1f} %", f"{100 * theirs:.1f} %",
             f"{middle - began:.2f} s beside {ended - middle:.2f} s"]
        )  # fmt: skip
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, nargs="+", default=[15, 60, 400])
    parser.add_argument("--write-docs", action="store_true")
    asked = parser.parse_args()
    heads = [
        "clients", "rows", "largest shift of a mean", "within 0.25 sd", "ratio of sds", "mean spread", "time",
        "times faster",
    ]  # fmt: skip
    posterior = table(heads, [compared(clients) for clients in asked.clients])
    cure = table(["silences", "truly gone", "Holdfast", "lifelines", "time"], cured())
    print(posterior, cure, sep="\n\n")
    if asked.write_docs:
        rewrite(PAGE, {"posterior": posterior, "cure": cure})
    return 0


if __name__ == "__main__":
    sys.exit(main())
