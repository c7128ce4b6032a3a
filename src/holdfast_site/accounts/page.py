"""What the pages of signing in show: a member's roles in words, and the square that a code app reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import segno
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from holdfast_site.access.actors import Role
from holdfast_site.accounts.models import Member, Post
from holdfast_site.languages import N_

WORDS: Mapping[Role, str] = {
    Role.THERAPIST: N_("Therapist"),
    Role.SUPERVISOR: N_("Supervisor"),
    Role.CARE_CONTACT: N_("Care contact"),
    Role.LEAD: N_("Lead of the practice"),
    Role.DESK: N_("Front desk"),
    Role.CLIENT: N_("Client: what is held about me"),
}


def words_of(member: Member) -> Sequence[tuple[str, str]]:
    """The roles that a member can come in."""
    return [
        (role, gettext(WORDS[Role(role)])) for role in Post.objects.filter(member=member).values_list("role", flat=True)
    ]


HEARS: Mapping[Role, Sequence[str]] = {  # of what somebody in this role hears by mail, if he has entered an address
    Role.THERAPIST: (
        N_("What a client asked you for, or a colleague for whom you stand in."),
        N_("A page of your client's that was opened in an emergency."),
    ),
    Role.CARE_CONTACT: (
        N_("Somebody whom nobody is holding; somebody you hold, on the day on which something is due."),
        N_("What a client kept from his therapist."),
    ),
    Role.DESK: (N_("An address of a client that does not work."),),
    Role.LEAD: (N_("A page that somebody else opened in an emergency."),),
}


def heard_of(member: Member) -> Sequence[str]:
    """Of what a member hears by mail, in all his roles."""
    roles = Post.objects.filter(member=member).order_by("pk").values_list("role", flat=True)
    return [gettext(words) for role in roles for words in HEARS.get(Role(role), ())]


def ended_in_words(others: int) -> str:
    """What became of the other places where somebody was signed in."""
    if others == 0:
        return "You are signed in nowhere else."
    return (
        "You are signed out in the one other place." if others == 1 else f"You are signed out in {others} other places."
    )


def square(address: str) -> SafeString:
    """A code app's address as a drawing. It is made here: nothing of it came from anybody."""
    drawn = segno.make(address, error="m").svg_inline(
        scale=4, border=4, light="#fff", svgclass="square", lineclass=None
    )
    return mark_safe(drawn)  # noqa: S308 - the address is in it as squares, not as letters
