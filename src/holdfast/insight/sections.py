"""One plain sentence for each part of the report and the terminal, and what would make the figures surer."""

from __future__ import annotations

from holdfast.insight import figures
from holdfast.insight.result import SUPPRESSED, TOO_FEW, Breakdown, Comparison, Curve, Group, Leak, OverallTest
from holdfast.insight.words import counted, percent
from holdfast.insight.words import courses as courses_of
from holdfast.insight.words import people as people_of
from holdfast.tables.schema import Ending
from holdfast.words import Words, plural

STAYED = {"first": 1, "fifth": 5, "tenth": 10}  # sessions; who can be told of a later one can be of those before
NO_BREAK = "\u00a0"
SURE_ENOUGH = 0.05  # below this chance a difference is called more than chance would do


def base(group: Group) -> str:
    """Say who is counted: "862 men, 933 courses of therapy, 9,636 appointments"."""
    parts = []
    if group.clients is not None:
        parts.append(counted(group.clients, people_of(group)))
    if group.episodes is not None:
        parts.append(plural("{count} course of therapy", "{count} courses of therapy", group.episodes))
    if group.appointments is not None:
        parts.append(plural("{count} appointment", "{count} appointments", group.appointments))
    if group.sessions is not None:
        parts.append(plural("{count} session", "{count} sessions", group.sessions))
    return Words("{parts}", parts=parts)


def label(group: Group) -> str:
    """What the group is called."""
    return figures.clean(group.label).strip() or Words("not known")


def name(group: Group) -> str:
    """The same as a heading."""
    called = label(group)
    return called[0].upper() + called[1:]


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
        return Words("So few people are behind every number that none of it may be shared.")
    if group.episodes is None or group.episodes > leak.too_few:
        return None
    return plural(
        "One course of therapy is too few to tell more: with {few} or fewer, one person more or less would change "
        "every rate, curve and comparison.",
        "{count} courses of therapy are too few to tell more: with {few} or fewer, one person more or less would "
        "change every rate, curve and comparison.",
        group.episodes,
        few=leak.too_few,
    )


def why_no_curve(curve: Curve) -> str:
    """Say why there is nothing to draw."""
    if curve.why_not == TOO_FEW:
        return Words("Too few to tell: {courses}.", courses=courses_of(curve.of))
    if curve.why_not == SUPPRESSED:
        return Words("Not shown: too few people in some of the steps to share a curve.")
    return curve.why_not or Words("Nobody has been followed long enough yet.")


def ended(group: Group) -> str:
    """How it ended, in one sentence."""
    endings = {item.ending: item for item in group.endings}
    silent, over = endings[Ending.SILENT], endings[Ending.SILENT].share.of
    if over is None or silent.count is None:
        return Words("How many left without a word is not shown: too few people.")
    if over == 0:
        return Words("No course is over yet.")
    courses = plural("Of {count} course that is over", "Of {count} courses that are over", over)
    found = silent.share
    if found.estimate is None or found.low is None or found.high is None:
        return Words(
            "{courses}, {silent} ended without a word: too few for a rate.", courses=courses, silent=silent.count
        )
    sentence = Words(
        "{courses}, {silent} ended without a word ({share}, {between})",
        courses=courses,
        silent=silent.count,
        share=percent(found.estimate),
        between=figures.between(found.low, found.high),
    )
    planned = endings.get(Ending.PLANNED)
    if planned is None or planned.count is None:
        return Words("{sentence}.", sentence=sentence)
    return Words("{sentence}; {planned} finished as planned.", sentence=sentence, planned=planned.count)


def staying(group: Group) -> str:
    """How long people stay, in one sentence."""
    points = {name: figures.point_at(group.staying_sessions, time) for name, time in STAYED.items()}
    known = {name: round(100 * point.estimate) for name, point in points.items() if point is not None}
    if not known:
        return why_no_curve(group.staying_sessions)
    people = people_of(group)
    if "tenth" in known:
        return Words(
            "Of every 100 {people} who book, {first} come back after the first session, {fifth} after the fifth and "
            "{tenth} after the tenth.",
            people=people,
            **known,
        )
    if "fifth" in known:
        return Words(
            "Of every 100 {people} who book, {first} come back after the first session and {fifth} after the fifth.",
            people=people,
            **known,
        )
    return Words("Of every 100 {people} who book, {first} come back after the first session.", people=people, **known)


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
    name = "Gray's test" if test.test == "Gray" else f"{test.test} test"
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
        return "Other people's yardsticks, laid on the same courses, are not shown: too few people."
    if len(known) < 2:
        return f"Other people's yardsticks, laid on the same courses: {TOO_FEW}."
    return (
        'Researchers mean different things by "dropout". Laid on the same courses, their yardsticks find '
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
        "of the courses that both can judge. Do not set one practice's figure beside another's without asking which "
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
