"""His own page in words: his answers, what changed after them, and who looked. To him, so in the second person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from holdfast.tables.schema import Ending, Status
from holdfast_site.access.actors import Role
from holdfast_site.audit.services import Action
from holdfast_site.checkins.answers import Value
from holdfast_site.checkins.before_questions import ATTEND, CANCEL, REPLY, UNTIL, WEEKS, WHY, Reply
from holdfast_site.checkins.questions import CHANGE, QUESTIONS, WORDS, in_words
from holdfast_site.handover.models import Kind, NextStep, Outcome
from holdfast_site.languages import N_
from holdfast_site.messages.models import State

ASKS_MORE = {
    CHANGE: N_("One change for next time?"),
    WORDS: N_("Anything else, in a line"),
    REPLY: N_("Before your next session"),
    UNTIL: N_("For how long"),
    WHY: N_("Why"),
    CANCEL: N_("Call the appointment off?"),
    ATTEND: N_("How likely you come next time"),
}
ORDER = (*QUESTIONS, CHANGE, WORDS)  # what he can put right
REPLIES = (REPLY, UNTIL, WHY, CANCEL, ATTEND)  # somebody has acted on these: he says it anew instead
ABOUT = {
    "pace": N_("The pace"),
    "approach": N_("Feelings or doing"),
    "tone": N_("How your therapist talks to you"),
    "posture": N_("Who sets the direction"),
    "language": N_("The words"),
    "energy": N_("The energy in the room"),
}
LAST = 3  # of what he said about one thing while it was not right

ROLES: Mapping[str, str] = {
    Role.THERAPIST: N_("therapist"),
    Role.SUPERVISOR: N_("supervisor"),
    Role.CARE_CONTACT: N_("care contact"),
    Role.LEAD: N_("lead of the practice"),
    Role.DESK: N_("front desk"),
    Role.LINK_HOLDER: N_("person who got a link"),
    Role.ANYONE: N_("who runs the computer"),
}
DID: Mapping[str, str] = {
    Action.CLIENT_READ: N_("opened your page"),
    Action.SUPERVISED_READ: N_("opened your page"),
    Action.APPOINTMENT_MARKED: N_("noted whether you came"),
    Action.APPOINTMENT_BOOKED: N_("booked an appointment for you"),
    Action.APPOINTMENT_CHANGED: N_("moved or called off an appointment of yours"),
    Action.SCHEDULE_READ: N_("opened an appointment of yours"),
    Action.CLIENT_ADDED: N_("added you"),
    Action.CLIENTS_JOINED: N_("made two entries of you one"),
    Action.CONTACT_READ: N_("opened how you are reached"),
    Action.CONTACT_CHANGED: N_("changed how you are reached"),
    Action.MATTER_OPENED: N_("noted something to see to for you"),
    Action.MATTER_READ: N_("opened something to see to for you"),
    Action.MATTER_TAKEN: N_("took on something to see to for you"),
    Action.MATTER_PLANNED: N_("planned a next step for you"),
    Action.MATTER_SETTLED: N_("settled something for you"),
    Action.SWITCH_READ: N_("looked for another therapist for you"),
    Action.CLIENT_SWITCHED: N_("wrote down that you go on with another therapist"),
    Action.STORY_READ: N_("read the story that you let go along"),
    Action.REPAIR_LOGGED: N_("noted what was said or done"),
    Action.REPAIR_TAKEN_BACK: N_("took back a note of what was said or done"),
    Action.CONSENT_DECIDED: N_("wrote down what you decided"),
    Action.CHECKIN_SENT: N_("sent you questions"),
    Action.ADDRESS_ASKED: N_("asked you whether an address is your own"),
    Action.ADDRESS_CONFIRMED: N_("said that an address is your own"),
    Action.ADDRESS_DENIED: N_("said that an address is not your own"),
    Action.ADDRESS_UNSAFE: N_("noted that nothing is to be sent to an old address"),
    Action.MESSAGES_STOPPED: N_("stopped messages to you"),
    Action.EMERGENCY_OPENED: N_("opened your page for one hour, in an emergency"),
    Action.EMERGENCY_READ: N_("read your page in that hour"),
    Action.EMERGENCY_ENDED: N_("closed your page before that hour was over"),
    Action.SUPERVISOR_ASSIGNED: N_("assigned a supervisor"),
    Action.SUPERVISOR_ENDED: N_("ended what a supervisor may see"),
    Action.STUDY_EXPORTED: N_("made a file for a study, with you in it and without your name"),
    Action.WELCOME_MADE: N_("made a code for a way in to this page"),
    Action.WAY_IN_MADE: N_("made a way in to this page, with a link and its code"),
}
LISTS: Mapping[tuple[str, str], str] = {  # by what the audit says of it: of many people, him among them
    (Action.CASELOAD_READ, "therapist"): N_("opened the list of the day, which you may have been on"),
    (Action.KEPT_READ, "kept"): N_("opened what is only for the care contact, where something of yours was"),
    (Action.SCHEDULE_READ, "day"): N_("opened the schedule of a day that you were on"),
    (Action.SCHEDULE_READ, "sent"): N_("opened to whom questions were sent or are due, you among them"),
    (Action.SCHEDULE_READ, "booking"): N_("opened the page for booking, which lists names"),
    (Action.CONTACT_READ, "clients"): N_("opened a search by name, which may have found you"),
    (Action.MATTERS_READ, "matters"): N_("opened what is to be seen to, something for you among it"),
    (
        Action.MATTERS_READ,
        "standing_in",
    ): N_("opened what somebody asked a therapist who is away, you among them"),
    (Action.SUPERVISED_READ, "supervised"): N_(
        "opened the list of those whom a supervisor looks after, you among them"
    ),
    (Action.STAFF_READ, "arranged"): N_("opened who supervises whom, you among them"),
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
    return gettext(QUESTIONS[name].asks if name in QUESTIONS else ASKS_MORE[name])


def says(name: str, value: Value | None) -> str:
    """His answer in the words of the question."""
    if value is None:
        return gettext("no answer")
    if name in REPLIES:
        return _replied(name, value)
    if name in QUESTIONS:
        return in_words(QUESTIONS[name], int(value))
    return gettext(str(value)) if name == CHANGE else str(value)


def _replied(name: str, value: Value) -> str:
    if name == ATTEND:
        return gettext("%(value)s of 10") % {"value": value}
    if name == REPLY:
        return str(Reply(str(value)).label)
    return gettext(dict(WEEKS).get(str(value), str(value)))


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
    return Change(
        gettext(ABOUT[name]), [(on, says(name, value).lower()) for on, value in run[-LAST:]], right_since, better
    )


def asked_for(kind: str) -> str | None:
    """What he asked for himself, in words; nothing for what the practice noted by itself."""
    words = {
        Kind.SLOWER: N_("to go slower"),
        Kind.SOMEONE_ELSE: N_("for someone else"),
        Kind.PAUSE: N_("for a pause"),
        Kind.DONE: N_("to finish"),
        Kind.CALL: N_("to be called"),
        Kind.CANCEL: N_("to have an appointment called off"),
        Kind.SAID: N_("that your therapist hears something"),
        Kind.BACK: N_("to come back"),
    }
    return gettext(words[Kind(kind)]) if kind in Kind.values and Kind(kind) in words else None


NOTICED: Mapping[str, str] = {
    Kind.KEPT: N_("The care contact took on what you kept from your therapist"),
    Kind.NOTHING_BOOKED: N_("Somebody at the practice was to see that you had nothing booked"),
    Kind.MISSED: N_("Somebody at the practice was to see to an appointment that you missed or called off late"),
    Kind.PAUSE_OVER: N_("Somebody at the practice was to see that your pause was over"),
}
SETTLED: Mapping[str, str] = {
    Outcome.BOOKED: N_("you booked again"),
    Outcome.SWITCHED: N_("you go on with another therapist here"),
    Outcome.PAUSED: N_("a break was agreed"),
    Outcome.TOLD: N_("you stopped, and said so"),
    Outcome.PLANNED: N_("you finished as planned"),
    Outcome.REFERRED: N_("you go on elsewhere"),
    Outcome.UNREACHED: N_("the practice could not reach you"),
    Outcome.AGREED: N_("agreed, from now on as you asked"),
    Outcome.TALKED: N_("you talked about it, and go on as it is"),
    Outcome.BY_ITSELF: N_("it settled itself"),
}
NEXT: Mapping[str, str] = {
    NextStep.CALL: N_("call you"),
    NextStep.WRITE: N_("write to you"),
    NextStep.ASK: N_("ask your therapist"),
    NextStep.OFFER: N_("offer you times"),
    NextStep.WAIT: N_("wait until then"),
}
ENDED: Mapping[str, str] = {
    Ending.PLANNED: N_("Finished as planned"),
    Ending.TOLD: N_("You stopped, and said so"),
    Ending.SWITCHED: N_("You went on with another therapist here"),
    Ending.REFERRED: N_("You went on elsewhere"),
    Ending.SILENT: N_("Nobody could reach you any more"),
    Ending.NEVER_STARTED: N_("It never began"),
    Ending.OTHER: N_("It ended otherwise"),
}
WISH: Mapping[str, tuple[str, str]] = {  # by axis: what the two ends are
    "approach": (N_("staying with feelings"), N_("doing: tools, steps, plans")),
    "language": (N_("everyday words"), N_("clinical words")),
    "tone": (N_("gentle"), N_("blunt")),
    "posture": (N_("a therapist who follows you"), N_("a therapist who leads")),
    "pace": (N_("slow"), N_("fast")),
    "energy": (N_("calm"), N_("lively")),
}
DELIVERY: Mapping[str, str] = {
    State.WAITING: N_("is to be sent"),
    State.SENDING: N_("is being sent"),
    State.SENT: N_("was sent"),
    State.GIVEN_UP: N_("was not sent in the end"),
}


def wish(axis: str, value: int) -> str:
    """One wish in words; in the middle it is one too."""
    low, high = (gettext(end) for end in WISH[axis])
    if not value:
        return gettext("In the middle: %(low)s, or %(high)s") % {"low": low, "high": high}
    how = {
        1: gettext("A little more %(this_way)s"),
        2: gettext("Rather %(this_way)s"),
        3: gettext("Very much %(this_way)s"),
    }
    return how[abs(value)] % {"this_way": low if value < 0 else high}


BECAME: Mapping[str, str] = {
    Status.BOOKED: N_("booked"),
    Status.ATTENDED: N_("took place"),
    Status.LATE_CANCELLED: N_("called off shortly before"),
    Status.CANCELLED: N_("called off"),
    Status.RESCHEDULED: N_("moved"),
    Status.NO_SHOW: N_("did not take place"),
    Status.UNKNOWN: N_("nobody noted whether it took place"),
}
REACHED: Mapping[str, str] = {
    "name": N_("Name"),
    "email": N_("E-mail"),
    "phone": N_("Phone"),
    "channel": N_("Way you chose"),
    "safe_from": N_("Not before (hour)"),
    "safe_until": N_("Not after (hour)"),
    "wording": N_("How messages begin"),
    "timezone": N_("Time zone, if not the practice's"),
    "wishes": N_("To mind"),
}


def did(action: str) -> str:
    """What somebody did, in words; whatever is not listed yet is told by whether it changed something."""
    if action in DID:
        return gettext(DID[action])
    return gettext("looked at something of yours") if action.endswith(".read") else gettext("did something with yours")
