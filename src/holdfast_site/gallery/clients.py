"""The parts of the pages of clients, in every state: from the real forms, filled in with what nobody said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from holdfast_site.away.selectors import InTheWay
from holdfast_site.before import page as before
from holdfast_site.before.forms import BeforeForm
from holdfast_site.checkins import page as checkins
from holdfast_site.checkins.forms import CheckinForm
from holdfast_site.checkins.models import Audience, SealedBox
from holdfast_site.checkins.questions import CORE, MOST_WORDS, QUESTIONS, WORDS
from holdfast_site.consents.models import Consent
from holdfast_site.consents.words import WORDINGS
from holdfast_site.gallery.parts import NOW, Part, State, Within, button
from holdfast_site.own.everything import Entry
from holdfast_site.own.everything import Part as HeldPart
from holdfast_site.own.forms import OwnForm, ReachForm
from holdfast_site.own.selectors import Part as SaidPart
from holdfast_site.own.selectors import Said
from holdfast_site.own.words import Line
from holdfast_site.people.contacts import ContactCard
from holdfast_site.people.models import Appointment, Therapist
from holdfast_site.studies.models import Study, Text
from holdfast_site.studies.selectors import Asked

FORM = str(UUID(int=7))
ASKED = (*CORE, QUESTIONS["talked_down"])
EVERYBODY, NOBODY_ELSE = tuple(Audience), (Audience.THERAPIST,)
SCALE, BALANCE, OFTEN, CHANGE = "understood", "pace", "talked_down", "change"
FILLED = {
    SCALE: "8",
    BALANCE: "1",
    OFTEN: "0",
    CHANGE: "slower",
    WORDS: "The room was loud",
    "understood_who": "prompt",
}
CAME, LATER = NOW - timedelta(days=7), NOW + timedelta(days=2)
WITH_PHONE, NO_PHONE = (settings.SITE.model_copy(update={"phone": phone}) for phone in ("020 7946 0321", ""))


# --- after a session --------------------------------------------------------------------------------


def _sheet(data: Mapping[str, str] | None = None, audiences: Sequence[Audience] = EVERYBODY) -> checkins.Sheet:
    return checkins.sheet(CheckinForm(ASKED, audiences, None if data is None else {"form": FORM, **data}))


def _question(words: str, name: str, sheet: checkins.Sheet) -> State:
    asked = next(one for one in sheet.asked if one.name == name)
    return State(words, "checkins/_question.html", {"asked": asked, "sheet": sheet}, Within.FORM)


EMPTY, SENT, ALONE = _sheet(), _sheet(FILLED), _sheet(audiences=NOBODY_ELSE)
NOT_ANSWERED, NO_SUCH = _sheet({}), _sheet({**FILLED, SCALE: "12"})
QUESTIONS_ASKED = Part(
    "questions",
    "A question of a check-in",
    [
        _question("From 0 to 10, as it comes", SCALE, EMPTY),
        _question("Chosen, and who may see it as well", SCALE, SENT),
        _question("No answer, in a page that comes back", SCALE, NOT_ANSWERED),
        _question("What was sent is no choice: nothing is chosen, above it stands what to do", SCALE, NO_SUCH),
        _question("Nothing can be kept from the therapist here", SCALE, ALONE),
        _question("A balance: just right in the middle, and not chosen", BALANCE, EMPTY),
        _question("A balance, chosen", BALANCE, SENT),
        _question("How often, as it comes", OFTEN, EMPTY),
        _question("How often, with zero chosen: an answer", OFTEN, SENT),
        _question("One change, as it comes", CHANGE, EMPTY),
        _question("One change, chosen", CHANGE, SENT),
    ],
)
WHO_MAY_SEE = Part(
    "who",
    "Who may see it",
    [
        State("Of one answer, not chosen", "checkins/_who.html", {"name": "a", "who": EMPTY.asked[0].who}, Within.FORM),
        State("Of one answer, chosen", "checkins/_who.html", {"name": "b", "who": SENT.asked[0].who}, Within.FORM),
        State("Of all, not chosen", "checkins/_who_of_all.html", {"sheet": EMPTY}, Within.FORM),
        State(
            "Of all, chosen",
            "checkins/_who_of_all.html",
            {"sheet": _sheet({"who": Audience.CARE_CONTACT})},
            Within.FORM,
        ),
    ],
)
READS = Part(
    "reads",
    "Who reads it, said before he answers",
    [
        State("His therapist, and he may choose", "checkins/_who_reads.html", {"sheet": EMPTY}),
        State("His therapist is supervised", "checkins/_who_reads.html", {"sheet": EMPTY, "is_supervised": True}),
        State("Nothing can be kept from the therapist", "checkins/_who_reads.html", {"sheet": ALONE}),
    ],
)
A_LINE = Part("line", "A line of his own", [State("Filled in", "checkins/_words.html", {"sheet": SENT}, Within.FORM)])


# --- before one -------------------------------------------------------------------------------------


def _before(data: Mapping[str, str] | None = None, audiences: Sequence[Audience] = EVERYBODY) -> Mapping[str, Any]:
    form = BeforeForm(audiences, None if data is None else {"form": FORM, **data})
    return {"sheet": before.sheet(form, Appointment(starts_at=LATER))}


def _reply(words: str, reply: str, audiences: Sequence[Audience] = EVERYBODY) -> State:
    return State(words, "before/_reply.html", _before({"reply": reply}, audiences), Within.BEFORE)


STANDS_IN = {"in_the_way": InTheWay(NOW.date(), Therapist(), Therapist()), "stand_in": Therapist(), "site": WITH_PHONE}
COMING = Part(
    "coming",
    "Before a session",
    [
        State("How likely, as it comes", "before/_sure.html", _before(), Within.FORM),
        State("How likely, chosen", "before/_sure.html", _before({"attend_next": "3"}), Within.FORM),
        State("What would suit him, as it comes", "before/_reply.html", _before(), Within.BEFORE),
        _reply("I'm coming", "coming"),
        _reply("Slower, please", "slower"),
        _reply("Call me", "call"),
        _reply("Someone else, and who is told", "someone_else"),
        _reply("Someone else, where nothing can be kept from the therapist", "someone_else", NOBODY_ELSE),
        _reply("A pause", "pause"),
        _reply("I'm done", "done"),
        State(
            "His therapist is away", "before/_reply.html", {**_before({"reply": "call"}), **STANDS_IN}, Within.BEFORE
        ),
    ],
)


DOOR = {"form_id": FORM, "most_words": MOST_WORDS}
BACK_AGAIN = {"by": (NOW + timedelta(days=3)).date(), "site": WITH_PHONE}
COMING_BACK = Part(
    "back",
    "Coming back",
    [
        State("The door, as it comes", "before/_back.html", DOOR | {"to_care_contact": True}),
        State("The door, where his therapist of then is told", "before/_back.html", DOOR),
        State(
            "It was sent; the care contact is told", "before/_asked_back.html", BACK_AGAIN | {"to_care_contact": True}
        ),
        State("It was sent; his therapist of then is told", "before/_asked_back.html", BACK_AGAIN),
    ],
)


# --- what went wrong, and help ----------------------------------------------------------------------


def _wrong_reach() -> ReachForm:
    told = {"channel": "email", "email": "sam at example", "safe_from": "21", "safe_until": "8"}
    return ReachForm({"form": FORM, **told})


UNREADABLE = _wrong_reach()
WRONG = Part(
    "wrong",
    "When something is wrong",
    [
        State("One sentence", "_wrong.html", {"wrong": "That did not work. Try again, or take the other way."}),
        State("Nothing was chosen, after a session or before one", "checkins/_wrong.html", {"wrong": "empty"}),
        *(
            State(f"A check-in: {words}", "checkins/_wrong.html", {"wrong": wrong, "most_words": MOST_WORDS})
            for wrong, words in (
                ("unreadable", "a choice that is not there"),
                ("not_saved", "the disk could not keep it"),
            )
        ),
        *(
            State(f"Before a session: {words}", "before/_wrong.html", {"wrong": wrong, "most_words": MOST_WORDS})
            for wrong, words in (
                ("crossed", "coming, and cancel"),
                ("broken", "what was promised cannot be kept any more"),
                ("unreadable", "a choice that is not there"),
                ("later", "too often today"),
                ("not_saved", "the disk could not keep it"),
            )
        ),
        State("Fields of a form, each by its name", "own/_errors.html", {"form": UNREADABLE}),
    ],
)
HELP = Part(
    "help",
    "Help",
    [
        State("Whom to call now: on every page, and never behind anything", "_numbers.html"),
        State("The practice, where it has said its telephone", "_call.html", {"site": WITH_PHONE}),
        State("The practice, where it has not", "_call.html", {"site": NO_PHONE}),
    ],
)


# --- his own page -----------------------------------------------------------------------------------

STILL = Line("understood", "Did your therapist get what you were saying?", "8 of 10")
PUT_RIGHT = Line("pace", "How was the pace?", "Just right", before="Too fast", corrected_at=NOW)
SAID = Said(1, CAME, None, [SaidPart(SealedBox(), Audience.THERAPIST, [STILL, PUT_RIGHT])])
SAID_BEFORE = Said(
    2, CAME, LATER, [SaidPart(SealedBox(), Audience.CARE_CONTACT, [Line("words", "Anything to add", "Ring after six")])]
)
SESSION = Entry(CAME, "A session with Anna Berg", "Your therapist and the front desk")
NO_DAY = Entry(None, "You like a slow pace", "Your therapist")
OWN = Part(
    "own",
    "What is held about him",
    [
        State("One kind of thing, seen by the same", "own/_part.html", {"part": HeldPart("a", "Sessions", [SESSION])}),
        State(
            "One kind of thing, seen by different ones",
            "own/_part.html",
            {"part": HeldPart("a", "Sessions", [SESSION, NO_DAY])},
        ),
        State("Nothing", "own/_part.html", {"part": HeldPart("a", "Sessions", [])}),
        State("His answers, one put right", "own/_everything_answers.html", {"said": [SAID, SAID_BEFORE]}),
        State("No answers", "own/_everything_answers.html", {"said": []}),
        State("The way to it, after a check-in", "checkins/_yours.html", {"link": "made-up"}),
        State("The way out of the messages, after a check-in", "messages/_no_more.html", {"link": "made-up"}),
    ],
)
TEXT = Text(
    version=2,
    name="Why men stay",
    by="Dr A. Example, University of Somewhere",
    about="Some men stop coming and say nothing. We want to learn what keeps them.",
    contact="study@example.org",
)


def _study(words: str, *, closed: bool = False, alone: bool = False, **how: Any) -> State:
    held = {"given": False, "files": (), "changed": False, "left": False, **how}
    one = Asked(Study(pk=1, closed_at=NOW if closed else None), TEXT, **held)
    given = {"one": one, "form": OwnForm(), "research": WORDINGS[Consent.RESEARCH], "alone": alone}
    return State(words, "own/_study.html", given)


STUDY = Part(
    "study",
    "A study that he is asked about",
    [
        _study("He has not said yes"),
        _study("He said yes, and a file held him", given=True, files=[CAME]),
        _study("He said yes, and it says other things now", changed=True),
        _study("A file was made without him: he does not come back", files=[CAME], left=True),
        _study("What he said is left alone", alone=True),
        _study("It is over", closed=True, files=[CAME]),
    ],
)
REACH = Part(
    "reach",
    "How he is reached",
    [
        State("As it comes", "own/_reach.html", {"form": ReachForm(initial=ContactCard().model_dump())}, Within.FORM),
        State("Sent in and not right: what he wrote stays", "own/_reach.html", {"form": UNREADABLE}, Within.FORM),
    ],
)


# --- buttons ----------------------------------------------------------------------------------------


BUTTONS = Part(
    "buttons",
    "Buttons",
    [
        button("What the page is for", "Send"),
        button("One of several, none of them more than another", "Pause for four weeks", is_quiet=True),
        button("The way on", "I have written them down", is_link=True),
        button("The way back", "Keep it as it is", is_quiet=True, is_link=True),
        State(
            "A passkey; without scripts it is not there",
            "accounts/_passkey.html",
            {"to": "sign_in_with_passkey", "does": "show", "ask": "ask_to_show", "words": "Sign in with a passkey"},
        ),
    ],
)

PARTS: Sequence[Part] = (
    BUTTONS,
    HELP,
    WRONG,
    READS,
    QUESTIONS_ASKED,
    WHO_MAY_SEE,
    A_LINE,
    COMING,
    COMING_BACK,
    OWN,
    STUDY,
    REACH,
)
