"""His own page in words: his answers, what changed after them, and who looked. To him, so in the second person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from holdfast.tables.schema import Ending, Status
from holdfast_site.access.actors import Role
from holdfast_site.audit.services import Action
from holdfast_site.checkins.answers import Value
from holdfast_site.checkins.before_questions import ATTEND, CANCEL, REPLY, UNTIL, WEEKS, WHY, Reply
from holdfast_site.checkins.questions import CHANGE, QUESTIONS, WORDS, in_words
from holdfast_site.handover.models import Kind, NextStep, Outcome
from holdfast_site.messages.models import State

ASKS_MORE = {
    CHANGE: "One change for next time?",
    WORDS: "Anything else, in a line",
    REPLY: "Before your next session",
    UNTIL: "For how long",
    WHY: "Why",
    CANCEL: "Call the appointment off?",
    ATTEND: "How likely you come next time",
}
ORDER = (*QUESTIONS, CHANGE, WORDS)  # what he can put right
REPLIES = (REPLY, UNTIL, WHY, CANCEL, ATTEND)  # somebody has acted on these: he says it anew instead
ABOUT = {
    "pace": "The pace",
    "approach": "Feelings or doing",
    "tone": "How your therapist talks to you",
    "posture": "Who sets the direction",
    "language": "The words",
    "energy": "The energy in the room",
}
LAST = 3  # of what he said about one thing while it was not right

ROLES: Mapping[str, str] = {
    Role.THERAPIST: "therapist",
    Role.SUPERVISOR: "supervisor",
    Role.CARE_CONTACT: "care contact",
    Role.LEAD: "lead of the practice",
    Role.DESK: "front desk",
    Role.LINK_HOLDER: "person who got a link",
    Role.ANYONE: "who runs the computer",
}
DID: Mapping[str, str] = {
    Action.CLIENT_READ: "opened your page",
    Action.SUPERVISED_READ: "opened your page",
    Action.APPOINTMENT_MARKED: "noted whether you came",
    Action.APPOINTMENT_BOOKED: "booked an appointment for you",
    Action.APPOINTMENT_CHANGED: "moved or called off an appointment of yours",
    Action.SCHEDULE_READ: "opened an appointment of yours",
    Action.CLIENT_ADDED: "added you",
    Action.CONTACT_READ: "opened how you are reached",
    Action.CONTACT_CHANGED: "changed how you are reached",
    Action.MATTER_OPENED: "noted something to see to for you",
    Action.MATTER_READ: "opened something to see to for you",
    Action.MATTER_TAKEN: "took on something to see to for you",
    Action.MATTER_PLANNED: "planned a next step for you",
    Action.MATTER_SETTLED: "settled something for you",
    Action.SWITCH_READ: "looked for another therapist for you",
    Action.CLIENT_SWITCHED: "wrote down that you go on with another therapist",
    Action.STORY_READ: "read the story that you let go along",
    Action.REPAIR_LOGGED: "noted what was said or done",
    Action.REPAIR_TAKEN_BACK: "took back a note of what was said or done",
    Action.CONSENT_DECIDED: "wrote down what you decided",
    Action.CHECKIN_SENT: "sent you questions",
    Action.ADDRESS_ASKED: "asked you whether an address is your own",
    Action.ADDRESS_CONFIRMED: "said that an address is your own",
    Action.ADDRESS_DENIED: "said that an address is not your own",
    Action.ADDRESS_UNSAFE: "noted that nothing is to be sent to an old address",
    Action.MESSAGES_STOPPED: "stopped messages to you",
    Action.SUPERVISOR_ASSIGNED: "assigned a supervisor",
    Action.SUPERVISOR_ENDED: "ended what a supervisor may see",
    Action.WELCOME_MADE: "made a code for a way in to this page",
    Action.WAY_IN_MADE: "made a way in to this page, with a link and its code",
}
LISTS: Mapping[tuple[str, str], str] = {  # by what the audit says of it: of many people, him among them
    (Action.CASELOAD_READ, "therapist"): "opened the list of the day, which you may have been on",
    (Action.KEPT_READ, "kept"): "opened what is only for the care contact, where something of yours was",
    (Action.SCHEDULE_READ, "day"): "opened the schedule of a day that you were on",
    (Action.SCHEDULE_READ, "sent"): "opened to whom questions were sent or are due, you among them",
    (Action.SCHEDULE_READ, "booking"): "opened the page for booking, which lists names",
    (Action.CONTACT_READ, "clients"): "opened a search by name, which may have found you",
    (Action.MATTERS_READ, "matters"): "opened what is to be seen to, something for you among it",
    (
        Action.MATTERS_READ,
        "standing_in",
    ): "opened what somebody asked a therapist who is away, you among them",
    (Action.SUPERVISED_READ, "supervised"): "opened the list of those whom a supervisor looks after, you among them",
    (Action.STAFF_READ, "arranged"): "opened who supervises whom, you among them",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One question with its answer, and what stood there before he put it right."""

    name: str
    asks: str
    says: str
    before: str = ""
    corrected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What he said in one check-in, as far as his therapist could know it."""

    on: datetime
    answers: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was not right: what he said about it, oldest first, and since when it is right if it is."""

    about: str
    said: Sequence[tuple[datetime, str]]
    right_since: datetime | None
    better: bool | None  # than when he first said so; nothing while he said it once

    @property
    def last_on(self) -> datetime:
        return self.right_since or self.said[-1][0]


def asks(name: str) -> str:
    """The question as it was put to him."""
    return QUESTIONS[name].asks if name in QUESTIONS else ASKS_MORE[name]


def says(name: str, value: Value | None) -> str:
    """His answer in the words of the question."""
    if value is None:
        return "no answer"
    if name in REPLIES:
        return _replied(name, value)
    return in_words(QUESTIONS[name], int(value)) if name in QUESTIONS else str(value)


def _replied(name: str, value: Value) -> str:
    words = {**dict(Reply.choices), **dict(WEEKS)} if name in (REPLY, UNTIL) else {}
    return f"{value} of 10" if name == ATTEND else str(words.get(str(value), value))


def changes(heard: Sequence[Heard]) -> Sequence[Change]:
    """For each thing that he ever said was not right, how it went on the last time. The latest first."""
    found = (_change(name, heard) for name in ABOUT)
    return sorted((one for one in found if one is not None), key=lambda change: change.last_on, reverse=True)


def _change(name: str, heard: Sequence[Heard]) -> Change | None:
    said = [(one.on, int(one.answers[name])) for one in heard if name in one.answers]
    off = [place for place, (_, value) in enumerate(said) if value]
    if not off:
        return None
    last = off[-1]
    right = [place for place in range(last) if not said[place][1]]
    run = said[right[-1] + 1 if right else 0 : last + 1]
    better = abs(run[-1][1]) < abs(run[0][1]) if len(run) > 1 else None
    right_since = said[last + 1][0] if last + 1 < len(said) else None
    return Change(ABOUT[name], [(on, says(name, value).lower()) for on, value in run[-LAST:]], right_since, better)


def asked_for(kind: str) -> str | None:
    """What he asked for himself, in words; nothing for what the practice noted by itself."""
    words = {
        Kind.SLOWER: "to go slower",
        Kind.SOMEONE_ELSE: "for someone else",
        Kind.PAUSE: "for a pause",
        Kind.DONE: "to finish",
        Kind.CALL: "to be called",
        Kind.CANCEL: "to have an appointment called off",
        Kind.SAID: "that your therapist hears something",
        Kind.BACK: "to come back",
    }
    return words.get(Kind(kind)) if kind in Kind.values else None


NOTICED: Mapping[str, str] = {
    Kind.KEPT: "The care contact took on what you kept from your therapist",
    Kind.NOTHING_BOOKED: "Somebody at the practice was to see that you had nothing booked",
    Kind.MISSED: "Somebody at the practice was to see to an appointment that you missed",
    Kind.PAUSE_OVER: "Somebody at the practice was to see that your pause was over",
}
SETTLED: Mapping[str, str] = {
    Outcome.BOOKED: "you booked again",
    Outcome.SWITCHED: "you go on with another therapist here",
    Outcome.PAUSED: "a break was agreed",
    Outcome.TOLD: "you stopped, and said so",
    Outcome.PLANNED: "you finished as planned",
    Outcome.REFERRED: "you go on elsewhere",
    Outcome.UNREACHED: "the practice could not reach you",
    Outcome.TALKED: "you talked about it, and go on as it is",
    Outcome.BY_ITSELF: "it settled itself",
}
NEXT: Mapping[str, str] = {
    NextStep.CALL: "call you",
    NextStep.WRITE: "write to you",
    NextStep.ASK: "ask your therapist",
    NextStep.OFFER: "offer you times",
    NextStep.WAIT: "wait until then",
}
ENDED: Mapping[str, str] = {
    Ending.PLANNED: "Finished as planned",
    Ending.TOLD: "You stopped, and said so",
    Ending.SWITCHED: "You went on with another therapist here",
    Ending.REFERRED: "You went on elsewhere",
    Ending.SILENT: "Nobody could reach you any more",
    Ending.NEVER_STARTED: "It never began",
    Ending.OTHER: "It ended otherwise",
}
WISH: Mapping[str, tuple[str, str]] = {  # by axis: what the two ends are
    "approach": ("staying with feelings", "doing: tools, steps, plans"),
    "language": ("everyday words", "clinical words"),
    "tone": ("gentle", "blunt"),
    "posture": ("a therapist who follows you", "a therapist who leads"),
    "pace": ("slow", "fast"),
    "energy": ("calm", "lively"),
}
DELIVERY: Mapping[str, str] = {
    State.WAITING: "is to be sent",
    State.SENDING: "is being sent",
    State.SENT: "was sent",
    State.GIVEN_UP: "was not sent in the end",
}


def wish(axis: str, value: int) -> str:
    """One wish in words; in the middle it is one too."""
    low, high = WISH[axis]
    how = {1: "A little more", 2: "Rather", 3: "Very much"}
    return f"{how[abs(value)]} {low if value < 0 else high}" if value else f"In the middle: {low}, or {high}"


BECAME: Mapping[str, str] = {
    Status.BOOKED: "booked",
    Status.ATTENDED: "took place",
    Status.LATE_CANCELLED: "called off shortly before",
    Status.CANCELLED: "called off",
    Status.RESCHEDULED: "moved",
    Status.NO_SHOW: "did not take place",
    Status.UNKNOWN: "nobody noted whether it took place",
}
REACHED: Mapping[str, str] = {
    "name": "Name",
    "email": "E-mail",
    "phone": "Phone",
    "channel": "Way you chose",
    "safe_from": "Not before (hour)",
    "safe_until": "Not after (hour)",
    "wording": "How messages begin",
    "timezone": "Time zone, if not the practice's",
    "wishes": "To mind",
}


def did(action: str) -> str:
    """What somebody did, in words; whatever is not listed yet is told by whether it changed something."""
    return DID.get(action) or (
        "looked at something of yours" if action.endswith(".read") else "did something with yours"
    )
