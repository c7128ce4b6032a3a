"""Writing on a client's own page: a code for a way in, and what he decides, puts right or changes there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction

from holdfast.errors import UsageError
from holdfast_site.access.actors import Actor, Role
from holdfast_site.accounts.models import Member, Post
from holdfast_site.accounts.services import Told, add_member, welcome
from holdfast_site.checkins.answers import Value
from holdfast_site.checkins.models import SealedBox
from holdfast_site.checkins.services import correct
from holdfast_site.consents.models import Consent, Decision
from holdfast_site.consents.services import decide
from holdfast_site.consents.words import OBJECTED_TO
from holdfast_site.messages.models import Undelivered
from holdfast_site.own.selectors import values_of
from holdfast_site.people.contacts import ContactCard
from holdfast_site.people.models import Client
from holdfast_site.people.services import keep_contact

FIRST = ("amber", "birch", "cedar", "copper", "coral", "flint", "hazel", "indigo", "maple", "olive", "pearl", "silver")
SECOND = ("bridge", "field", "harbour", "hill", "island", "lake", "meadow", "mill", "orchard", "river", "stone", "tide")


@transaction.atomic
def give_way_in(*, by: Actor, client: Client, now: datetime) -> Told:
    """Make a way in to his own page, or a new one in place of the one he lost.

    The code is told to him in person. The link is not told to whoever tells the code: two halves in one hand would
    open what he kept from that person.
    """
    post = Post.objects.filter(client=client).first() or add_member(_new_name(), Role.CLIENT, client=client)
    return welcome(by=by, post=post, now=now)


def give_way_in_by_id(*, by: Actor, client_id: str, now: datetime) -> Told:
    """The same, from the command line.

    Raises
    ------
    UsageError
        If there is no such client, or he has been erased.
    """
    client = Client.objects.exclude(wrapped_key=b"").filter(pk=client_id).first()
    if client is None:
        raise UsageError(f"No client has the id {client_id}, or he has been erased.")
    return give_way_in(by=by, client=client, now=now)


@transaction.atomic
def object_to_it(*, by: Actor, client: Client, form: UUID, now: datetime) -> None:
    """Say no to all that is worked out about him, at once. The same form twice is once."""
    for consent in OBJECTED_TO:
        decide(by=by, client=client, consent=consent, given=False, form=uuid5(form, consent), now=now)


@transaction.atomic
def change_reach(*, by: Actor, client: Client, card: ContactCard, form: UUID, now: datetime) -> None:
    """Change how he is reached. An old form that is sent again changes nothing."""
    if Decision.objects.filter(form=form).exists():
        return
    keep_contact(by=by, client=client, card=card, now=now)
    Undelivered.objects.filter(client=client).delete()  # he says himself that these are his
    wanted = card.channel != "none"
    decide(by=by, client=client, consent=Consent.MESSAGES, given=wanted, form=form, now=now)


def put_right(
    *, by: Actor, client: Client, box: SealedBox, values: Mapping[str, Value | None], form: UUID, now: datetime
) -> None:
    """Keep what he changed of the answers in a box; what he left as it was is no correction."""
    standing = values_of(box, client)
    changed = {name: value for name, value in values.items() if value != standing.get(name)}
    correct(by=by, box=box, values=changed, form=form, now=now)


def _new_name() -> str:
    """A name to sign in with that says nothing about anybody."""
    while True:
        name = f"{secrets.choice(FIRST)}-{secrets.choice(SECOND)}-{secrets.randbelow(9000) + 1000}"
        if not Member.objects.filter(login=name).exists():
            return name
