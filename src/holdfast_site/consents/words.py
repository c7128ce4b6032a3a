"""What each consent says to the client, in its present version; what holds before he decides, and when a no works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from holdfast_site.consents.models import Consent
from holdfast_site.languages import N_

USES_ANSWERS = (Consent.CHECKINS, Consent.SUPERVISOR_READS, Consent.EARLY_WARNING, Consent.STATISTICS, Consent.RESEARCH)
OBJECTED_TO = (Consent.EARLY_WARNING, Consent.LISTS, Consent.STATISTICS)  # all at once, by "I object"
TOLD = {  # to those who treat him, while he does not allow it: in their words, not in his
    Consent.ANSWERS: N_(
        "He asked that what he said is left alone for now. It is kept, and nobody can open it here. He is "
        "asked no questions."
    ),
    Consent.LISTS: N_("He asked not to be on lists of who has gone quiet. Nothing here will remind you of him."),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """One consent as he reads it. A change of the words is a new version; what was decided keeps its own."""

    says: str
    yes: str  # what the button does
    no: str
    when_no: str
    default: bool
    version: int = 1


WORDINGS: Mapping[Consent, Wording] = {
    Consent.CARE_NOTICE: Wording(
        says=N_("I have read what is held about me, why, for how long, who sees it, and that nobody is watching."),
        yes=N_("I have read it"),
        no=N_("I have not read it"),
        when_no=N_("Nothing changes."),
        default=False,
    ),
    Consent.CHECKINS: Wording(
        says=N_("After a session you get a few questions."),
        yes=N_("Ask me again"),
        no=N_("Stop asking me"),
        when_no=N_("You get no more questions. Nobody asks you why."),
        default=True,
    ),
    Consent.MESSAGES: Wording(
        says=N_("Messages come by the way and at the times that you chose."),
        yes=N_("Send me messages"),
        no=N_("Send me nothing"),
        when_no=N_("Holds before the next message goes out."),
        default=False,
    ),
    Consent.SUPERVISOR_READS: Wording(
        says=N_(
            "Your therapist has a supervisor, who helps them to work well. The supervisor may read your own words."
        ),
        yes=N_("The supervisor may read them"),
        no=N_("The supervisor may not read them"),
        when_no=N_("Holds at once."),
        default=False,
    ),
    Consent.PRIVATE_ROUTE: Wording(
        says=N_("With each answer you can choose that only the care contact reads it, and not your therapist."),
        yes=N_("Offer me that"),
        no=N_("Do not offer me that"),
        when_no=N_("From now on it is not offered. What you sent before stays with whom you sent it to."),
        default=True,
    ),
    Consent.EARLY_WARNING: Wording(
        says=N_(
            "A calculation tells your therapist when a talk with you may be worth it, because you have been quiet. "
            "It uses when you came, and your answers as far as they are for your therapist. It decides nothing."
        ),
        yes=N_("Use them"),
        no=N_("Leave me out"),
        when_no=N_("You are left out at once, and what was shown about you before is taken away."),
        default=True,
    ),
    Consent.LISTS: Wording(
        says=N_(
            "The practice is reminded of you when you have nothing booked, did not come, or have been away for longer "
            "than usual. That goes by your appointments."
        ),
        yes=N_("You may be reminded of me"),
        no=N_("Leave me off these lists"),
        when_no=N_(
            "You are off them at once. Your therapist is told so. If you stop coming, nobody is reminded to ask "
            "you. What you ask for yourself is seen to as before."
        ),
        default=True,
    ),
    Consent.STATISTICS: Wording(
        says=N_(
            "The practice counts how many people come, stay and stop. You are one of those counted, without a name."
        ),
        yes=N_("Count me in"),
        no=N_("Do not count me"),
        when_no=N_("You are out when the figures are next worked out."),
        default=True,
    ),
    Consent.ANSWERS: Wording(
        says=N_(
            "What you said in check-ins is used: your therapist reads what is for them, and it counts in what is "
            "worked out."
        ),
        yes=N_("You may use what I said again"),
        no=N_("Please stop using what I said"),
        when_no=N_(
            "At once. What you said stays here, locked: not your therapist, not the supervisor and not the care "
            "contact can open it, and nothing is worked out from it. You get no more questions. Your therapist is told "
            "that you asked for this. What you ask the practice for, such as a call, is seen to as before, and help "
            "stays where it is."
        ),
        default=True,
    ),
    Consent.RESEARCH: Wording(
        says=N_("A study may use your answers, without your name."),
        yes=N_("Take part"),
        no=N_("Take no part"),
        when_no=N_("You are out of the next export. Which exports had you in them stays written down."),
        default=False,
    ),
}
