"""Groups beside each other: differences with their intervals, and one test of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from holdfast.insight import curves
from holdfast.insight.compare import ChiSquared, difference_at, difference_of_restricted_means, gray, logrank
from holdfast.insight.group import RESTRICTED_TO, counts_of, raw_sessions
from holdfast.insight.result import Amount, Comparison, OverallTest
from holdfast.insight.tally import GROUP, Tally, pick
from holdfast.insight.uncertainty import Difference, NotEstimable
from holdfast.tables.schema import Ending

COMPARED_AT = 5  # sessions
LEFT_SILENTLY = f"left without a word by session {COMPARED_AT}"
SESSIONS = f"sessions, of the first {RESTRICTED_TO}"


def comparisons(counted: Tally, labels: Sequence[str], too_few: int) -> list[Comparison]:
    """The largest group beside each of the others. Every pair would find differences by chance."""
    if len(labels) < 2:
        return []
    sizes = dict(counted.totals.select(GROUP, "episodes").iter_rows())
    largest = max(labels, key=lambda label: (sizes[label], label))
    others = [label for label in labels if label != largest]
    return [comparison for label in others for comparison in _compare(counted, largest, label, too_few)]


def _compare(counted: Tally, first: str, second: str, too_few: int) -> Iterable[Comparison]:
    picked = pick(counted, [first]), pick(counted, [second])
    left = [curves.cumulative_incidence(counts_of(one)[0], Ending.SILENT) for one in picked]
    means = [curves.restricted_mean_sessions(raw_sessions(one), RESTRICTED_TO) for one in picked]
    yield _comparison(first, second, LEFT_SILENTLY, _difference_of_shares(left[0], left[1], too_few))
    yield _comparison(first, second, SESSIONS, _difference_of_means(means[0], means[1], too_few))


def _difference_of_shares(first: curves.Curve, second: curves.Curve, too_few: int) -> Difference | NotEstimable:
    if not (first.known_at(COMPARED_AT) and second.known_at(COMPARED_AT)):
        return NotEstimable(f"Nobody in one of the groups has been followed to session {COMPARED_AT} yet.")
    if min(first.at(COMPARED_AT).followed, second.at(COMPARED_AT).followed) <= too_few:
        return NotEstimable(f"Too few in one of the groups have been followed to session {COMPARED_AT} yet.")
    return difference_at(first, second, COMPARED_AT)


def _difference_of_means(
    first: curves.RestrictedMean | NotEstimable, second: curves.RestrictedMean | NotEstimable, too_few: int
) -> Difference | NotEstimable:
    if isinstance(first, NotEstimable):
        return first
    if isinstance(second, NotEstimable):
        return second
    if min(first.followed, second.followed) <= too_few:
        return NotEstimable(f"Too few in one of the groups have been followed to session {RESTRICTED_TO} yet.")
    return difference_of_restricted_means(first, second)


def _comparison(first: str, second: str, what: str, found: Difference | NotEstimable) -> Comparison:
    if isinstance(found, NotEstimable):
        return Comparison(first=first, second=second, what=what, difference=Amount(why_not=found.reason))
    amount = Amount(estimate=found.estimate, low=found.lower, high=found.upper)
    return Comparison(first=first, second=second, what=what, difference=amount)


def overall_tests(counted: Tally, labels: Sequence[str]) -> list[OverallTest]:
    """Whether the groups differ at all: one test each for silent exits and for how long people stay."""
    if len(labels) < 2:
        return []
    sessions = [counts_of(pick(counted, [label]))[0] for label in labels]
    return [
        _test("leaving without a word", "Gray", gray(sessions, Ending.SILENT)),
        _test("how many sessions people stay", "log-rank", logrank(sessions)),
    ]


def _test(what: str, name: str, found: ChiSquared | NotEstimable) -> OverallTest:
    if isinstance(found, NotEstimable):
        return OverallTest(what=what, test=name, why_not=found.reason)
    return OverallTest(what=what, test=name, statistic=found.statistic, degrees_of_freedom=found.df, p=found.p)
