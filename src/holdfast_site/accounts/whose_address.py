"""Whose an address is: what is sent to it is half of a way in to a client's own page (H-16)."""

from __future__ import annotations

from datetime import datetime

from holdfast_site.accounts.models import Post
from holdfast_site.people.contacts import Way
from holdfast_site.people.models import Contact


def is_his_own(contact: Contact, way: Way, *, now: datetime) -> bool:
    """Whether an address is good for one half of a way in to his own page.

    Not while he has to confirm it, and never from the hand of somebody who treats him: who tells him the code would
    then hold both halves, and read what he kept from that person.
    """
    hand = contact.hand(way)
    if hand.to_confirm or (hand.good_from is not None and now < hand.good_from):
        return False
    return bool(hand.by) and not treats(hand.by, contact.client_id)


def treats(mark: str, client_id: str) -> bool:
    """Whether somebody, in whatever role the audit marks him, is also a therapist whom this client has or had."""
    member = mark.partition(":")[2]
    posts = Post.objects.filter(member=int(member) if member.isdecimal() else 0)
    return posts.filter(therapist__appointments__client=client_id).exists()
