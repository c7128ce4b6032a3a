"""Results to draw: small ones made by hand, and the demo practice's."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from holdfast.insight.result import (
    SUPPRESSED,
    TOO_FEW,
    Amount,
    Breakdown,
    Comparison,
    Curve,
    Disagreement,
    Dropout,
    EndingCount,
    Evidence,
    Group,
    Leak,
    OverallTest,
    Point,
    Share,
    Step,
)
from holdfast.insight.words import DEFINITION_WORDS, headline, notes
from holdfast.tables.schema import Ending

STEPS = (("first booking", 0), ("first session", 1), ("second session", 2), ("third session", 3))
NASTY = '<script>alert("x")</script> \x1b[31m[red]männer\u202e 🙂'


@cache
def demo() -> Leak:
    """The leak of the demo practice."""
    from holdfast.insight.leak import leak
    from holdfast.simulate import demo_practice, write
    from holdfast.tables import read_tables

    with tempfile.TemporaryDirectory() as folder:
        write(demo_practice(), Path(folder) / "demo")
        return leak(read_tables(Path(folder) / "demo"))


def share(count: int | None, of: int | None) -> Share:
    if count is None or of is None:
        return Share(count=count, of=of, why_not=SUPPRESSED)
    if of <= 10:
        return Share(count=count, of=of, why_not=TOO_FEW)
    found = count / of
    return Share(count=count, of=of, estimate=found, low=max(found - 0.05, 0), high=min(found + 0.05, 1))


def curve(estimates: list[float], of: int = 100, unit: str = "sessions") -> Curve:
    points = [
        Point(time=time, at_risk=of - time, estimate=value, low=max(value - 0.04, 0), high=min(value + 0.04, 1))
        for time, value in enumerate(estimates)
    ]
    return Curve.model_validate({"unit": unit, "of": of, "points": points})


def funnel(reached: tuple[int, ...], lost: Mapping[int, Mapping[str, int | None]], open_: int = 0) -> list[Step]:
    """Steps that reached so many; ``lost`` by session; ``open_`` of each step's others may still come."""
    steps, of = [], reached[0]
    for (name, session), count in zip(STEPS, reached, strict=True):
        others = of - count
        waiting = min(open_, others) if session else 0
        steps.append(
            Step(
                name=name,
                session=session,
                reached=count,
                of=of,
                share=share(count, of),
                lost=dict(lost.get(session, {})),
                waiting=waiting,
            )
        )
        of = count
    return steps


def group(label: str = "men", **changed: object) -> Group:
    silent = [0.0, 0.08, 0.12, 0.15, 0.18, 0.2, 0.22, 0.24, 0.26, 0.28, 0.3]
    planned = [0.0, 0.0, 0.0, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16]
    staying = [1 - a - b - 0.1 for a, b in zip(silent, planned, strict=True)]
    lost = {1: {"never_started": 12}, 2: {"silent": 9, "told": 1}, 3: {"silent": 4, "planned": 6}}
    made = Group(
        label=label,
        clients=118,
        episodes=120,
        appointments=900,
        no_shows=31,
        unmarked_appointments=14,
        assumed_sessions=5,
        sessions=640,
        median_rhythm_days=7.0,
        funnel=funnel((120, 105, 93, 81), lost, open_=2),
        endings=[
            EndingCount(ending=str(way), count=count, share=share(count, 82), recorded=count, inferred=0, by_rule=0)
            for way, count in zip(Ending, (30, 8, 4, 2, 24, 12, 2), strict=True)
        ],
        open=38,
        staying_sessions=curve(staying),
        staying_weeks=curve([0.9 - time / 80 for time in range(53)], unit="weeks"),
        incidence_sessions={"planned": curve(planned), "silent": curve(silent), "never_started": curve([0.1] * 11)},
        incidence_weeks={"silent": curve([0.1 + time / 200 for time in range(53)], unit="weeks")},
        restricted_mean_sessions=Amount(estimate=6.1, low=5.8, high=6.3),
        restricted_to=10,
        dropout=[
            Dropout(
                definition=key, words=f"meaning {key}", parameters={"sessions": 6.0}, share=share(n, 90), cannot_tell=7
            )
            for n, key in enumerate(DEFINITION_WORDS, start=20)
        ],
        disagreement=[Disagreement(first="own_word", second="missed_last", share=share(17, 80))],
    )
    return made.model_copy(update=changed)


def breakdown(*labels: str) -> Breakdown:
    return Breakdown(
        column="referral_source",
        groups=[group(label) for label in labels],
        comparisons=[
            Comparison(
                first=labels[0],
                second=labels[1],
                what="left without a word by session 5",
                difference=Amount(estimate=-0.056, low=-0.111, high=-0.003),
            ),
            Comparison(
                first=labels[0],
                second=labels[1],
                what="sessions, of the first 10",
                difference=Amount(why_not="Nobody has been followed to 10 yet."),
            ),
        ],
        tests=[
            OverallTest(what="leaving without a word", test="Gray", statistic=3.27, degrees_of_freedom=2, p=0.195),
            OverallTest(what="how many sessions people stay", test="log-rank", why_not="There is nobody to count."),
        ],
    )


def leak(*groups: Group, breakdowns: tuple[Breakdown, ...] = (), shared: bool = False, **changed: object) -> Leak:
    made = Leak(
        holdfast_version="0.1.0",
        practice="Harbour Street",
        at=datetime.fromisoformat("2026-11-20T18:00"),
        rule="nothing said for 21 days",
        too_few=10,
        shared=shared,
        headline=[],
        groups=list(groups) or [group("men"), group("everyone", clients=200, episodes=210)],
        breakdowns=list(breakdowns),
        evidence=Evidence(
            appointments=900,
            statuses={"attended": 640, "booked": 40, "no_show": 31, "unknown": 14},
            certainty={"recorded": 800, "defaulted": 5, "not_updated": 14},
            gender_known=share(190, 200),
        ),
        notes=[],
    ).model_copy(update=changed)
    return made.model_copy(update={"headline": headline(made), "notes": notes(made)})


def too_few_to_tell() -> Leak:
    return leak(few(), few().model_copy(update={"label": "everyone"}))


def few_men_among_many() -> Leak:
    return leak(few(), group("everyone"))


def few() -> Group:
    """Eight men, of whom nothing can be told but counts."""
    nothing = Curve(unit="sessions", of=8, why_not=TOO_FEW)
    return group(
        clients=8,
        episodes=8,
        funnel=funnel((8, 7, 7, 6), {1: {"never_started": 1}, 3: {"silent": 1}}),
        endings=[
            EndingCount(ending=str(way), count=0, share=share(0, 2), recorded=0, inferred=0, by_rule=0)
            for way in Ending
        ],
        staying_sessions=nothing,
        staying_weeks=nothing,
        incidence_sessions={},
        incidence_weeks={},
        restricted_mean_sessions=Amount(why_not=TOO_FEW),
        dropout=[
            Dropout(definition=key, words="words", parameters={}, share=share(1, 7), cannot_tell=0)
            for key in DEFINITION_WORDS
        ],
        disagreement=[Disagreement(first="own_word", second="missed_last", share=share(1, 7))],
    )


def suppressed() -> Leak:
    """Made for sharing, with almost everything left out."""
    nothing = Curve(unit="sessions", of=0, why_not=SUPPRESSED)
    hidden = group(
        clients=None,
        episodes=None,
        appointments=None,
        sessions=None,
        no_shows=None,
        unmarked_appointments=None,
        assumed_sessions=None,
        open=None,
        funnel=[
            Step(
                name=name,
                session=session,
                reached=None,
                of=None,
                share=share(None, None),
                lost={"silent": None},
                waiting=None,
                unmarked=0,
            )
            for name, session in STEPS
        ],
        endings=[
            EndingCount(ending=way, count=None, share=share(None, 82), recorded=None, inferred=None, by_rule=None)
            for way in ("silent", "never_started", "other")
        ],
        staying_sessions=nothing,
        staying_weeks=nothing,
        incidence_sessions={},
        incidence_weeks={},
        disagreement=[],
        dropout=[
            Dropout(definition=key, words="words", parameters={}, share=share(None, 90), cannot_tell=None)
            for key in DEFINITION_WORDS
        ],
    )
    return leak(hidden, shared=True)


def partly_suppressed() -> Leak:
    """Made for sharing: how many reached a step is shown, how the others left is not."""
    steps = funnel((120, 105, 93, 81), {2: {"silent": None, "other": None}})
    return leak(group(funnel=steps), shared=True)
