"""The tables of docs/validation/leak-ctn0094.md, worked out from the source."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import ctn0094
from benchmarks.pages import percent, table

from holdfast.engine import Engine
from holdfast.episodes import OPEN, episodes
from holdfast.insight.leak import leak
from holdfast.insight.result import Curve, Group, Leak
from holdfast.tables.read import Tables, read_tables
from holdfast.tables.schema import Ending

SESSIONS, WEEKS = (1, 3, 5, 10), (1, 4, 8, 12, 16, 24)
SEEN_ON = (60, 90, 120, 150)  # days after consent
TRIALS = ("27", "30")
TRIAL_NAMES = ("CTN-0027", "CTN-0030")
LEFT = (Ending.SILENT, Ending.OTHER)  # over, and not as planned
DEFINITION_WORDS = {
    "own_word": "Ended by the client alone, in the record's own word",
    "missed_last": "Missed the last one, never came back",
    "below_median": "Fewer sessions than the median",
    "below_three": "Fewer than three sessions",
    "before_change": "Left before reliable change",
}

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Whole:
    """The converted trials, what Holdfast makes of them, and the trials' own dropout."""

    courses: Sequence[ctn0094.Course]
    leak: Leak
    by_trial: Leak
    fates: Mapping[str, Row]  # who -> episode
    own: Mapping[str, Mapping[str, str]]  # who -> the published outcomes
    earlier: Mapping[int, Mapping[str, Row]]  # day -> who -> episode, as it was known on that day

    @property
    def groups(self) -> tuple[Group, ...]:
        """Men, women, everyone."""
        by_label = {group.label: group for group in (*self.leak.breakdowns[0].groups, *self.leak.groups)}
        return tuple(by_label[label] for label in ("men", "women", "everyone"))


def whole(source: Path, *, follow_up: bool = False) -> Whole:
    """Convert the trials, and put them through everything."""
    with tempfile.TemporaryDirectory(prefix="holdfast-") as folder:
        found = ctn0094.convert(source, Path(folder), follow_up=follow_up)
        tables = read_tables(Path(folder))
    own = {row["who"]: row for row in ctn0094.source_rows(source, "outcomes.csv")}
    earlier = {day: fates(tables, at=_moment(day)) for day in SEEN_ON}
    return Whole(found, leak(tables), leak(tables, by=["trial"]), fates(tables), own, earlier)


def _moment(day: int) -> datetime:
    return datetime.combine(ctn0094.ORIGIN, datetime.max.time()) + timedelta(days=day)


def fates(tables: Tables, *, at: datetime | None = None) -> dict[str, Row]:
    """One row a patient: each has one episode, because each has one site and at most one ending."""
    with Engine.embedded() as engine:
        rows = episodes(tables, engine=engine, at=at).episodes.to_pyarrow().to_pylist()
    by_who = {row["client_id"]: row for row in rows}
    assert len(by_who) == len(rows)
    return by_who


def sections(found: Whole, with_follow_up: Whole) -> dict[str, str]:
    """Every table of the page by the name of its markers."""
    return {
        "rows": _rows(found),
        "statuses": _statuses(found),
        "recorded": _recorded(found),
        "funnel": _funnel(found),
        "endings": _endings(found),
        "staying": _staying(found),
        "incidence": _incidence(found),
        "differences": _differences(found),
        "definitions": _definitions(found),
        "disagreement": _disagreement(found),
        "by-trial": _each_trial(found),
        "own-dropout": _own_dropout(found),
        "agreement": _agreement(found),
        "timing": _timing(found),
        "earlier": _earlier(found),
        "choices": _choices(found, with_follow_up),
    }


# --- what became of the rows ------------------------------------------------------------------------


def _rows(found: Whole) -> str:
    left_out: Counter[str] = Counter()
    for one in found.courses:
        left_out.update(one.left_out)
    kept = sum(len(one.visits) for one in found.courses)
    lines = [[why, f"{count:,}"] for why, count in left_out.most_common()]
    total = kept + sum(left_out.values())
    return table(
        ("rows of visit.csv.gz of the randomised", "rows"),
        [*lines, ["**appointments**", f"{kept:,}"], ["all", f"{total:,}"]],
    )


def _statuses(found: Whole) -> str:
    visits = [(one.patient.trial, visit) for one in found.courses for visit in one.visits]
    counted = Counter((visit.status, visit.certainty, trial) for trial, visit in visits)
    return table(("status", "certainty", *TRIAL_NAMES), _by_trial(counted))


def _by_trial(counted: Counter[tuple[str, str, str]]) -> list[list[str]]:
    """Counts of (kind, how, trial) as lines, the largest first."""
    kinds = {key[:2] for key in counted}
    ordered = sorted(kinds, key=lambda kind: (-sum(counted[(*kind, trial)] for trial in TRIALS), kind))
    return [[*kind, *(f"{counted[(*kind, trial)]:,}" for trial in TRIALS)] for kind in ordered]


def _recorded(found: Whole) -> str:
    counted: Counter[tuple[str, str, str]] = Counter()
    for one in found.courses:
        kind, _, reason = ctn0094.ending(one) or ("none", 0, "nothing recorded")
        counted[(kind, reason, one.patient.trial)] += 1
    return table(("ending", "reason", *TRIAL_NAMES), _by_trial(counted))


# --- the leak ---------------------------------------------------------------------------------------


def _beside(found: Whole, name: str, lines: Iterable[tuple[str, Callable[[Group], str]]]) -> str:
    """Men, women and everyone beside each other."""
    heading = (name, *(f"{group.label} ({group.clients:,})" for group in found.groups))
    return table(heading, [[words, *(cell(group) for group in found.groups)] for words, cell in lines])


def _funnel(found: Whole) -> str:
    def reached(place: int) -> Callable[[Group], str]:
        def cell(group: Group) -> str:
            step = group.funnel[place]
            lost = ", ".join(f"{count} {ending}" for ending, count in step.lost.items()) or "nobody lost"
            unclear = [
                f"{count} {words}" for count, words in ((step.waiting, "open"), (step.unmarked, "unmarked")) if count
            ]
            return f"{step.reached:,} of {step.of:,} ({'; '.join([lost, *unclear])})"

        return cell

    steps = found.groups[0].funnel
    return _beside(found, "reached", [(step.name, reached(place)) for place, step in enumerate(steps)])


def _endings(found: Whole) -> str:
    def count(place: int) -> Callable[[Group], str]:
        def cell(group: Group) -> str:
            this = group.endings[place]
            return f"{this.count:,}: {percent(this.share.estimate, this.share.low, this.share.high)}"

        return cell

    kinds = found.groups[0].endings
    lines = [(kind.ending, count(place)) for place, kind in enumerate(kinds)]
    by_rule = ("silent, of which by the rule", lambda group: f"{_silent(group):,}")
    return _beside(found, "ending", [*lines, by_rule, (OPEN, lambda group: f"{group.open:,}")])


def _silent(group: Group) -> int:
    return next(kind.by_rule or 0 for kind in group.endings if kind.ending == Ending.SILENT)


def _at(curve: Curve, time: int) -> str:
    point = next((point for point in curve.points if point.time == time), None)
    return "not known" if point is None else percent(point.estimate, point.low, point.high)


def _staying(found: Whole) -> str:
    def after(name: str, time: int) -> Callable[[Group], str]:
        return lambda group: _at(getattr(group, name), time)

    sessions = [(f"came again after session {time}", after("staying_sessions", time)) for time in SESSIONS]
    weeks = [(f"still there after {time} weeks", after("staying_weeks", time)) for time in WEEKS]
    return _beside(found, "staying", [*sessions, *weeks])


def _incidence(found: Whole) -> str:
    def by(name: str, ending: str, time: int) -> Callable[[Group], str]:
        return lambda group: _at(getattr(group, name)[ending], time)

    scales = (("incidence_sessions", SESSIONS, "by session {}"), ("incidence_weeks", WEEKS, "within {} weeks"))
    lines = [
        (f"{ending} {words.format(time)}", by(name, ending, time))
        for ending in (Ending.SILENT, Ending.OTHER, Ending.PLANNED)
        for name, times, words in scales
        for time in times
    ]
    return _beside(found, "cumulative incidence", lines)


def _each_trial(found: Whole) -> str:
    groups = found.by_trial.breakdowns[0].groups
    sessions = [
        [f"silent by session {time}", *(_silent_by(group, time, "sessions") for group in groups)] for time in SESSIONS
    ]
    weeks = [[f"silent within {time} weeks", *(_silent_by(group, time, "weeks") for group in groups)] for time in WEEKS]
    heading = ("trial", *(f"{group.label} ({group.clients:,})" for group in groups))
    return table(heading, [*sessions, *weeks])


def _silent_by(group: Group, time: int, unit: str) -> str:
    return _at(getattr(group, f"incidence_{unit}")[Ending.SILENT], time)


def _differences(found: Whole) -> str:
    breakdown = found.leak.breakdowns[0]
    lines = []
    for one in breakdown.comparisons:
        scale, unit = (100, " points") if "left without" in one.what else (1, "")
        amount = one.difference
        assert amount.estimate is not None
        assert amount.low is not None
        assert amount.high is not None
        shown = f"{scale * amount.estimate:+.2f}{unit} ({scale * amount.low:+.2f} to {scale * amount.high:+.2f})"
        lines.append([f"{one.first} minus {one.second}: {one.what}", shown])
    for test in breakdown.tests:
        lines.append([f"{test.test} test of {test.what}", f"χ² = {test.statistic:.2f}, p = {test.p:.2f}"])
    return table(("men beside women", "result"), lines)


# --- dropout by other names -------------------------------------------------------------------------


def _definitions(found: Whole) -> str:
    def share(place: int) -> Callable[[Group], str]:
        def cell(group: Group) -> str:
            this = group.dropout[place]
            shown = percent(this.share.estimate, this.share.low, this.share.high) if this.share.of else "–"
            return f"{shown}; {this.share.count:,} of {this.share.of:,}, {this.cannot_tell:,} cannot be told"

        return cell

    kinds = found.groups[0].dropout
    lines = [(DEFINITION_WORDS[kind.definition], share(place)) for place, kind in enumerate(kinds)]

    def own(group: Group) -> str:
        count, of = _own_count(found, group.label)
        return f"{percent(count / of)}; {count:,} of {of:,}"

    return _beside(found, "definition", [*lines, ("The trials' own: four missing weeks in a row", own)])


def _own_count(found: Whole, label: str) -> tuple[int, int]:
    sex = {"men": "Yes", "women": "No"}.get(label)
    people = [one.patient for one in found.courses if sex is None or one.patient.demographics["is_male"] == sex]
    return sum(_dropped(found, one.who) for one in people), len(people)


def _dropped(found: Whole, who: str) -> bool:
    return found.own[who]["ctn0094_dropout_event"] == "1"


def _disagreement(found: Whole) -> str:
    group = found.groups[-1]
    lines = [
        [
            DEFINITION_WORDS[one.first],
            DEFINITION_WORDS[one.second],
            f"{one.share.count:,} of {one.share.of:,}",
            percent(one.share.estimate),
        ]
        for one in group.disagreement
        if one.share.of and "before_change" not in (one.first, one.second)
    ]
    return table(("first", "second", "differ", "share"), lines)


def _own_dropout(found: Whole) -> str:
    counted: Counter[tuple[str, str, bool]] = Counter()
    for one in found.courses:
        ending = found.fates[one.patient.who]["ending"]
        counted[(one.patient.trial, ending, _dropped(found, one.patient.who))] += 1
    lines = [
        [ending, *(f"{counted[(trial, ending, dropped)]:,}" for trial in TRIALS for dropped in (True, False))]
        for ending in (Ending.PLANNED, Ending.SILENT, Ending.OTHER, OPEN)
    ]
    heading = ("Holdfast says", "CTN-0027 dropout", "CTN-0027 not", "CTN-0030 dropout", "CTN-0030 not")
    return table(heading, lines)


def _agreement(found: Whole) -> str:
    lines = []
    for words, kinds in (("left before the end: silent or other", LEFT), ("silent", (Ending.SILENT,))):
        for trials in (("27",), ("30",), ("27", "30")):
            pairs = [
                (found.fates[one.patient.who]["ending"] in kinds, _dropped(found, one.patient.who))
                for one in found.courses
                if one.patient.trial in trials and found.fates[one.patient.who]["ending"] != OPEN
            ]
            same = sum(ours == theirs for ours, theirs in pairs)
            name = " and ".join(f"CTN-00{trial}" for trial in trials)
            counts = f"{same:,} of {len(pairs):,}"
            lines.append([words, name, counts, percent(same / len(pairs)), f"{kappa(pairs):.2f}"])
    return table(("Holdfast's ending beside the trials' own dropout", "trial", "agree", "share", "kappa"), lines)


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float:
    """Cohen's kappa (1960) of two yes-or-no answers about the same people.

    >>> kappa([(True, True), (False, False), (True, False), (False, False)])
    0.5
    """
    n = len(pairs)
    agreed = sum(ours == theirs for ours, theirs in pairs) / n
    ours, theirs = (sum(pair[side] for pair in pairs) / n for side in (0, 1))
    by_chance = ours * theirs + (1 - ours) * (1 - theirs)
    return (agreed - by_chance) / (1 - by_chance)


def _timing(found: Whole) -> str:
    """The week of the last session beside the week in which the trials' four missing weeks begin."""
    lines = []
    for trial in TRIALS:
        later = sorted(
            int(found.own[one.patient.who]["ctn0094_dropout_time"]) - _last_week(found, one)
            for one in found.courses
            if one.patient.trial == trial
            and found.fates[one.patient.who]["ending"] in LEFT
            and _dropped(found, one.patient.who)
        )
        quarters = [later[round(share * (len(later) - 1))] for share in (0.1, 0.25, 0.5, 0.75, 0.9)]
        near = sum(abs(weeks) <= 2 for weeks in later)
        spread = [f"{weeks:+d}" for weeks in quarters]
        lines.append([f"CTN-00{trial}", f"{len(later):,}", *spread, percent(near / len(later))])
    return table(("trial", "both say left", "10 %", "25 %", "median", "75 %", "90 %", "within two weeks"), lines)


def _last_week(found: Whole, one: ctn0094.Course) -> int:
    """The week after randomisation, 1 for the first seven days, as the trials' weeks count."""
    return (one.last_attended - one.patient.randomised_on - 1) // 7 + 1


def _earlier(found: Whole) -> str:
    """Whom the rule called silent in the middle of treatment, and whether they came again; and whom it had missed."""
    lines = [
        [f"day {day}, {name}", *_seen(found, day, trial)]
        for trial, name in zip(TRIALS, TRIAL_NAMES, strict=True)
        for day in SEEN_ON
    ]
    heading = ("seen on", "open", "called silent", "came again", "the trial's dropout", "gone six weeks: called silent")
    return table(heading, lines)


def _seen(found: Whole, day: int, trial: str) -> list[str]:
    known = {one.patient.who: found.earlier[day][one.patient.who]["ending"] for one in found.courses if _in(one, trial)}
    last = {one.patient.who: one.last_attended for one in found.courses}
    called = [who for who, ending in known.items() if ending == Ending.SILENT]
    gone = [who for who in known if last[who] <= day - 42 and found.fates[who]["ending"] == Ending.SILENT]
    return [
        f"{sum(ending == OPEN for ending in known.values()):,}",
        f"{len(called):,}",
        _of(sum(last[who] > day for who in called), len(called)),
        _of(sum(_dropped(found, who) for who in called), len(called)),
        _of(sum(known[who] == Ending.SILENT for who in gone), len(gone)),
    ]


def _in(one: ctn0094.Course, trial: str) -> bool:
    return one.patient.trial == trial


def _of(count: int, of: int) -> str:
    return f"{count:,} of {of:,} ({percent(count / of)})"


# --- what other choices would have given ------------------------------------------------------------


def _choices(found: Whole, with_follow_up: Whole) -> str:
    lines = [
        ("as above", found, (Ending.SILENT,)),
        ("'other' (closing visit, left study, jail …) counted as silent too", found, LEFT),
        ("visits planned after treatment count as sessions", with_follow_up, (Ending.SILENT,)),
    ]
    by_session = [f"by session {time}" for time in SESSIONS]
    heading = ("choice", *by_session, "within 12 weeks", "within 24 weeks", "in all")
    return table(heading, [[words, *_left(one, kinds)] for words, one, kinds in lines])


def _left(found: Whole, kinds: Sequence[str]) -> list[str]:
    """Cumulative incidence of leaving in any of these ways: incidences of competing endings add up."""
    group = found.groups[-1]
    cells = []
    for name, times in (("incidence_sessions", SESSIONS), ("incidence_weeks", (12, 24))):
        for time in times:
            cells.append(percent(sum(_estimate(getattr(group, name)[kind], time) for kind in kinds)))
    count = sum(kind.count or 0 for kind in group.endings if kind.ending in kinds)
    return [*cells, f"{count:,}"]


def _estimate(curve: Curve, time: int) -> float:
    return next(point.estimate for point in curve.points if point.time == time)
