"""What was changed about somebody's ways in: he hears of it where he signs in next, until he says that he knows.

Each of his ways in is told apart. So whoever made himself a way in to somebody else's pages hides nothing: the other
one hears of it with his own phone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from holdfast_site.access.actors import Actor
from holdfast_site.accounts.models import CodeApp, Member, Passkey, Post
from holdfast_site.audit.models import Event
from holdfast_site.audit.services import Action, record
from holdfast_site.languages import N_

LATELY = timedelta(days=90)  # on the page with his ways in
BY_HIMSELF: Mapping[str, str] = {  # by somebody who had signed in as him
    Action.WAY_IN_MADE: N_("A passkey was made."),
    Action.WAY_IN_TAKEN: N_("A passkey was removed."),
    Action.WAY_IN_CHANGED: N_("The password was changed."),
}
BY_A_LINK: Mapping[str, str] = {
    Action.WELCOME_MADE: N_("A link and a code for a new way in were made for you."),
    Action.WAY_IN_MADE: N_("A new way in was made with a link and a code. Those before it ended."),
}

WayIn = Passkey | CodeApp


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was changed, in words."""

    at: datetime
    words: str


def unknown(way: WayIn) -> Sequence[Change]:
    """What was changed that whoever signs in in this way has not said that he knows, the latest first."""
    return changes(way.member, since=way.told_at or way.made_at)


def changes(member: Member, *, since: datetime) -> Sequence[Change]:
    """What was changed about his ways in since then, the latest first."""
    himself = f"member:{member.pk}"
    posts = Post.objects.filter(member=member).values_list("pk", "client")
    others = [f"post:{pk}" if client is None else f"client:{client}" for pk, client in posts]
    words = {
        **{(action, himself): said for action, said in BY_HIMSELF.items()},
        **{(action, about): said for about in others for action, said in BY_A_LINK.items()},
    }
    found = Event.objects.filter(action__in={action for action, _ in words}, about__in=[himself, *others], at__gt=since)
    known = [(one, words.get((one.action, one.about))) for one in found.order_by("-pk")]
    return [Change(one.at, gettext(said)) for one, said in known if said]


@transaction.atomic
def know(way: WayIn, *, by: Actor, upto: datetime, now: datetime) -> None:
    """Keep that whoever signs in in this way knows what was changed up to then."""
    type(way)._default_manager.filter(pk=way.pk).update(told_at=upto)
    record(Action.WAY_IN_KNOWN, by=by, about=f"member:{way.member_id}", at=now)


def mark_of(way: WayIn | None) -> str:
    """What a session remembers of the way in."""
    return "" if way is None else f"{'passkey' if isinstance(way, Passkey) else 'code_app'}:{way.pk}"


def way_of(mark: str) -> WayIn | None:
    """The way in that a session remembers; none if it is gone."""
    kind, _, pk = mark.partition(":")
    model: type[WayIn] = Passkey if kind == "passkey" else CodeApp
    return model._default_manager.select_related("member").filter(pk=int(pk)).first() if pk else None
