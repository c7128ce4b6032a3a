"""The parts of the pages of staff, in every state: of a therapist, the care contact, the desk and a supervisor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from holdfast.matching.switch import Offer
from holdfast.repair import Tally
from holdfast.silence.policy import EVERYONE, own_record
from holdfast.tables.reassigned import Reassigned
from holdfast.tables.schema import AXES, Status
from holdfast_site.access.actors import Role
from holdfast_site.accounts.changes import Change
from holdfast_site.accounts.models import Member, Post
from holdfast_site.cards.planning import Left, Why
from holdfast_site.cards.services import Done
from holdfast_site.caseload import flags as of_flags
from holdfast_site.caseload import story
from holdfast_site.caseload import words as in_words
from holdfast_site.caseload.fit import Fit, fit_of
from holdfast_site.caseload.models import Overdue
from holdfast_site.caseload.openers import cards
from holdfast_site.caseload.selectors import Coming, Said
from holdfast_site.caseload.timeline import LONGEST, Break, Event, Kind, drawing
from holdfast_site.checkins.answers import Value
from holdfast_site.gallery.emergencies import PARTS as EMERGENCIES
from holdfast_site.gallery.parts import NOW, Part, State, Within, button
from holdfast_site.handover.models import Kind as Asks
from holdfast_site.handover.models import Matter, NextStep
from holdfast_site.handover.selectors import Held
from holdfast_site.oversight.selectors import Supervised
from holdfast_site.people.contacts import ContactCard
from holdfast_site.people.models import Appointment, Client, Therapist
from holdfast_site.schedule.selectors import STATUS_WORDS, Line, Sent
from holdfast_site.studies.forms import TextForm

KEY = UUID(int=7)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
ANNA, RUTH = Therapist("made-up-therapist", "Anna Berg"), Post(member=Member(login="ruth"), role=Role.CARE_CONTACT)
SAM, LEE = Client("made-up-1"), Client("made-up-2")
CARD = ContactCard(name="Sam Miller", phone="020 7946 0991", email="sam@example.org", wishes="Never ring the landline")
NAMES = {SAM.pk: CARD.name}  # nobody noted the name of the other


def _booked(at: datetime, client: Client = SAM, status: Status = Status.BOOKED) -> Appointment:
    return Appointment(pk=0, client=client, therapist=ANNA, starts_at=at, status=status)


# --- today ------------------------------------------------------------------------------------------


def _said(answers: Mapping[str, Value], before: Mapping[str, Value], *, asks: bool = False) -> Said:
    return Said(NOW - WEEK, in_words.lines(answers), in_words.off(answers, before), asks, 0, answers, before)


FELL = _said({"understood": 5, "pace": 2, "change": "slower", "words": "Too much at once"}, {"understood": 9})
ALL_RIGHT, ASKS_ONLY = _said({"understood": 9, "pace": 0}, {}), _said({}, {}, asks=True)
WORDS = ("nothing booked, he usually books on the day", "'understood' fell from 9 to 5", "the third session")
SIGNS = of_flags.Content(("nothing_booked", "understood_fall", "early"), WORDS, p_left=0.4, between=(0.2, 0.6))
UNSEEN = of_flags.Worth(0, SAM, NOW - DAY, None, None)
SEEN = replace(UNSEEN, told=SIGNS, guess=of_flags.Said.SKIPPED)
THOUGHT = replace(UNSEEN, told=SIGNS, guess=of_flags.Said.YES)
JUDGED = of_flags.Muted(frozenset(), (), is_judged=True)
NOT_JUDGED = replace(JUDGED, is_judged=False)
OFF = of_flags.Muted(
    frozenset({EVERYONE}), ["It is switched off for everybody: its chances did not hold here."], is_judged=True
)
KNOWN, TOO_FEW = own_record([True] * 14 + [False] * 26), own_record([True, False, None])
GUESSES, NO_GUESSES = of_flags.OwnGuesses(18, 11, 13, 2), of_flags.OwnGuesses(0, 0, 0, 0)
QUIET = Overdue(client=SAM, form="No session for 23 days; he usually comes every 7 days. Nothing is booked.", at=NOW)
NO_NAME = Overdue(client=LEE, form="No session for 41 days; he usually comes every 14 days. Nothing is booked.", at=NOW)


def _pointed(words: str, worth: Sequence[of_flags.Worth], muted: of_flags.Muted, **more: Any) -> State:
    given = {"worth": worth, "muted": muted, "record": TOO_FEW, "guesses": NO_GUESSES, "names": NAMES, **more}
    return State(words, "caseload/_pointed.html", given)


def _coming(words: str, said: Said | None, client: Client = SAM, later: Sequence[Coming] = ()) -> State:
    given = {"coming": [Coming(_booked(NOW + DAY, client), said)], "later": later, "names": NAMES}
    return State(words, "caseload/_coming.html", given)


TODAY = Part(
    "today",
    "Today: who is coming",
    [
        _coming("Something is off", FELL),
        _coming("He wants to be asked, and kept the rest", ASKS_ONLY),
        _coming("Nothing is off; others come later in the week", ALL_RIGHT, later=[Coming(_booked(NOW + WEEK), FELL)]),
        _coming("Nothing was said; nobody noted his name", None, LEE),
        State("Nobody", "caseload/_coming.html", {"coming": []}),
    ],
)
WORTH = Part(
    "worth",
    "Today: worth a conversation",
    [
        _pointed("Not shown yet: a guess first, if he likes", [UNSEEN], JUDGED),
        _pointed("Shown without a guess", [SEEN], JUDGED, record=KNOWN),
        _pointed("Shown after a guess; his own guesses below", [THOUGHT], JUDGED, record=KNOWN, guesses=GUESSES),
        _pointed("Not known yet whether the chances are right", [SEEN], NOT_JUDGED),
        _pointed("Nobody", [], JUDGED),
        _pointed("Switched off by itself", [], OFF),
        State("On the client's own page", "caseload/_worth.html", {"one": SEEN, "on_client": True}),
    ],
)
GONE_QUIET = Part(
    "quiet",
    "Today: gone quiet, and did he come?",
    [
        State(
            "Two, and more behind one tap",
            "caseload/_quiet.html",
            {"overdue": [QUIET, NO_NAME], "longer": [QUIET], "names": NAMES},
        ),
        State("Nobody is overdue", "caseload/_quiet.html", {"overdue": [], "longer": []}),
        State("Not worked out yet", "caseload/_quiet.html", {"overdue": [], "longer": [], "not_worked_out": True}),
        State(
            "Not marked, and more of them",
            "caseload/_came.html",
            {"unmarked": [_booked(NOW - DAY)], "unmarked_after": 4, "names": NAMES},
        ),
        State(
            "All marked, and can be put right",
            "caseload/_came.html",
            {
                "marked": [
                    _booked(NOW - DAY, status=Status.ATTENDED),
                    _booked(NOW - DAY, LEE, status=Status.NO_SHOW),
                ],
                "names": NAMES,
            },
        ),
    ],
)


# --- the client's page ------------------------------------------------------------------------------

HAPPENED = [
    Event(NOW - 22 * WEEK, Kind.SESSION, "Session 1"),
    Event(NOW - 21 * WEEK, Kind.SESSION, "Session 2"),
    Event(NOW - 21 * WEEK + DAY, Kind.CHECKIN, "Check-in: nothing marked as off"),
    Event(NOW - 20 * WEEK, Kind.MISSED, "Did not come"),
    Event(NOW - 19 * WEEK, Kind.CALLED_OFF, "Called off by him"),
    Event(NOW - 18 * WEEK, Kind.BY_YOU, "Called off by you"),
    Event(NOW - 17 * WEEK, Kind.SESSION, "Session 3"),
    Event(NOW - 17 * WEEK + DAY, Kind.CHECKIN_OFF, "Check-in: Got what I said: 5 of 10, before 9"),
    Event(NOW - 16 * WEEK, Kind.SESSION, "Session 4"),
    Event(NOW - 16 * WEEK + DAY, Kind.CHECKIN_ASKS, "Check-in: wants to be asked how it fits"),
    Event(NOW - 15 * WEEK, Kind.DONE, "Asked what was missed: he came back"),
    Event(NOW - 11 * WEEK, Kind.SESSION, "Session 5"),
    Event(NOW - 3 * WEEK, Kind.UNMARKED, "Nobody marked whether he came"),
    Event(NOW - 2 * WEEK, Kind.SESSION, "Session 6"),
    Event(NOW - 2 * WEEK + DAY, Kind.CHECKIN_NONE, "Check-in: nothing seen"),
    Event(NOW + WEEK, Kind.BOOKED, "Booked"),
]
LONG_AGO = Event(NOW - LONGEST - 4 * WEEK, Kind.SESSION, "Session 1")
ENDED = [LONG_AGO, Event(NOW - 9 * WEEK, Kind.SESSION, "Session 2"), Event(NOW - 6 * WEEK, Kind.ENDING, "Finished")]
PAUSED = [Break(NOW - 9 * WEEK, NOW - 4 * WEEK)]


def _drawn(words: str, happened: Sequence[Event], breaks: Sequence[Break] = ()) -> State:
    drawn = drawing(happened, breaks, rhythm_days=7.0, now=NOW)
    return State(words, "caseload/_timeline.html", {"drawing": drawn})


STORY = Part(
    "story",
    "What happened",
    [
        _drawn("Every kind of mark, a gap and a break", HAPPENED, PAUSED),
        _drawn("Longer than two years, and ended", ENDED),
        _drawn("Nothing yet", []),
        State(
            "The same as a list",
            "caseload/_rows.html",
            {"rows": [story.Row(number, one) for number, one in enumerate(HAPPENED)][::-1]},
        ),
        State("A list of nothing", "caseload/_rows.html", {"rows": []}),
    ],
)
TRIED = Tally(tried=12, came_back=8, rose=3, switched=1, ended=1, left=2, early=0)
OFFERED = cards([("pace", "The pace: a bit too fast")], {"pace": 1}, ["ACT"], {})
TRIED_CARD = cards([("understood_fall", "'understood' fell from 9 to 5")], {}, [], {"ask-what-i-missed": TRIED})
NOTED = story.Logged(0, NOW - DAY, "Asked what was missed", "too early to tell", can_be_taken_back=True)
NOTED_LONG_AGO = replace(NOTED, at=NOW - 6 * WEEK, followed="he came back", can_be_taken_back=False)
SAY = Part(
    "say",
    "What to say or do, and what was",
    [
        State(
            "A reason, not tried here yet", "caseload/_card.html", {"card": OFFERED[0], "client": SAM, "is_open": True}
        ),
        State("Folded; tried often enough to count", "caseload/_card.html", {"card": TRIED_CARD[0], "client": SAM}),
        State("Said and done", "caseload/_logged.html", {"logged": [NOTED, NOTED_LONG_AGO]}),
        State("Nothing noted", "caseload/_logged.html", {"logged": []}),
        State(
            "A check-in of which something is for him", "caseload/_checkin.html", {"one": replace(FELL, on=NOW - WEEK)}
        ),
        State("What is off, in a few lines", "caseload/_said.html", {"said": FELL, "told": FELL.off}),
        State("He wants to be asked, and kept the rest", "caseload/_said.html", {"said": ASKS_ONLY, "told": []}),
    ],
)
WANTED = {"approach": 2, "pace": -2, "tone": 0}
PRACTISED = {**dict.fromkeys(AXES, None), "approach": -1, "pace": 1, "tone": 0}
FELT: Sequence[Mapping[str, Value]] = [{"pace": 1}, {"pace": 2, "approach": -1}, {"pace": 0, "tone": 0}]


def _fit(words: str, found: Fit) -> State:
    return State(words, "caseload/_fit.html", {"fit": found})


FIT = Part(
    "fit",
    "How it fits",
    [
        _fit("All of it known", fit_of(dict.fromkeys(AXES, 1), dict.fromkeys(AXES, 2), FELT)),
        _fit("Some of it known", fit_of(WANTED, PRACTISED, FELT)),
        _fit("Nothing known", fit_of({}, dict.fromkeys(AXES, None), [])),
    ],
)


# --- nobody is holding ------------------------------------------------------------------------------


def _held(kind: Asks, *, late: bool = False, his: bool = False, came: bool = True, **more: Any) -> Held:
    due = (NOW - 2 * DAY if late else NOW + 2 * DAY).date()
    matter = Matter(key=KEY, client=SAM, therapist=ANNA, kind=kind, opened_at=NOW - 3 * DAY, due_on=due, **more)
    return Held(matter, CARD, his, late, NOW - 3 * WEEK if came else None)


def _card(words: str, held: Held) -> State:
    return State(words, "handover/_held.html", {"one": held}, Within.LIST)


WAITING = _held(Asks.SOMEONE_ELSE)
TAKEN = _held(Asks.SOMEONE_ELSE, owner=RUTH)
HOLDING = Part(
    "holding",
    "Nobody is holding",
    [
        _card("Noticed, nobody has it", _held(Asks.NOTHING_BOOKED)),
        _card("He has never come", _held(Asks.MISSED, came=False)),
        _card("Asked for, nobody has it", WAITING),
        _card("Asked for, and its day is over", _held(Asks.CALL, late=True)),
        _card("Kept from his therapist", _held(Asks.KEPT)),
        _card("Somebody has it, no next step", TAKEN),
        _card("Yours, with a next step", _held(Asks.CALL, his=True, owner=RUTH, next_step=NextStep.CALL)),
        _card("A next step whose day is over", _held(Asks.PAUSE_OVER, late=True, owner=RUTH, next_step=NextStep.WRITE)),
        State("All of the care contact's", "handover/_holding.html", {"nobodys": [WAITING], "held": [TAKEN]}),
        State(
            "What a therapist's clients asked for",
            "handover/_holding.html",
            {"nobodys": [_held(Asks.SLOWER)], "is_his_therapist": True},
        ),
        State("Nothing to do", "handover/_holding.html"),
        State("Not worked out yet", "handover/_holding.html", {"not_worked_out": True}),
        State("How to reach him", "handover/_reach.html", {"card": CARD}),
        State("Nothing is known of how to reach him", "handover/_reach.html", {"card": ContactCard()}),
        State(
            "What he said when he asked",
            "handover/_words.html",
            {"words": ("I would rather talk to a woman", ["How likely it is that he comes: 3 of 10"])},
        ),
    ],
)
BETTER = Offer("t-2", 3, ["Works slower"], ["Also works with few words"])
SWITCH = Part(
    "switch",
    "Whom to offer him",
    [
        State("Has room", "handover/_offer.html", {"one": BETTER, "called": "Ben Cole"}, Within.FORM),
        State(
            "Chosen, and away",
            "handover/_offer.html",
            {"one": BETTER, "called": "Ben Cole", "away": date(2026, 3, 20), "told": {"goes_to": "t-2"}},
            Within.FORM,
        ),
    ],
)


# --- the desk, and a supervisor ---------------------------------------------------------------------


def _line(status: Status, *, mark: bool = False, change: bool = False, **more: Any) -> Line:
    return Line(_booked(NOW, status=status), CARD, STATUS_WORDS[status], mark, change, **more)


IN_A_LEAVE = _line(
    Status.BOOKED,
    change=True,
    gone="Anna Berg is away then, until Friday 20 March: move it or call it off. Jo Lind stands in.",
)
SENT = Sent(SAM.pk, CARD, NOW - DAY, NOW)
DESK = Part(
    "desk",
    "The desk",
    [
        State(
            "A day",
            "schedule/_day.html",
            {
                "lines": [
                    _line(Status.ATTENDED),
                    _line(Status.UNKNOWN, mark=True),
                    _line(Status.BOOKED, change=True),
                    _line(Status.BOOKED, change=True, asked_off=True),
                    IN_A_LEAVE,
                ]
            },
        ),
        State("One lies in a leave", "schedule/_in_a_leave.html", {"in_a_leave": [IN_A_LEAVE]}),
        State("Several do", "schedule/_in_a_leave.html", {"in_a_leave": [IN_A_LEAVE, IN_A_LEAVE]}),
        State("A day without anybody", "schedule/_day.html", {"lines": [], "next": date(2026, 3, 16)}),
        State("A check-in that was sent", "schedule/_sent.html", {"one": SENT}, Within.LIST),
        State("Before a session", "schedule/_sent.html", {"one": replace(SENT, is_before=True)}, Within.LIST),
        State("Did not arrive", "schedule/_sent.html", {"one": replace(SENT, came_back=True)}, Within.LIST),
    ],
)
SEEN_LATELY = Supervised(SAM, CARD, QUIET.words, is_seen=True)
SUPERVISOR = Part(
    "supervisor",
    "Supervised",
    [
        State("Gone quiet", "oversight/_supervised.html", {"one": SEEN_LATELY}, Within.LIST),
        State(
            "Worth a conversation",
            "oversight/_supervised.html",
            {"one": replace(SEEN_LATELY, is_worth=True)},
            Within.LIST,
        ),
        State(
            "Nothing of either", "oversight/_supervised.html", {"one": replace(SEEN_LATELY, overdue="")}, Within.LIST
        ),
    ],
)

LEAVE = {"pk": 0, "therapist": ANNA, "stand_in": "Ben Okafor", "first_day": NOW.date(), "last_day": NOW.date() + WEEK}
AWAY = Part(
    "away",
    "Who is away",
    [
        State("A therapist, and who stands in", "oversight/_leave.html", {"one": LEAVE}, Within.LIST),
        State("The whole practice", "oversight/_closed.html", {"one": LEAVE}, Within.LIST),
    ],
)


# --- at the top of every page -----------------------------------------------------------------------


UNREAD = "Anna Berg is the care contact, and nobody else could be his."
CHANGED = [Change(NOW - DAY, "A passkey was made."), Change(NOW - WEEK, "The password was changed.")]
SAYS = {
    "name": "Why men stay",
    "by": "Dr A. Example, University of Somewhere",
    "about": "Some men stop coming and say nothing. We want to learn what keeps them.",
    "contact": "study@example.org",
}
ONE_MAN = Reassigned("17", "42", ("a", "b"), is_gone=True)
NOTICES = Part(
    "notices",
    "Notices and buttons",
    [
        State(
            "Nothing goes on by itself any more",
            "_trouble.html",
            {"told": "Nothing is being sent or worked out at the moment. Tell whoever runs this computer."},
        ),
        State("His ways in were changed", "accounts/_changed.html", {"told": CHANGED}),
        State("Wrong", "_wrong.html", {"wrong": "That day is over. Choose another."}),
        State("Saved", "_done.html", {"words": "Saved."}),
        State("Away on that day", "_away.html", {"away": "Anna Berg is away from 16 to 20 March."}, Within.FORM),
        State("It would reach nobody", "_unread.html", {"unread": UNREAD}, Within.FORM),
        State("Two ids that may be one man", "exchange/_one_man.html", {"one": ONE_MAN, "said": ""}, Within.FORM),
        State("The same, once it was said", "exchange/_one_man.html", {"one": ONE_MAN, "said": "two"}, Within.FORM),
        State("Who it is", "_who.html", {"id": SAM.pk, "name": CARD.name}),
        State("Who it is, without a name", "_who.html", {"id": LEE.pk}),
        button("What the page is for", "Hand him over"),
        button("One of several", "Plan this step", is_quiet=True),
        button("The way on", "Look for another therapist", is_link=True),
    ],
)
STUDY = Part(
    "study",
    "What a study says",
    [
        State("As it comes", "studies/_text.html", {"form": TextForm()}, Within.FORM),
        State("To be changed", "studies/_text.html", {"form": TextForm(initial=SAYS)}, Within.FORM),
    ],
)

NOT_TAKEN = [
    ("There is no id.", [Left(7, "", "", Why.NO_ID)], 1, 0),
    (
        "Another e-mail address stands here, or was taken away here. That stays: look at it by hand.",
        [Left(row, SAM.pk, SAM.pk, Why.OTHER_EMAIL) for row in (12, 40)],
        203,
        201,
    ),
]
TABLE = Part(
    "table",
    "Names and addresses from a table",
    [
        State(
            "What it does",
            "cards/_counts.html",
            {"found": Done(rows=214, clients=12, same=9), "gained": {"name": 12, "email": 9, "phone": 11}},
        ),
        State("Nothing new", "cards/_counts.html", {"found": Done(rows=1, same=1), "gained": {}}),
        State("What is not taken", "cards/_left.html", {"shown": NOT_TAKEN}),
    ],
)

PARTS: Sequence[Part] = (
    NOTICES,
    TODAY,
    WORTH,
    GONE_QUIET,
    STORY,
    SAY,
    FIT,
    HOLDING,
    SWITCH,
    DESK,
    SUPERVISOR,
    AWAY,
    STUDY,
    TABLE,
    *EMERGENCIES,
)
