"""What the made-up practice has to do today, so that each role finds something worth seeing. Nobody in it is real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from holdfast_site.people.models import Client

FIRST = (
    *("Aaron", "Ben", "Callum", "Daniel", "Ewan", "Femi", "Gareth", "Hassan", "Ian", "Jack", "Kwame", "Liam", "Marek"),
    *("Nikhil", "Owen", "Pavel", "Rhys", "Sam", "Tariq", "Will"),
)
LAST = (
    *(
        "Ashby",
        "Barlow",
        "Cole",
        "Dunn",
        "Ellery",
        "Frost",
        "Grange",
        "Holt",
        "Ives",
        "Jarvis",
        "Kemp",
        "Lowe",
        "Marsh",
    ),
    *("Nash", "Okoro", "Price", "Rowe", "Shaw", "Tate", "Underhill", "Vance", "Wray", "Yates"),
)
TREAT = {
    "woman": ("Miriam Adler", "Claire Devlin", "Hanna Lindqvist", "Priya Nair"),
    "man": ("Joseph Bannerman", "Sunil Rao", "Peter Osei", "Tom Whelan"),
}
NUMBERS = 7_700_900_000  # kept free for made-up people by the regulator


def fill_practice(now: datetime) -> None:
    """Clients' names and numbers, what they asked for, who was handed over, who supervises and who is away."""
    from holdfast_site.people.models import Client

    clients = list(Client.objects.order_by("pk"))
    for number, client in enumerate(clients):
        _card(client, number, now)
    for (kind, holder, said, hours), client in zip(_ASKED, _seen_lately(now), strict=False):
        _asks(client, kind, holder, said, now - timedelta(hours=hours))
    _supervises(now)
    _is_away(now)
    _studies(clients, now)


_ASKED: Sequence[tuple[str, str, Mapping[str, str], int]] = (
    (
        "someone_else",
        "care_contact",
        {"words": "She is kind, but it all goes very fast. I would rather try somebody else.", "pace": "2"},
        30,
    ),
    ("slower", "therapist", {"words": "Last time I could not keep up."}, 20),
    ("pause", "care_contact", {"words": "New baby. Six weeks would help."}, 50),
    ("call", "therapist", {"words": "Not at work, please. After six is fine."}, 5),
    ("call", "care_contact", {"words": "About the bill, and not by letter."}, 8),
    ("slower", "therapist", {}, 70),
)


def _studies(clients: Sequence[Client], now: datetime) -> None:
    """One study, to which every third client has said yes, and every thirtieth no."""
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.studies.services import answer, name

    study = name(by=OPERATOR, told={**_STUDY, "form": uuid4()}, now=now)
    for number, client in enumerate(clients[1::3]):
        given = number % 10 != 0
        answer(by=OPERATOR, client=client, study=study, version=1, given=given, form=uuid4(), now=now)


_STUDY = {
    "name": "Why men stay",
    "by": "Dr Ada Example, University of Somewhere",
    "about": "Some men stop coming and say nothing. We want to learn what was different for those who stayed.",
    "contact": "study@example.org, 020 7946 0722",
}


def name_therapists() -> None:
    """A name for each of them; where the made-up practice tells a gender, one that goes with it."""
    from holdfast_site.people.models import Therapist

    left = {gender: iter(names) for gender, names in TREAT.items()}
    for one in Therapist.objects.order_by("pk"):
        name = next(left[one.gender if one.gender in left else "woman"])
        Therapist.objects.filter(pk=one.pk).update(name=name)


def _card(client: Client, number: int, now: datetime) -> None:
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.people.contacts import ContactCard
    from holdfast_site.people.services import keep_contact

    first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
    card = ContactCard(
        name=f"{first} {last}",
        email=f"{first}.{last}{number}@example.org".lower(),
        phone=f"0{NUMBERS + number}",
        channel="sms" if number % 3 else "email",
        safe_from=9 if number % 4 else 17,
        wishes="" if number % 5 else "No messages on the landline.",
    )
    keep_contact(by=OPERATOR, client=client, card=card, now=now)


def _seen_lately(now: datetime) -> list[Client]:
    """Clients who came within three weeks and are booked again: nobody else's matter."""
    from holdfast_site.people.models import Client

    lately = Client.objects.filter(
        appointments__status="attended", appointments__starts_at__range=(now - timedelta(days=21), now)
    )
    return list(lately.filter(appointments__status="booked", appointments__starts_at__gt=now).distinct().order_by("pk"))


def _asks(client: Client, kind: str, holder: str, said: Mapping[str, str], at: datetime) -> None:
    from holdfast_site.access.actors import OPERATOR, Role
    from holdfast_site.handover.due import seen_to_on
    from holdfast_site.handover.models import Kind
    from holdfast_site.handover.services import open_matter
    from holdfast_site.people.models import Appointment

    latest = Appointment.objects.select_related("therapist").filter(client=client).latest("starts_at", "pk")
    open_matter(
        by=OPERATOR,
        client=client,
        therapist=latest.therapist,
        kind=Kind(kind),
        holder=Role(holder),
        due_on=seen_to_on(at),
        now=at,
        said=said,
    )


def _supervises(now: datetime) -> None:
    """The supervisor is assigned to the clients of the therapist whom one can look at."""
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR, Role
    from holdfast_site.accounts.models import Post
    from holdfast_site.oversight.services import assign

    told_on = timezone.localdate(now) - timedelta(days=30)
    supervisor, treats = Post.objects.get(role=Role.SUPERVISOR), Post.objects.filter(role=Role.THERAPIST).earliest("pk")
    assign(by=OPERATOR, supervisor=supervisor, therapist=treats.therapist, client=None, told_on=told_on, now=now)


def _is_away(now: datetime) -> None:
    """Somebody is away this week, and the therapist whom one can look at stands in."""
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR, Role
    from holdfast_site.away.services import keep_leave
    from holdfast_site.handover.models import Matter
    from holdfast_site.people.models import Therapist

    treats = Therapist.objects.filter(posts__role=Role.THERAPIST).earliest("posts__pk")
    asked = Matter.objects.filter(holder=Role.THERAPIST).exclude(therapist=treats).order_by("pk").first()
    if asked is None:
        return
    today = timezone.localdate(now)
    keep_leave(
        by=OPERATOR,
        therapist=asked.therapist,
        stand_in=treats,
        first_day=today - timedelta(days=2),
        last_day=today + timedelta(days=5),
        now=now,
    )
