"""What each consent says to the client, in its present version; what holds before he decides, and when a no works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from holdfast_site.consents.models import Consent


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
        says="I have read what is held about me, why, for how long, who sees it, and that nobody is watching.",
        yes="I have read it",
        no="I have not read it",
        when_no="Nothing changes.",
        default=False,
    ),
    Consent.CHECKINS: Wording(
        says="After a session you get a few questions.",
        yes="Ask me again",
        no="Stop asking me",
        when_no="You get no more questions. Nobody asks you why.",
        default=True,
    ),
    Consent.MESSAGES: Wording(
        says="Messages come by the way and at the times that you chose.",
        yes="Send me messages",
        no="Send me nothing",
        when_no="Holds before the next message goes out.",
        default=False,
    ),
    Consent.SUPERVISOR_READS: Wording(
        says="Your therapist has a supervisor, who helps them to work well. The supervisor may read your own words.",
        yes="The supervisor may read them",
        no="The supervisor may not read them",
        when_no="Holds at once.",
        default=False,
    ),
    Consent.PRIVATE_ROUTE: Wording(
        says="With each answer you can choose that only the care contact reads it, and not your therapist.",
        yes="Offer me that",
        no="Do not offer me that",
        when_no="From now on it is not offered. What you sent before stays with whom you sent it to.",
        default=True,
    ),
    Consent.EARLY_WARNING: Wording(
        says="A calculation tells your therapist when a talk with you may be worth it, because you have been quiet. "
        "It uses when you came, and your answers as far as they are for your therapist. It decides nothing.",
        yes="Use them",
        no="Leave me out",
        when_no="You are left out at once, and what was shown about you before is taken away.",
        default=True,
    ),
    Consent.STATISTICS: Wording(
        says="The practice counts how many people come, stay and stop. You are one of those counted, without a name.",
        yes="Count me in",
        no="Do not count me",
        when_no="You are out when the figures are next worked out.",
        default=True,
    ),
    Consent.RESEARCH: Wording(
        says="A study may use your answers, without your name.",
        yes="Take part",
        no="Take no part",
        when_no="You are out of the next export. Which exports had you in them stays written down.",
        default=False,
    ),
}
