"""The reference page of the priors: every value with its range, its sources and the arithmetic between them.

``python -m holdfast.silence.priors_page`` prints what docs/reference/priors.md holds.
"""

from __future__ import annotations

import math
import re
import sys
import textwrap
from collections.abc import Iterator

from holdfast.silence.priors import PRIORS, Basis, Evidence, Prior, Priors, Spread

HEAD = """\
# The priors

What the silence model thinks before it has seen a practice's own data. Made from `src/holdfast/silence/priors.toml` and
`priors_evidence.csv` by `python -m holdfast.silence.priors_page`. [Where the priors come
from](../explanation/where-the-priors-come-from.md) says in plain words what they are for and what is doubtful.

Each prior is a normal distribution on the **log-odds of a silent exit after one session**, everything else being equal.
Beside its middle and sd stands the same as an odds ratio, with the range that holds 90 % of it. 1 means no difference.
An effect is always beside the signal's *reference*, the first code in the table at the end of this page. The rows
named under *from* are at the end as well; every one of them was read in its source.
"""

TRANSPORT = """\
## From a published figure to a prior

Published figures are nearly always per course of therapy, for dropout of any kind, and not adjusted for the other
signals. So a published log-odds *b* with standard error *s* becomes a prior with

> mean = k × b, sd = √((k × s)² + t²), k = {k:g}, t = {t:g}

k is one number for all.

> {arithmetic}. From: {evidence}.

- **Per session, not per course.** For something that holds all along, the odds ratio of a course is further from 1 than
  the ratio of the chances after one session, the more so the more people leave in the end. After one session the chance
  is small, so that its odds ratio and its hazard ratio are nearly the same.
- **Silent, not any.** What makes people leave may make them leave with a word. Only one small study tells the two apart
  (BEH-01), so nothing finer than one factor is honest.
- **One alliance, many questions.** Most questions of the check-in measure the same thing. The published effect of
  alliance, d = {a:g}, is shared among them and counted once. As a slope it is {a:g} per SD, and k × {a:g} = {slope:.3f}
  here. Turned into an odds ratio in the usual way it is {a:g} × π/√3 = {halves:.2f}, about what lies between the lower
  and the upper half of people. A whole bad session should stand for about that much, not for several times it.
- **t** is what a published result is expected to be off by when carried to another practice, definition and set of
  signals: two thirds of them by less than a factor of {t_factor:.2f}. It outweighs most printed intervals, and should.
"""

SECTIONS = {
    Basis.PUBLISHED: (
        "From published results",
        "Size or direction comes from the rows named. Where several questions share one published effect, the sharing "
        "is ours, and the arithmetic shows it.",
    ),
    Basis.JUDGEMENT: (
        "Judgement",
        "No row gives the size. The design asks for a direction, or the shape needs a value between two published "
        "ones. Modest, and wide enough for a practice's own data to turn it round. A row named here lends a direction "
        "at most.",
    ),
    Basis.ZERO: (
        "Centred on zero",
        "Studies disagree, or print no direction, or there are none. Nothing is claimed either way; data can move it.",
    ),
    Basis.NOT_KNOWN: (
        "Not asked, not answered, not known",
        "Missing is a state of its own and never counts as good or bad beforehand. The codes are in the table after "
        "this one.",
    ),
}
START = (
    "The reference session is the 21st or a later one: the next is booked, nothing was missed, and either no check-in "
    "was sent or every answer is good."
)
ROWS = (
    "Copied as they were noted when the source was read. A word stands where no number was printed. Odds ratios are of "
    "dropping out unless the outcome says NOT."
)


def priors_reference(priors: Priors = PRIORS) -> str:
    """Describe all priors in Markdown: what docs/reference/priors.md holds."""
    parts = [HEAD, _transport(priors), _start(priors)]
    for basis, (title, words) in SECTIONS.items():
        parts.append("\n".join([f"## {title}\n", _filled(words) + "\n", *_table(priors, basis)]) + "\n")
    return "\n".join([*parts, "\n".join(_codes(priors)) + "\n", "\n".join(_rows(priors))]) + "\n"


def _transport(priors: Priors) -> str:
    used = priors.transport
    return TRANSPORT.format(
        k=used.k,
        t=used.t,
        a=used.a,
        slope=used.k * used.a,
        halves=used.a * math.pi / math.sqrt(3),
        t_factor=math.exp(used.t),
        arithmetic=_words(used.arithmetic[0].upper() + used.arithmetic[1:]),
        evidence=_sources(priors, used.evidence),
    )


def _start(priors: Priors) -> str:
    lines = [
        "## Where it starts\n",
        _filled(START) + "\n",
        "| | log-odds | sd | chance (90 % of the prior) | from | arithmetic |",
        "| --- | --- | --- | --- | --- | --- |",
        _intercept(priors),
        "\nTherapists differ; by how much, as the sd of their effects on the log-odds, has a log-normal prior.\n",
        "| | median | sd of its log | 90 % of the prior | from | arithmetic |",
        "| --- | --- | --- | --- | --- | --- |",
        _spread(priors, "therapist spread", priors.therapist_spread),
        _spread(priors, "scale of all sds", priors.scale),
    ]
    return "\n".join(lines) + "\n"


def _intercept(priors: Priors) -> str:
    start = priors.intercept
    middle, low, high = (100 * odds / (1 + odds) for odds in (start.odds_ratio, *start.odds_ratio_range))
    cells = [_words(f"{start.mean:.2f}"), f"{start.sd:.2f}", f"{middle:.1f} % ({low:.1f} to {high:.1f})"]
    return _row(["intercept", *cells, _sources(priors, start.evidence), _words(start.arithmetic)])


def _spread(priors: Priors, name: str, spread: Spread) -> str:
    low, high = spread.range
    cells = [f"{spread.median:.2f}", f"{spread.log_sd:.2f}", f"{low:.2f} to {high:.2f}"]
    return _row([name, *cells, _sources(priors, spread.evidence), _words(spread.arithmetic)])


def _table(priors: Priors, basis: Basis) -> Iterator[str]:
    yield "| signal | code | log-odds | sd | odds ratio (90 %) | from | arithmetic |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for (code, prior), signals in _alike(priors, basis).items():
        low, high = prior.odds_ratio_range
        names = ", ".join(f"`{signal}`" for signal in signals)
        cells = [_words(f"{prior.mean:.2f}"), f"{prior.sd:.2f}", f"{prior.odds_ratio:.2f} ({low:.2f} to {high:.2f})"]
        yield _row([names, code, *cells, _sources(priors, prior.evidence), _words(prior.arithmetic)])


def _alike(priors: Priors, basis: Basis) -> dict[tuple[str, Prior], list[str]]:
    """Signals whose code has the very same prior, together; what is not known is one line for all codes."""
    found: dict[tuple[str, Prior], list[str]] = {}
    for signal, effects in priors.effects.items():
        for code, prior in effects.items():
            if prior.basis is basis:
                shown = "" if basis is Basis.NOT_KNOWN else f"`{code}`"
                signals = found.setdefault((shown, prior), [])
                signals += [signal] if signal not in signals else []
    return found


def _codes(priors: Priors) -> Iterator[str]:
    yield "## The codes\n"
    yield "| signal | reference | other codes | of these, not known |"
    yield "| --- | --- | --- | --- |"
    for signal, effects in priors.effects.items():
        reference, *others = effects
        known = [code for code in others if effects[code].basis is not Basis.NOT_KNOWN]
        not_known = [code for code in others if code not in known]
        yield _row([f"`{signal}`", f"`{reference}`", _quoted(known), _quoted(not_known)])


def _rows(priors: Priors) -> Iterator[str]:
    yield "## The published rows\n"
    yield _filled(ROWS) + "\n"
    yield "| id | exposure | outcome | measure | value (95 % CI) | n | definition, people | source |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for row in priors.evidence.values():
        interval = f" ({row.ci_low:g} to {row.ci_high:g})" if row.ci_low is not None and row.ci_high is not None else ""
        n = "" if row.n is None else str(row.n)
        cells = [
            row.exposure,
            row.outcome,
            row.measure,
            f"{row.value}{interval}".strip(),
            n,
            row.definition,
            row.citation,
        ]
        yield _row([row.id, *map(_words, cells)])


def _sources(priors: Priors, ids: tuple[str, ...]) -> str:
    return "; ".join(f"{id_} {_short(priors.evidence[id_])}" for id_ in ids) if ids else "no row"


def _short(row: Evidence) -> str:
    """Authors and year, or the first words of a source that is noted without them."""
    found = re.match(r"[^;]*?\b(?:19|20)\d\d\b", row.citation)
    return _words(found[0] if found else row.citation.split(";")[0].split(" (")[0])


def _quoted(codes: list[str]) -> str:
    return ", ".join(f"`{code}`" for code in codes)


def _words(text: str) -> str:
    """Arithmetic as it is printed, and nothing that Markdown would read as its own."""
    shown = text.replace(" x ", " × ").replace("pi^2", "π²").replace("sqrt(", "√(").replace("pi/√(3)", "π/√3")
    shown = shown.replace("^2", "²").replace("√(3)", "√3")
    shown = re.sub(r"(?<![\w.-])-(?=\d|ln)", "−", shown).replace(" - ", " − ")
    return shown.replace("|", "/").replace("<", "&lt;").replace(">", "&gt;").replace("*", "\\*")


def _filled(text: str) -> str:
    return textwrap.fill(text, 120)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(priors_reference())
