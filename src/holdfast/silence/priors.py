"""What is thought about each signal before a practice's own data have been seen, and where that comes from.

Every effect is a normal prior on the log-odds of a silent exit after one contact, given everything else. Values,
sources and arithmetic stand in ``priors.toml``, the published rows it names in ``priors_evidence.csv``;
docs/reference/priors.md shows both. Reading checks them against each other and names all problems at once.
"""

from __future__ import annotations

import csv
import io
import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

Z90: Final = 1.6448536269514722  # a normal distribution has 90 % within this many sds of its mean
_NOT_CODES = frozenset({"signals", "codes", "not_known"})


class PriorProblems(ValueError):
    """The priors do not hold together; carries every problem found."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("The priors do not hold together:\n" + "\n".join(f"- {problem}" for problem in problems))


class UnknownSignal(LookupError):
    """A signal, or a code of one, that has no prior."""


class Basis(StrEnum):
    """What the middle of a prior rests on."""

    PUBLISHED = "published"  # size or direction from published rows
    JUDGEMENT = "judgement"  # the design asks for a direction, no row gives it
    ZERO = "zero"  # studies disagree, print no direction, or there are none
    NOT_KNOWN = "not_known"  # nothing is known, so nothing is said
    REFERENCE = "reference"  # what the signal's other codes are set beside


@dataclass(frozen=True, slots=True)
class Evidence:
    """One published figure, as it was read in its source. ``value`` is a word where no number was printed."""

    id: str
    exposure: str
    outcome: str
    measure: str
    value: str
    ci_low: float | None  # of a 95 % interval unless the definition says otherwise
    ci_high: float | None
    n: int | None
    definition: str
    citation: str

    @property
    def number(self) -> float:
        """The value of a row that has one; a word raises ``ValueError``."""
        return float(self.value)


@dataclass(frozen=True, slots=True)
class Prior:
    """A normal prior on the log-odds of a silent exit after one contact."""

    mean: float
    sd: float
    basis: Basis
    evidence: tuple[str, ...]  # ids of rows
    arithmetic: str

    @property
    def odds_ratio(self) -> float:
        return math.exp(self.mean)

    @property
    def odds_ratio_range(self) -> tuple[float, float]:
        """The middle 90 % of the prior, as odds ratios."""
        return math.exp(self.mean - Z90 * self.sd), math.exp(self.mean + Z90 * self.sd)


@dataclass(frozen=True, slots=True)
class Spread:
    """A log-normal prior on a size: how much therapists differ (the sd of their effects), or how far effects go."""

    median: float
    log_sd: float
    evidence: tuple[str, ...]
    arithmetic: str

    @property
    def range(self) -> tuple[float, float]:
        """The middle 90 % of the prior, as sds."""
        factor = math.exp(Z90 * self.log_sd)
        return self.median / factor, self.median * factor

    @property
    def root_mean_square(self) -> float:
        """The size by whose square a variance is multiplied on average: median · exp(log_sd²)."""
        return self.median * math.exp(self.log_sd**2)

    def log_density(self, sd: float) -> float:
        """Log of the density at a positive ``sd``."""
        z = math.log(sd / self.median) / self.log_sd
        return -0.5 * z * z - math.log(sd * self.log_sd * math.sqrt(2.0 * math.pi))


@dataclass(frozen=True, slots=True)
class Transport:
    """How a published log-odds b with standard error s becomes a prior: mean k·b, sd √((k·s)² + t²)."""

    k: float
    t: float
    a: float  # published standardised difference in alliance
    evidence: tuple[str, ...]
    arithmetic: str


REFERENCE: Final = Prior(0.0, 0.0, Basis.REFERENCE, (), "what the signal's other codes are set beside")


@dataclass(frozen=True, slots=True)
class Priors:
    """All priors. ``effects`` maps each signal to its codes, the reference first."""

    intercept: Prior
    therapist_spread: Spread
    scale: Spread  # multiplies the sd of every effect, the intercept's aside
    transport: Transport
    effects: Mapping[str, Mapping[str, Prior]]
    evidence: Mapping[str, Evidence]

    @property
    def signals(self) -> tuple[str, ...]:
        return tuple(self.effects)

    def codes(self, signal: str) -> tuple[str, ...]:
        """Name the codes of a signal, its reference first."""
        return tuple(self._of(signal))

    def effect(self, signal: str, code: str) -> Prior:
        """Give the prior of one code; the reference's is exactly 0.

        Raises
        ------
        UnknownSignal
            If there is no such signal, or it has no such code.
        """
        known = self._of(signal)
        if code not in known:
            raise UnknownSignal(
                f"The signal {signal} has no prior for {code!r}. It has {', '.join(known)}. "
                "Add the code to priors.toml, with its source."
            )
        return known[code]

    def agree_with(self, codes: Mapping[str, Sequence[str]]) -> None:
        """Check that exactly these signals have priors, and for exactly these codes, the reference first.

        Raises
        ------
        PriorProblems
            Naming every signal and code that one of the two sides lacks.
        """
        problems = [f"{signal}: has a prior, but is no signal" for signal in self.effects if signal not in codes]
        for signal, expected in codes.items():
            if signal not in self.effects:
                problems.append(f"{signal}: has no prior")
            elif problem := _difference(tuple(expected), self.codes(signal)):
                problems.append(f"{signal}: {problem}")
        if problems:
            raise PriorProblems(problems)

    def _of(self, signal: str) -> Mapping[str, Prior]:
        if signal not in self.effects:
            raise UnknownSignal(
                f"There are no priors for a signal {signal!r}. There are for {', '.join(self.effects)}."
            )
        return self.effects[signal]


def _difference(expected: tuple[str, ...], found: tuple[str, ...]) -> str:
    missing, extra = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    if missing or extra:
        parts = [("no prior for ", missing), ("a prior, but no such code: ", extra)]
        return "; ".join(words + ", ".join(codes) for words, codes in parts if codes)
    return "" if expected[0] == found[0] else f"the reference is {expected[0]}, the priors take it to be {found[0]}"


# --- reading ----------------------------------------------------------------------------------------


def read_priors(priors: str, evidence: str) -> Priors:
    """Make the priors from the texts of ``priors.toml`` and ``priors_evidence.csv``.

    Raises
    ------
    PriorProblems
        If the two do not hold together; with every problem found.
    tomllib.TOMLDecodeError, KeyError
        If a part is not there at all.
    """
    written = tomllib.loads(priors)
    rows = {row.id: row for row in _evidence(evidence)}
    problems = [*_doubled(written["effects"])]
    for where, entry in _entries(written):
        problems += [f"{where}: {problem}" for problem in _problems(entry, rows)]
    for group in written["effects"]:
        problems += _group_problems(group)
    if problems:
        raise PriorProblems(problems)
    not_known = _prior(written["not_known"])
    effects = {name: _effects(group, not_known) for group in written["effects"] for name in group["signals"]}
    return Priors(
        intercept=_prior(written["intercept"]),
        therapist_spread=Spread(**_with_tuple(written["therapist_spread"])),
        scale=Spread(**_with_tuple(written["scale"])),
        transport=Transport(**_with_tuple(written["transport"])),
        effects=MappingProxyType(effects),
        evidence=MappingProxyType(rows),
    )


def _evidence(text: str) -> Iterator[Evidence]:
    for row in csv.DictReader(io.StringIO(text, newline="")):
        numbers: dict[str, Any] = {name: float(row[name]) if row[name] else None for name in ("ci_low", "ci_high")}
        yield Evidence(**{**row, **numbers, "n": int(row["n"]) if row["n"] else None})


def _doubled(groups: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    names = [name for group in groups for name in group["signals"]]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name}: stands twice"


def _entries(written: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Everything that has evidence and arithmetic, with words for where it stands."""
    for name in ("transport", "intercept", "therapist_spread", "scale", "not_known"):
        yield name, written[name]
    for group in written["effects"]:
        for code in _given(group):
            yield f"{group['signals'][0]} {code}", group[code]


def _problems(entry: Mapping[str, Any], rows: Mapping[str, Evidence]) -> Iterator[str]:
    for name in ("sd", "log_sd", "median"):
        if not entry.get(name, 1.0) > 0:
            yield f"{name} must be more than 0, but is {entry[name]}"
    if not math.isfinite(entry.get("mean", 0.0)):
        yield f"mean must be a number, but is {entry['mean']}"
    if not entry.get("arithmetic"):
        yield "the arithmetic is missing"
    basis = entry.get("basis", Basis.PUBLISHED)
    if basis not in set(Basis):
        yield f"basis must be one of {', '.join(Basis)}, but is {basis}"
    if basis == Basis.PUBLISHED and not entry["evidence"]:
        yield "is called published, and names no row"
    if basis == Basis.ZERO and entry["mean"]:
        yield f"is called centred on zero, but its mean is {entry['mean']}"
    for unknown in sorted(set(entry["evidence"]) - set(rows)):
        yield f"the row {unknown} is not in priors_evidence.csv"


def _group_problems(group: Mapping[str, Any]) -> Iterator[str]:
    where, reference, others = group["signals"][0], group["codes"][0], group["codes"][1:]
    given, not_known = set(_given(group)), set(group.get("not_known", ()))
    for code in others:
        if code not in given | not_known:
            yield f"{where} {code}: has no prior"
    for code in sorted((given | not_known) - set(others)):
        meant = "is the reference, whose effect is 0" if code == reference else "is not among the codes"
        yield f"{where} {code}: {meant}"
    for code in sorted(given & not_known):
        yield f"{where} {code}: stands twice"


def _given(group: Mapping[str, Any]) -> list[str]:
    return [name for name in group if name not in _NOT_CODES]


def _effects(group: Mapping[str, Any], not_known: Prior) -> Mapping[str, Prior]:
    reference, *others = group["codes"]
    given = {code: _prior(group[code]) for code in _given(group)}
    return MappingProxyType({reference: REFERENCE, **{code: given.get(code, not_known) for code in others}})


def _prior(entry: Mapping[str, Any]) -> Prior:
    return Prior(**{**_with_tuple(entry), "basis": Basis(entry["basis"])})


def _with_tuple(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, "evidence": tuple(entry["evidence"])}


def _shipped() -> Priors:
    here = files("holdfast.silence")
    return read_priors(*((here / name).read_text("utf-8") for name in ("priors.toml", "priors_evidence.csv")))


PRIORS: Final = _shipped()
