"""The leak in plain sentences: what was found, and how it was counted."""

from __future__ import annotations

from holdfast.insight.result import Group, Leak, Step
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
DEFINITION_WORDS = {
    "own_word": "The record's own word",
    "missed_last": "Missed the last one, never came back",
    "below_median": "Fewer sessions than the median",
    "below_three": "Fewer than three sessions",
    "before_change": "Before reliable change",
}


def headline(leak: Leak) -> list[str]:
    """Two or three sentences that say what was found, about the first group."""
    group = leak.groups[0]
    people = "men" if group.label == "men" else "clients"
    first, second = group.funnel[1], group.funnel[2]
    if first.reached is None or second.reached is None:
        return [f"Too few {people} to say anything that may be shared."]
    if first.reached == 0:
        return [_nobody_came(group, people)]
    return [sentence for sentence in (_second_session(first, second, people), _where(group), _sure(group)) if sentence]


def _nobody_came(group: Group, people: str) -> str:
    if group.unmarked_appointments:
        return (
            f"No session of these {_count(group.clients, people)} is marked as attended, so nobody can say who came: "
            f"{_count(group.unmarked_appointments, 'past appointments were', 'past appointment was')} never marked."
        )
    return f"None of these {_count(group.clients, people)} has had a session yet."


def _second_session(first: Step, second: Step, people: str) -> str:
    reached, came = first.reached or 0, second.reached or 0
    gone = sum(count or 0 for count in second.lost.values())
    silent = second.lost.get(Ending.SILENT, 0)
    who = _count(reached, people, people.removesuffix("s") if people != "men" else "man")
    if gone == 0:
        return f"Of {who} who came once, none is known to have stopped there."
    sentence = f"Of {who} who came once, {gone:,} did not come a second time; {_of_those(silent, gone)} never said why"
    rest = reached - came - gone
    return sentence + (f" ({rest:,} more may still come, or nobody marked whether they did)." if rest else ".")


def _of_those(silent: int | None, gone: int) -> str:
    if silent is None:
        return "how many of those is not shown; they"
    if silent == gone and gone > 1:
        return "all of those"
    return f"{_number(silent)} of those"


def _where(group: Group) -> str | None:
    """Where the chance of leaving without a word is largest, session by session."""
    steps = list(zip(group.funnel[1:], group.funnel[2:], strict=False))
    counts = [step.lost.get(Ending.SILENT, 0) for _, step in steps]
    if any(count is None for count in counts):
        return None
    silent = sum(count or 0 for count in counts)
    if silent <= TOO_FEW_TO_PLACE:
        many = f"{_number(silent).capitalize()} left without a word before a tenth session"
        return f"{many}: too few to say where most are lost."
    count, before, step = max(
        ((count or 0, before, step) for count, (before, step) in zip(counts, steps, strict=True)), key=_chance_a_session
    )
    if count * 2 > silent:
        return f"Most of the loss is between the {before.name.split()[0]} and the {step.name}."
    where = (
        f"after the {before.name}"
        if step.session - before.session == 1
        else (f"between the {before.name.split()[0]} and the {step.name}")
    )
    share = percent(count / (before.reached or 1))
    return f"They are lost fastest {where}: {count:,} of {before.reached:,} ({share}) left without a word there."


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
    return (
        f"Of every 100 who book, about {round(100 * point.estimate)} leave without a word by the tenth session "
        f"(between {low} and {high}); {group.open or 0:,} of these {group.episodes:,} courses are still open."
    )


def _count(count: int, many: str, one: str | None = None) -> str:
    return f"{count:,} {one if count == 1 and one else many}"


def _number(count: int | None) -> str:
    if count is None:
        return "a few"
    return "none" if count == 0 else f"{count:,}"


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
        f"With {leak.too_few} people or fewer no rate is given: {'too few to tell'}. Ranges are 95 % intervals: with "
        "the same practice and other clients the figure could have been anywhere in it.",
        "In the curves, a session counts once it is long enough ago that a long quiet after it would have shown.",
    ]
    return found + _data_notes(leak, group)


def _data_notes(leak: Leak, group: Group) -> list[str]:
    found = []
    if group.unmarked_appointments:
        found.append(
            f"{_count(group.unmarked_appointments, 'past appointments were', 'past appointment was')} never marked. "
            "They are not read as attended, and not as missed: asking whether he came would make these figures surer."
        )
    if group.assumed_sessions:
        found.append(
            f"For {group.assumed_sessions:,} sessions the system itself filled in 'attended', or it was worked out. If "
            " missed sessions were not always marked, people left earlier than shown here."
        )
    known = leak.evidence.gender_known
    if known.count is not None and known.of and known.count < known.of:
        found.append(
            f"Gender is known of {known.count:,} of {known.of:,} clients; only they can be counted as men or women."
        )
    if leak.evidence.group_rows:
        found.append("Couples and groups: each client is counted once, in his own right.")
    if leak.shared:
        found.append("Made for sharing: small counts are left out, and others from which they could be worked out.")
    return found
