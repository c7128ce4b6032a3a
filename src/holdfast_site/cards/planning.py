"""What a table of names and addresses would change, row by row. A first address is taken; none is written over.

What somebody entered here, or took away here, stands: a table that says otherwise is listed, to be looked at by hand.
How he is written to is taken only together with his first address, and only if the practice says that he agreed (H-08).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django import forms

from holdfast.tables.sources.grid import plain
from holdfast_site.access.actors import Actor, Role
from holdfast_site.cards.table import Row
from holdfast_site.languages import N_
from holdfast_site.messages.selectors import addresses
from holdfast_site.people.contacts import WAYS, Channel, ContactCard, Way
from holdfast_site.people.forms import PhoneField
from holdfast_site.people.models import Client, Contact
from holdfast_site.people.selectors import cards_of, known_as
from holdfast_site.schedule.selectors import clients

AT_ONCE, TAKEN_AT_ONCE = 100, 20  # rows: while some are taken over, whoever answers a check-in waits
_CHANNELS: Mapping[str, Channel] = {
    **dict.fromkeys(("email", "correoelectronico", "courriel"), "email"),
    **dict.fromkeys(("sms", "text", "texts", "textmessage", "textmessages"), "sms"),
    **dict.fromkeys(("", "none", "no", "nothing", "nein", "keine", "non", "nee", "nao"), "none"),
}


class Why(StrEnum):
    """Why something of a row is not taken."""

    NO_ID = "no_id"
    UNKNOWN = "unknown"
    TWICE = "twice"
    ERASED = "erased"
    WRONG_NAME = "wrong_name"
    WRONG_EMAIL = "wrong_email"
    WRONG_PHONE = "wrong_phone"
    OTHER_NAME = "other_name"
    OTHER_EMAIL = "other_email"
    OTHER_PHONE = "other_phone"
    HIS_OWN = "his_own"
    WAY_UNCLEAR = "way_unclear"
    WAY_WISHES = "way_wishes"
    WAY_LATER = "way_later"
    WAY_NOWHERE = "way_nowhere"


WORDS = {
    Why.NO_ID: N_("There is no id."),
    Why.UNKNOWN: N_("No client here has this id. Nobody is added: import his appointments first, or add him."),
    Why.TWICE: N_("More than one row has this id, so neither is taken. Take out the wrong one."),
    Why.ERASED: N_("What was held about him was erased, and stays so."),
    Why.WRONG_NAME: N_("The name is longer than 200 signs. Nothing of the row is taken."),
    Why.WRONG_EMAIL: N_("This is no e-mail address, or more than one. Nothing of the row is taken."),
    Why.WRONG_PHONE: N_(
        "This is no phone number: it has fewer than seven digits, or other signs. Nothing of the row is taken."
    ),
    Why.OTHER_NAME: N_("Another name stands here. Nothing of the row is taken: look whether it is he."),
    Why.OTHER_EMAIL: N_("Another e-mail address stands here, or was taken away here. That stays: look at it by hand."),
    Why.OTHER_PHONE: N_("Another phone number stands here, or was taken away here. That stays: look at it by hand."),
    Why.HIS_OWN: N_("He has kept his card himself, and the table says something else. His stays."),
    Why.WAY_UNCLEAR: N_("How he wants to be written to is not clear: e-mail or text."),
    Why.WAY_WISHES: N_(
        "What he wishes about being reached stands on his card. Read it, and choose there how he is written to."
    ),
    Why.WAY_LATER: N_(
        "His address stood here already, so how he is written to stays as it is. If he agreed, choose it on his card."
    ),
    Why.WAY_NOWHERE: N_(
        "He wants to be written to in a way for which the row has no address, or no number with its country."
    ),
}
_OTHER: Mapping[Way, Why] = {"email": Why.OTHER_EMAIL, "phone": Why.OTHER_PHONE}


@dataclass(frozen=True, slots=True)
class Left:
    """Something that is not taken: in which row, of whom, and why."""

    row: int
    told_id: str  # as the table has it
    client_id: str  # blank: nobody here
    why: Why


@dataclass(frozen=True, slots=True)
class Step:
    """What is done about one row. ``client`` is none where it is nobody; ``after`` is the card as it becomes."""

    row: Row
    left: Sequence[Left] = ()
    client: Client | None = None
    before: ContactCard | None = None
    after: ContactCard | None = None

    @property
    def changes(self) -> bool:
        """Whether there is anything to keep."""
        return self.after is not None and self.after != self.before


class RowForm(forms.Form):
    """The same checks as of one card that is typed."""

    name = forms.CharField(max_length=200, required=False)
    email = forms.EmailField(max_length=200, required=False)
    phone = PhoneField()


_WRONG = {"name": Why.WRONG_NAME, "email": Why.WRONG_EMAIL, "phone": Why.WRONG_PHONE}


class Plan:
    """What the rows of a table would do, some at once: ask within the transaction that then does it."""

    def __init__(self, rows: Sequence[Row], *, by: Actor, agreed: bool, at_once: int = AT_ONCE) -> None:
        others = known_as()
        self._by, self._agreed = by, agreed
        self._means = {row.number: others.get(row.id, row.id) for row in rows}
        self._often = Counter(self._means.values())
        self.parts = [rows[start : start + at_once] for start in range(0, len(rows), at_once)]

    def steps(self, rows: Sequence[Row]) -> Sequence[Step]:
        """What each of these rows does, as things stand now."""
        wanted = [self._means[row.number] for row in rows]
        found = {one.pk: one for one in clients(self._by).filter(pk__in=wanted)}
        there = [one for one in found.values() if not one.is_erased]
        cards = cards_of(there)
        contacts = {one.client_id: one for one in Contact.objects.filter(client__in=there)}
        steps = []
        for row, pk in zip(rows, wanted, strict=True):
            client = found.get(pk)
            why = _why_not(row, client, is_twice=self._often[pk] > 1)
            if client is None or why is not None:
                known = "" if client is None else client.pk
                steps.append(Step(row, [Left(row.number, row.id, known, why or Why.UNKNOWN)]))
            else:
                steps.append(_step(row, client, cards[pk], contacts.get(pk), agreed=self._agreed))
        return steps


def _why_not(row: Row, client: Client | None, *, is_twice: bool) -> Why | None:
    """Why nothing at all of a row is taken."""
    if not row.id:
        return Why.NO_ID
    if client is None:
        return Why.UNKNOWN
    if client.is_erased:
        return Why.ERASED
    if is_twice:
        return Why.TWICE
    wrong = RowForm({"name": row.name, "email": row.email, "phone": row.phone}).errors
    return next((why for part, why in _WRONG.items() if part in wrong), None)


def _step(row: Row, client: Client, before: ContactCard, contact: Contact | None, *, agreed: bool) -> Step:
    """What a row does to somebody's card."""
    told: Mapping[Way, str] = {"email": row.email, "phone": row.phone}
    differs = {way for way in told if told[way] and not _is_same(way, before.typed(way), told[way])}
    has_other_name = bool(row.name) and plain(row.name) != plain(before.name)
    if contact is not None and _is_his_own(contact):
        whys = [Why.HIS_OWN] if differs or has_other_name else []
        return Step(row, _left(row, client, whys), client, before, before)
    if has_other_name and before.name:
        return Step(row, _left(row, client, [Why.OTHER_NAME]), client, before, before)
    whys, new = [], {"name": row.name} if has_other_name else {}
    for way in sorted(differs):
        if before.typed(way) or (contact is not None and _was_entered(contact, way)):
            whys.append(_OTHER[way])
        else:
            new[way] = told[way]
    after = ContactCard.model_validate({**before.model_dump(), **new})
    channel, why = _channel(row, before, after, is_first=_is_first(before, contact))
    if why is not None:
        whys.append(why)
    elif agreed:
        after = after.model_copy(update={"channel": channel})
    return Step(row, _left(row, client, whys), client, before, after)


def _channel(row: Row, before: ContactCard, after: ContactCard, *, is_first: bool) -> tuple[Channel, Why | None]:
    """How he is written to afterwards; or why that is not taken from the table."""
    channel = _CHANNELS.get(plain(row.channel))
    if channel is None:
        return before.channel, Why.WAY_UNCLEAR
    if channel in ("none", before.channel):
        return before.channel, None
    if before.wishes:
        return before.channel, Why.WAY_WISHES
    if not is_first:
        return before.channel, Why.WAY_LATER
    if not addresses(after)[WAYS[channel]]:
        return before.channel, Why.WAY_NOWHERE
    return channel, None


def _is_first(before: ContactCard, contact: Contact | None) -> bool:
    """Whether nobody has ever entered an address of his."""
    was_one = contact is not None and any(_was_entered(contact, way) for way in WAYS.values())
    return not (before.email or before.phone or was_one)


def _was_entered(contact: Contact, way: Way) -> bool:
    """Whether an address was ever entered, also before it was kept by whom; it may have been taken away since."""
    hand = contact.hand(way)
    return bool(hand.by or hand.to_confirm)


def _is_his_own(contact: Contact) -> bool:
    """Whether he has kept his card himself."""
    return any(contact.hand(way).by.startswith(f"{Role.CLIENT}:") for way in WAYS.values())


def _is_same(way: Way, stands: str, told: str) -> bool:
    """Whether two are one address: capitals do not count, nor how a number is parted."""
    if way == "email":
        return stands.casefold() == told.casefold()
    one, other = (addresses(ContactCard(phone=number))["phone"] or _digits(number) for number in (stands, told))
    return one == other


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit())


def _left(row: Row, client: Client, whys: Sequence[Why]) -> Sequence[Left]:
    return [Left(row.number, row.id, client.pk, why) for why in whys]
