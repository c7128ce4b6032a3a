"""The leak in plain sentences: what was found, and how it was counted."""

from __future__ import annotations

from datetime import datetime, timedelta

from holdfast.insight.result import TOO_FEW, Follow, Group, Leak, Step
from holdfast.tables.schema import Ending

ENDING_WORDS = {
    Ending.PLANNED: "finished as planned",
    Ending.TOLD: "stopped, and said so",
    Ending.SWITCHED: "changed to another therapist here",
    Ending.REFERRED: "were referred elsewhere",
    Ending.SILENT: "left without a word",
    Ending.NEVER_STARTED: "never came to a first session",
    Ending.OTHER: "ended in another way",
}
TOO_FEW_TO_PLACE = 10
BY_SESSION = 10
BEYOND = timedelta(days=2)  # the day of the export itself is not beyond it
MEN, CLIENTS = "men", "clients"
DEFINITION_WORDS = {  # short: they stand beside bars on a phone
    "own_word": "Own word",
    "missed_last": "Missed the last",
    "below_median": "Below median",
    "below_three": "Below three",
    "before_change": "Before change",
}


def people(group: Group) -> str:
    """Name the people of a group in the plural."""
    return MEN if group.label == MEN else CLIENTS


def headline(leak: Leak) -> list[str]:
    """Two or three sentences that say what was found, about the first group."""
    return [*_found(leak.groups[0]), *beyond_the_export(leak.at, leak.complete_to)]


def beyond_the_export(at: datetime, complete_to: datetime | None) -> list[str]:
    """Warn that nothing is known of the last part of the time that was asked for."""
    if complete_to is None or at < complete_to + BEYOND:
        return []
    day = f"{complete_to:%d %B %Y}".lstrip("0")
    return [
        f"The export ends on {day}, before the day that was asked for: whoever came since then looks quiet here. "
        "Import a newer export, or leave out --at."
    ]


def _found(group: Group) -> list[str]:
    if group.episodes == 0:
        return ["Nothing was known of anybody yet on that day."]
    first, second = group.funnel[1], group.funnel[2]
    if first.reached is None or second.reached is None:
        return [f"Too few {people(group)} to say anything that may be shared."]
    if first.reached == 0:
        return [_nobody_came(group)]
    found = (_second_session(first, second, people(group)), _where(group), _sure(group))
    return [sentence for sentence in found if sentence]


def _nobody_came(group: Group) -> str:
    who = "this client" if people(group) == CLIENTS else "this man"
    these = f"these {group.clients:,} {people(group)}" if group.clients != 1 and group.clients is not None else who
    if group.unmarked_appointments:
        return (
            f"No session of {these} is marked as attended, so nobody can say who came: "
            f"{_count(group.unmarked_appointments, 'past appointments were', 'past appointment was')} never marked."
        )
    return f"None of {these} has had a session yet." if these != who else f"{who.capitalize()} has had no session yet."


def _second_session(first: Step, second: Step, people: str) -> str:
    reached, came = first.reached or 0, second.reached or 0
    open_or_unmarked = (second.waiting, second.unmarked)
    who = _count(reached, people, "man" if people == MEN else "client")
    if None in open_or_unmarked:
        return f"Of {who} who came once, {came:,} came a second time."
    rest = sum(count or 0 for count in open_or_unmarked)
    gone = reached - came - rest
    if gone == 0:
        sentence = f"Of {who} who came once, none is known to have stopped there"
    else:
        sentence = f"Of {who} who came once, {gone:,} did not come a second time; {_never_said(second, gone, people)}"
    return sentence + (f" ({rest:,} more may still come, or nobody marked whether they did)." if rest else ".")


def _never_said(step: Step, gone: int, people: str) -> str:
    silent = step.lost.get(Ending.SILENT, 0)
    if silent is None:
        return "how many of those never said why is not shown"
    if silent == 0:
        return "nobody left without a word"
    if silent == gone == 1:
        return "he never said why" if people == MEN else "they never said why"
    if silent == gone:
        return "none of those said why"
    return f"{silent:,} of those never said why"


def _where(group: Group) -> str | None:
    """Where the chance of leaving without a word is largest, session by session."""
    steps = list(zip(group.funnel[1:], group.funnel[2:], strict=False))
    counts = [step.lost.get(Ending.SILENT, 0) for _, step in steps]
    if any(count is None for count in counts):
        return None
    silent = sum(count or 0 for count in counts)
    if silent <= TOO_FEW_TO_PLACE:
        return _too_few_to_place(silent, group)
    count, before, step = max(
        ((count or 0, before, step) for count, (before, step) in zip(counts, steps, strict=True)), key=_chance_a_session
    )
    between = f"between the {before.name.split()[0]} and the {step.name}"
    if count * 2 > silent:
        return f"Most of the loss is {between}."
    where = f"after the {before.name}" if step.session - before.session == 1 else between
    share = percent(count / (before.reached or 1))
    who = people(group).capitalize()
    return f"{who} are lost fastest {where}: {count:,} of {before.reached or 0:,} ({share}) left without a word there."


def _too_few_to_place(silent: int, group: Group) -> str:
    if silent == 0:
        one = "man" if people(group) == MEN else "client"
        return f"No {one} is known to have left without a word before a tenth session."
    return f"{silent:,} left without a word before a tenth session: too few to say where most are lost."


def _chance_a_session(found: tuple[int, Step, Step]) -> float:
    count, before, step = found
    return count / (before.reached or 1) / (step.session - before.session)


def _sure(group: Group) -> str | None:
    """The share that leaves without a word by the tenth session, open courses allowed for."""
    curve = group.incidence_sessions.get(Ending.SILENT)
    point = next((point for point in curve.points if point.time == BY_SESSION), None) if curve else None
    if point is None:
        return None
    low, high = round(100 * point.low), round(100 * point.high)
    sentence = (
        f"Of every 100 {people(group)} who book, about {round(100 * point.estimate)} leave without a word "
        f"by the tenth session (between {low} and {high})"
    )
    if not group.open or group.episodes is None:
        return f"{sentence}."
    courses = _count(group.episodes, "courses", "course")
    return f"{sentence}; {group.open:,} of these {courses} {'is' if group.open == 1 else 'are'} still open."


def _count(count: int, many: str, one: str | None = None) -> str:
    return f"{count:,} {one if count == 1 and one else many}"


def percent(value: float | None) -> str:
    """Write a share in whole per cent; what would round to 0 or 100 but is not says so."""
    if value is None:
        return ""
    whole = round(100 * value)
    if whole == 0 and value > 0:
        return "under 1 %"
    if whole == 100 and value < 1:
        return "over 99 %"
    return f"{whole} %"


def notes(leak: Leak) -> list[str]:
    """How this was counted, and what the data cannot say."""
    group = leak.groups[-1]
    found = [
        f"Left without a word means: recorded as such, or by a plain rule: {leak.rule}. "
        "It is a rule, not knowledge: somebody counted here may still come back.",
        "Everyone who was booked is in the denominator, those who never came included. Whoever is still coming counts "
        "neither as stayed nor as left.",
        f"With {leak.too_few} people or fewer no rate is given: {TOO_FEW}. Ranges are 95 % intervals: with "
        "the same therapists and other clients the figure could have been anywhere in it.",
    ]
    return found + _horizon_notes(leak, group) + _course_notes(group) + _data_notes(leak, group)


def _horizon_notes(leak: Leak, group: Group) -> list[str]:
    """From when on the curves do not count, and why it is the same for everybody."""
    if leak.horizon is None or (group.episodes is not None and group.episodes <= leak.too_few):
        return []
    follow = leak.horizon
    found = [
        f"In the curves, a session counts once it is {follow.days} days ago: by then it would show if he did not come "
        f"back. {_why_so_long(follow)} It is the same for everybody, or those who leave would count sooner than those "
        "who stay."
    ]
    if group.unmarked_appointments is None or group.unmarked_appointments:
        found.append(
            "In the curves, nobody is followed beyond an appointment that nobody marked: whoever was seen again "
            "after it would count, and whoever was not would not."
        )
    return found


def _why_so_long(follow: Follow) -> str:
    if follow.days > follow.rhythms * follow.rhythm_days + 1:
        return "Four weeks are the least; people here come more often than weekly."
    times = {3: "three", 4: "four", 5: "five"}.get(follow.rhythms, str(follow.rhythms))
    return (
        f"That is {times} times the longer rhythm here: of those whose rhythm is known, three in four come at least "
        f"every {_days(follow.rhythm_days)}. In one such time he may still miss what was booked, the rest is the quiet "
        "of the rule."
    )


def _days(days: float) -> str:
    return "day" if days == 1 else f"{days:g} days"


def _course_notes(group: Group) -> list[str]:
    if group.clients is None or group.episodes is None or group.clients == group.episodes:
        return []
    return [
        "What is counted is a course: one client with one therapist, from the first booking to the ending. Whoever "
        f"saw two therapists, or came back after an ending, has two: {_count(group.clients, people(group))}, "
        f"{_count(group.episodes, 'courses')}."
    ]


def _data_notes(leak: Leak, group: Group) -> list[str]:
    found = []
    if group.unmarked_appointments:
        found.append(
            f"{_count(group.unmarked_appointments, 'past appointments were', 'past appointment was')} never marked. "
            "They are not read as attended, and not as missed: asking whether he came would make these figures surer."
        )
    if group.assumed_sessions:
        found.append(
            f"For {_count(group.assumed_sessions, 'sessions', 'session')} the system itself filled in 'attended', or "
            "it was worked out. If missed sessions were not always marked, people left earlier than shown here."
        )
    known = leak.evidence.gender_known
    if known.count is not None and known.of and known.count < known.of:
        found.append(
            f"Gender is known of {known.count:,} of {known.of:,} clients; only they can be counted as men or women."
        )
    found.append("Couples and groups: each client is counted once, in his own right.")
    found += [f"The groups by {column.replace('_', ' ')} are too small to be shared." for column in leak.too_small]
    if leak.shared:
        found.append(
            "Made for sharing: small counts are left out, and others from which they could be worked out. Here "
            "'ended in another way' holds every ending that was spoken of, planned ones first of all, and "
            "'may still come' also those whom nobody marked."
        )
    return found
