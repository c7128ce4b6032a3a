"""The leak in plain sentences: what was found, and how it was counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from holdfast.episodes import PLAIN_RULE
from holdfast.insight.result import TOO_FEW, Follow, Group, Leak, Step
from holdfast.tables.schema import Ending
from holdfast.words import Value, Words, plural

ENDING_WORDS = {
    Ending.PLANNED: Words("finished as planned"),
    Ending.TOLD: Words("stopped, and said so"),
    Ending.SWITCHED: Words("changed to another therapist here"),
    Ending.REFERRED: Words("were referred elsewhere"),
    Ending.SILENT: Words("left without a word"),
    Ending.NEVER_STARTED: Words("never came to a first session"),
    Ending.OTHER: Words("ended in another way"),
}
BETWEEN = {  # a step of the funnel, by its session, and the step before it
    2: Words("between the first and the second session"),
    3: Words("between the second and the third session"),
    5: Words("between the third and the fifth session"),
    10: Words("between the fifth and the tenth session"),
}
AFTER = {1: Words("after the first session"), 2: Words("after the second session")}
TOO_FEW_TO_PLACE = 10
BY_SESSION = 10
BEYOND = timedelta(days=2)  # the day of the export itself is not beyond it
MEN, CLIENTS = Words("men"), Words("clients")
DEFINITION_WORDS = {  # short: they stand beside bars on a phone
    "own_word": "Own word",
    "missed_last": "Missed the last",
    "below_median": "Below median",
    "below_three": "Below three",
    "before_change": "Before change",
}


def people(group: Group) -> Words:
    """Name the people of a group in the plural."""
    return MEN if group.label == MEN else CLIENTS


def headline(leak: Leak) -> list[str]:
    """Two or three sentences that say what was found, about the first group."""
    return [*_found(leak.groups[0]), *beyond_the_export(leak.at, leak.complete_to)]


def beyond_the_export(at: datetime, complete_to: datetime | None) -> list[str]:
    """Warn that nothing is known of the last part of the time that was asked for."""
    if complete_to is None or at < complete_to + BEYOND:
        return []
    return [
        Words(
            "The export ends on {ends_on}, before the day that was asked for: whoever came since then looks quiet "
            "here. Import a newer export, or leave out --at.",
            ends_on=complete_to.date(),
        )
    ]


def _found(group: Group) -> list[str]:
    if group.episodes == 0:
        return [Words("Nothing was known of anybody yet on that day.")]
    first, second = group.funnel[1], group.funnel[2]
    if first.reached is None or second.reached is None:
        return [Words("Too few {people} to say anything that may be shared.", people=people(group))]
    if first.reached == 0:
        return [_nobody_came(group)]
    found = (_second_session(first, second, people(group)), _where(group), _sure(group))
    return [sentence for sentence in found if sentence]


def _nobody_came(group: Group) -> Words:
    these = _these(group)
    if group.unmarked_appointments:
        return Words(
            "No session of {these} is marked as attended, so nobody can say who came: {never_marked}.",
            these=these,
            never_marked=_never_marked(group.unmarked_appointments),
        )
    if group.clients not in (1, None):
        return Words("None of {these} has had a session yet.", these=these)
    if people(group) == MEN:
        return Words("This man has had no session yet.")
    return Words("This client has had no session yet.")


def _these(group: Group) -> Words:
    if group.clients in (1, None):
        return Words("this man") if people(group) == MEN else Words("this client")
    return Words("these {clients} {people}", clients=group.clients, people=people(group))


def _never_marked(count: int) -> Words:
    return plural("{count} past appointment was never marked", "{count} past appointments were never marked", count)


def counted(count: int, people: Words) -> Words:
    """So many men, or clients."""
    if people == MEN:
        return plural("{count} man", "{count} men", count)
    return plural("{count} client", "{count} clients", count)


def _first_sessions(count: int, people: Words) -> Words:
    """So many first sessions of a course; a man who began a second course had two."""
    if people == MEN:
        return plural("{count} first session with a man", "{count} first sessions with men", count)
    return plural("{count} first session with a client", "{count} first sessions with clients", count)


def _second_session(first: Step, second: Step, people: Words) -> Words:
    reached, came = first.reached or 0, second.reached or 0
    sessions = _first_sessions(reached, people)
    if second.waiting is None or second.unmarked is None:
        return Words("Of {sessions}, {came} led to a second.", sessions=sessions, came=came)
    rest = second.waiting + second.unmarked
    gone = reached - came - rest
    if gone == 0:
        sentence = Words("Of {sessions}, none is known to have been the last", sessions=sessions)
    else:
        sentence = Words(
            "Of {sessions}, {gone} led to no second; {never_said}",
            sessions=sessions,
            gone=gone,
            never_said=_never_said(second, gone, people),
        )
    if not rest:
        return Words("{sentence}.", sentence=sentence)
    return Words(
        "{sentence} ({rest} more may still lead to one, or nobody marked whether they did).",
        sentence=sentence,
        rest=rest,
    )


def _never_said(step: Step, gone: int, people: Words) -> Words:
    silent = step.lost.get(Ending.SILENT, 0)
    who = Words("he") if people == MEN else Words("they")
    if silent is None:
        return Words("after how many of those {who} never said why is not shown", who=who)
    if silent == 0:
        return Words("nobody left without a word")
    if silent == gone == 1:
        return Words("{who} never said why", who=who)
    if silent == gone:
        return Words("after none of those did {who} say why", who=who)
    return Words("after {count} of those {who} never said why", count=silent, who=who)


def _where(group: Group) -> Words | None:
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
    if count * 2 > silent:
        return Words("Most of the loss is {between}.", between=BETWEEN[step.session])
    told: Mapping[str, Value] = {
        "where": AFTER[before.session] if step.session - before.session == 1 else BETWEEN[step.session],
        "count": count,
        "reached": before.reached or 0,
        "share": percent(count / (before.reached or 1)),
    }
    if people(group) == MEN:
        return Words("Men are lost fastest {where}: {count} of {reached} ({share}) left without a word there.", **told)
    return Words("Clients are lost fastest {where}: {count} of {reached} ({share}) left without a word there.", **told)


def _too_few_to_place(silent: int, group: Group) -> Words:
    if silent:
        return Words(
            "{count} left without a word before a tenth session: too few to say where most are lost.", count=silent
        )
    if people(group) == MEN:
        return Words("No man is known to have left without a word before a tenth session.")
    return Words("No client is known to have left without a word before a tenth session.")


def _chance_a_session(found: tuple[int, Step, Step]) -> float:
    count, before, step = found
    return count / (before.reached or 1) / (step.session - before.session)


def _sure(group: Group) -> Words | None:
    """The share that leaves without a word by the tenth session, open courses allowed for."""
    curve = group.incidence_sessions.get(Ending.SILENT)
    point = next((point for point in curve.points if point.time == BY_SESSION), None) if curve else None
    if point is None:
        return None
    sentence = Words(
        "Of every 100 {people} who book, about {about} leave without a word by the tenth session "
        "(between {low} and {high})",
        people=people(group),
        about=round(100 * point.estimate),
        low=round(100 * point.low),
        high=round(100 * point.high),
    )
    if not group.open or group.episodes is None:
        return Words("{sentence}.", sentence=sentence)
    still_open = plural(
        "{count} of these {courses} is still open",
        "{count} of these {courses} are still open",
        group.open,
        courses=courses(group.episodes),
    )
    return Words("{sentence}; {still_open}.", sentence=sentence, still_open=still_open)


def courses(count: int) -> Words:
    """So many courses of therapy, in few words."""
    return plural("{count} course", "{count} courses", count)


def percent(value: float | None) -> str:
    """Write a share in whole per cent; what would round to 0 or 100 but is not says so."""
    return "" if value is None else Words("{share} %", share=of_hundred(value))


def of_hundred(value: float) -> str:
    """The same without the sign."""
    whole = round(100 * value)
    if whole == 0 and value > 0:
        return Words("under 1")
    if whole == 100 and value < 1:
        return Words("over 99")
    return str(whole)


def notes(leak: Leak) -> list[str]:
    """How this was counted, and what the data cannot say."""
    group = leak.groups[-1]
    rule = PLAIN_RULE.words if leak.rule == PLAIN_RULE.words else leak.rule
    found = [
        Words(
            "Left without a word means: recorded as such, or by a plain rule: {rule}. "
            "It is a rule, not knowledge: somebody counted here may still come back.",
            rule=rule,
        ),
        Words(
            "Everyone who was booked is in the denominator, those who never came included. Whoever is still coming "
            "counts neither as stayed nor as left."
        ),
        Words(
            "With {few} people or fewer no rate is given: {too_few}. Ranges are 95 % intervals: with the same "
            "therapists and other clients the figure could have been anywhere in it.",
            few=leak.too_few,
            too_few=TOO_FEW,
        ),
    ]
    return [*found, *_horizon_notes(leak, group), *_course_notes(group), *_data_notes(leak, group)]


def _horizon_notes(leak: Leak, group: Group) -> list[Words]:
    """From when on the curves do not count, and why it is the same for everybody."""
    if leak.horizon is None or (group.episodes is not None and group.episodes <= leak.too_few):
        return []
    found = [
        Words(
            "In the curves, a session counts once it is {follow_days} ago: by then it would show if he did not come "
            "back. {why} It is the same for everybody, or those who leave would count sooner than those who stay.",
            follow_days=leak.horizon.days,
            why=_why_so_long(leak.horizon),
        )
    ]
    if group.unmarked_appointments is None or group.unmarked_appointments:
        found.append(
            Words(
                "In the curves, nobody is followed beyond an appointment that nobody marked: whoever was seen again "
                "after it would count, and whoever was not would not."
            )
        )
    return found


def _why_so_long(follow: Follow) -> Words:
    if follow.days > follow.rhythms * follow.rhythm_days + 1:
        return Words("Four weeks are the least; people here come more often than weekly.")
    times = {3: Words("three"), 4: Words("four"), 5: Words("five")}.get(follow.rhythms, str(follow.rhythms))
    return Words(
        "That is {times} times the longer rhythm here: of those whose rhythm is known, three in four come at least "
        "{rhythm}. In one such time he may still miss what was booked, the rest is the quiet of the rule.",
        times=times,
        rhythm=_every(follow.rhythm_days),
    )


def _every(days: float) -> Words:
    return Words("every day") if days == 1 else Words("every {several} days", several=days)


def _course_notes(group: Group) -> list[Words]:
    if group.clients is None or group.episodes is None or group.clients == group.episodes:
        return []
    return [
        Words(
            "What is counted is a course: one client with one therapist, from the first booking to the ending. Whoever "
            "saw two therapists, or came back after an ending, has two: {clients}, {courses}.",
            clients=counted(group.clients, people(group)),
            courses=courses(group.episodes),
        )
    ]


def _data_notes(leak: Leak, group: Group) -> list[Words]:
    found = []
    if group.unmarked_appointments:
        found.append(
            Words(
                "{never_marked}. They are not read as attended, and not as missed: asking whether he came would make "
                "these figures surer.",
                never_marked=_never_marked(group.unmarked_appointments),
            )
        )
    if group.assumed_sessions:
        found.append(
            Words(
                "For {sessions} the system itself filled in 'attended', or it was worked out. If missed sessions were "
                "not always marked, people left earlier than shown here.",
                sessions=plural("{count} session", "{count} sessions", group.assumed_sessions),
            )
        )
    known = leak.evidence.gender_known
    if known.count is not None and known.of and known.count < known.of:
        found.append(
            Words(
                "Gender is known of {known} of {all} clients; only they can be counted as men or women.",
                known=known.count,
                all=known.of,
            )
        )
    found.append(Words("Couples and groups: each client is counted once, in his own right."))
    found += [
        Words("The groups by {column} are too small to be shared.", column=column.replace("_", " "))
        for column in leak.too_small
    ]
    if leak.shared:
        found.append(
            Words(
                "Made for sharing: small counts are left out, and others from which they could be worked out. Here "
                "'ended in another way' holds every ending that was spoken of, planned ones first of all, and "
                "'may still come' also those whom nobody marked."
            )
        )
    return found
