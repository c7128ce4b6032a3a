"""One plain sentence for each part of the report and the terminal, and what would make the figures surer."""

from __future__ import annotations

from holdfast.insight import figures
from holdfast.insight.result import SUPPRESSED, TOO_FEW, Breakdown, Comparison, Curve, Group, Leak, OverallTest
from holdfast.insight.words import people as people_of
from holdfast.insight.words import percent
from holdfast.tables.schema import Ending

NO_BREAK = "\u00a0"
SURE_ENOUGH = 0.05  # below this chance a difference is called more than chance would do


def base(group: Group) -> str:
    """Say who is counted: "862 men, 933 courses of therapy, 9,636 appointments"."""
    parts = [
        (group.clients, people_of(group), people_of(group).removesuffix("s") if people_of(group) != "men" else "man"),
        (group.episodes, "courses of therapy", "course of therapy"),
        (group.appointments, "appointments", "appointment"),
        (group.sessions, "sessions", "session"),
    ]
    return ", ".join(f"{count:,} {one if count == 1 else many}" for count, many, one in parts if count is not None)


def name(group: Group) -> str:
    """The group's label as a heading."""
    label = figures.clean(group.label).strip() or "not known"
    return label[0].upper() + label[1:]


def beside(leak: Leak) -> list[Group]:
    """The groups after the first, unless they are the same people again."""
    first = leak.groups[0]
    return [group for group in leak.groups[1:] if group.episodes is None or group.episodes != first.episodes]


def nothing_shown(group: Group) -> bool:
    """Whether so few are behind every step that there is nothing to draw."""
    return all(step.reached is None for step in group.funnel)


def too_few(leak: Leak) -> str | None:
    """The one sentence that stands for a page on which no rate could be given; nothing if there is more to say."""
    group = leak.groups[-1]
    if leak.shared and all(nothing_shown(one) for one in leak.groups):
        return "So few people are behind every number that none of it may be shared."
    if group.episodes is None or group.episodes > leak.too_few:
        return None
    courses = f"{group.episodes:,} courses of therapy are" if group.episodes != 1 else "One course of therapy is"
    return (
        f"{courses} too few to tell more: with {leak.too_few} or fewer, one person more or less would change every "
        "rate, curve and comparison."
    )


def why_no_curve(curve: Curve) -> str:
    """Say why there is nothing to draw."""
    if curve.why_not == TOO_FEW:
        return f"Too few to tell: {curve.of:,} {'course' if curve.of == 1 else 'courses'}."
    if curve.why_not == SUPPRESSED:
        return "Not shown: too few people in some of the steps to share a curve."
    return curve.why_not or "Nobody has been followed long enough yet."


def ended(group: Group) -> str:
    """How it ended, in one sentence."""
    endings = {item.ending: item for item in group.endings}
    silent, over = endings[Ending.SILENT], endings[Ending.SILENT].share.of
    if over is None or silent.count is None:
        return "How many left without a word is not shown: too few people."
    if over == 0:
        return "No course is over yet."
    courses = f"Of {over:,} courses that are over" if over != 1 else "Of 1 course that is over"
    found = silent.share
    if found.estimate is None or found.low is None or found.high is None:
        return f"{courses}, {silent.count:,} ended without a word: too few for a rate."
    planned = endings.get(Ending.PLANNED)
    also = f"; {planned.count:,} finished as planned" if planned is not None and planned.count is not None else ""
    sure = f"{percent(found.estimate)}, {figures.between(found.low, found.high)}"
    return f"{courses}, {silent.count:,} ended without a word ({sure}){also}."


def staying(group: Group) -> str:
    """How long people stay, in one sentence."""
    points = {time: figures.point_at(group.staying_sessions, time) for time in (1, 5, 10)}
    known = [(time, point) for time, point in points.items() if point is not None]
    if not known:
        return why_no_curve(group.staying_sessions)
    after = {1: "after the first session", 5: "after the fifth", 10: "after the tenth"}
    parts = [f"{round(100 * point.estimate)} come back {after[time]}" for time, point in known]
    text = ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]
    first, *others = text.split(" come back ")
    return f"Of every 100 {people_of(group)} who book, {first} come back {' '.join(others)}."


def mean_sessions(group: Group) -> str:
    """How many of the first sessions people use."""
    found = figures.amount(group.restricted_mean_sessions)
    if group.restricted_mean_sessions.estimate is None:
        return f"Sessions used, of the first {group.restricted_to}: {found}."
    return f"Of the first {group.restricted_to} sessions, {people_of(group)} use {found} on average."


def overall(test: OverallTest) -> str:
    """What the test of all groups at once says, without claiming that no difference was shown to be none."""
    what = test.what[0].upper() + test.what[1:]
    if test.why_not == SUPPRESSED:
        return f"{what}: the test of all groups is left out of what is shared, as one of them is too small to be shown."
    if test.p is None or test.statistic is None:
        return f"{what}: whether the groups differ cannot be told. {test.why_not or TOO_FEW.capitalize()}"
    name = "Gray’s test" if test.test == "Gray" else f"{test.test} test"
    numbers = (
        f"{name}, χ²\u00a0{test.statistic:.2f}, df\u00a0{test.degrees_of_freedom}, p\u00a0{figures.chance(test.p)}"
    )
    if test.p < SURE_ENOUGH:
        return f"{what}: the groups differ by more than chance alone would often do ({numbers})."
    return (
        f"{what}: if the groups were really alike, differences this large would still turn up in about "
        f"{round(100 * test.p)} of 100 practices ({numbers}). That does not show that they are alike."
    )


def compared(comparison: Comparison) -> str:
    return f"{figures.clean(comparison.first)} minus {figures.clean(comparison.second)}"


def groups(breakdown: Breakdown) -> str:
    names = [name(group) for group in breakdown.groups]
    if not breakdown.comparisons:
        return "There are too few people in these groups to set them beside each other."
    largest = figures.clean(breakdown.comparisons[0].first)
    return f"{len(names)} groups; each is set beside the largest of them, {largest}."


def two_questions(breakdown: Breakdown) -> str | None:
    """Why a difference and a test of all groups can say different things; nothing where only one of them stands."""
    if not breakdown.comparisons or all(test.p is None for test in breakdown.tests):
        return None
    sessions = breakdown.groups[0].restricted_to
    return (
        f"The differences and the tests answer different questions. A difference is about two groups, by session "
        f"{figures.COMPARED_AT} or in the first {sessions}. A test asks whether any of all these groups differ, over "
        "all the time that people were followed. So one can show something where the other does not."
    )


def column(breakdown: Breakdown) -> str:
    return figures.clean(breakdown.column).replace("_", " ")


def differences(breakdown: Breakdown) -> dict[str, list[Comparison]]:
    """The comparisons by what they compare."""
    found: dict[str, list[Comparison]] = {}
    for comparison in breakdown.comparisons:
        found.setdefault(comparison.what, []).append(comparison)
    return found


def definitions(group: Group) -> str:
    """How far apart the definitions are."""
    known = [item.share.estimate for item in group.dropout if item.share.estimate is not None]
    if len(known) < 2 and any(item.share.why_not == SUPPRESSED for item in group.dropout):
        return "Other people’s yardsticks, laid on the same courses, are not shown: too few people."
    if len(known) < 2:
        return f"Other people’s yardsticks, laid on the same courses: {TOO_FEW}."
    return (
        f"Researchers mean different things by “dropout”. Laid on the same courses, their yardsticks find "
        f"anything from {percent(min(known))} to {percent(max(known))}."
    )


def disagreement(group: Group) -> str:
    if not group.disagreement:
        return "How often two of them disagree about the same course is left out of what is shared."
    known = [item.share.estimate for item in group.disagreement if item.share.estimate is not None]
    if not known:
        return f"How often two of them disagree about the same course: {TOO_FEW}."
    return (
        f"Any two of them say different things about the same course in {percent(min(known))} to {percent(max(known))} "
        "of the courses that both can judge. Do not set one practice’s figure beside another’s without asking which "
        "yardstick it was."
    )


def evidence(leak: Leak) -> str:
    """How good the data are, in one sentence."""
    found, unmarked = leak.evidence, leak.evidence.statuses.get("unknown", 0)
    if found.appointments is None:
        return "What the calendar holds in all is left out of what is shared."
    if not found.appointments:
        return "There are no appointments."
    share = percent(unmarked / found.appointments)
    if not unmarked:
        return f"Every one of the {found.appointments:,} appointments says what became of it, or is still to come."
    verb = "was" if unmarked == 1 else "were"
    return f"Of {found.appointments:,} appointments, {unmarked:,} ({share}) {verb} never marked: nobody knows."


def surer(leak: Leak) -> list[str]:
    """What somebody could do to make these figures surer, the largest gap first."""
    found, group = leak.evidence, leak.groups[-1]
    gaps = [
        (
            found.statuses.get("unknown", 0),
            "Mark what became of the {} past appointments that nobody marked.",
            "Mark what became of the one past appointment that nobody marked.",
        ),
        (
            found.certainty.get("defaulted", 0),
            "Check the {} appointments that the system filled in by itself: did they take place?",
            "Check the one appointment that the system filled in by itself: did it take place?",
        ),
        (
            sum(item.by_rule or 0 for item in group.endings),
            "Write down how {} courses ended that are only known by the rule.",
            "Write down how the one course ended that is only known by the rule.",
        ),
        (
            (found.gender_known.of or 0) - (found.gender_known.count or 0) if found.gender_known.of else 0,
            "Fill in the gender of {} clients.",
            "Fill in the gender of one client.",
        ),
    ]
    largest_first = sorted((gap for gap in gaps if gap[0] > 0), key=lambda gap: -gap[0])
    return [one if count == 1 else many.format(f"{count:,}") for count, many, one in largest_first]
