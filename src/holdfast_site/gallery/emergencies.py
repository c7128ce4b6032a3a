"""The parts about a page that was opened in an emergency: for whoever opened it, his therapist and the lead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from holdfast_site.emergency.models import Opening
from holdfast_site.emergency.selectors import LASTS, Notice
from holdfast_site.gallery.parts import NOW, Part, State
from holdfast_site.handover.models import Kind, Matter
from holdfast_site.oversight.emergencies import Page
from holdfast_site.oversight.selectors import CheckIn
from holdfast_site.people.contacts import ContactCard
from holdfast_site.people.models import Client, Therapist

SAM = Client("made-up-1")
CARD = ContactCard(name="Sam Miller", phone="020 7946 0991", email="sam@example.org", wishes="Never ring the landline")
OPENING = Opening(pk=0, key=UUID(int=7), client=SAM, at=NOW)
WHY = "He rang at nine and could not say where he was"
TOLD = Notice(OPENING, "Ben Okafor", NOW + LASTS, WHY)
BEFORE, LATELY = (
    CheckIn(NOW - timedelta(weeks=weeks), ["Pace: too fast", "Felt understood: 5 of 10"], wants)
    for weeks, wants in ((2, True), (1, False))
)
PAGE = Page(
    opening=OPENING,
    until=NOW + LASTS,
    why=WHY,
    card=CARD,
    asked_us=[],
    headline="Session 4 was 7 days ago. The next one is booked in 2 days.",
    therapist=Therapist("made-up-therapist", "Anna Berg"),
    last_day=date(2026, 3, 20),
    matters=[Matter(client=SAM, kind=Kind.CALL, due_on=date(2026, 3, 12))],
    checkins=[LATELY, BEFORE],
    treated_him=False,
    words=True,
)
NO_WORDS = replace(PAGE, words=False, checkins=[LATELY], matters=[], last_day=None)
NOTHING_KNOWN = replace(PAGE, card=ContactCard(), therapist=None, last_day=None, matters=[], checkins=[])
OPENED = Part(
    "opened",
    "In an emergency: somebody else's client",
    [
        State("What can be read", "oversight/_opened.html", {"page": PAGE}),
        State("A supervisor; his own words are closed", "oversight/_opened.html", {"page": NO_WORDS}),
        State(
            "Whoever looks has treated him before",
            "oversight/_opened.html",
            {"page": replace(PAGE, treated_him=True, checkins=[])},
        ),
        State("Nothing is known of him", "oversight/_opened.html", {"page": NOTHING_KNOWN}),
    ],
)
TOLD_OF_IT = Part(
    "told",
    "Who is told of an emergency",
    [
        State("His therapist", "caseload/_opened.html", {"opened": [TOLD], "names": {SAM.pk: CARD.name}}),
        State("The lead", "insight/_opened.html", {"opened": [Notice(OPENING, "Ben Okafor", NOW + LASTS)]}),
        State(
            "The lead, who opened it himself",
            "insight/_opened.html",
            {"opened": [Notice(OPENING, "Ben Okafor", NOW + LASTS, can_be_known=False)]},
        ),
    ],
)
PARTS = (OPENED, TOLD_OF_IT)
