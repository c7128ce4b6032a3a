"""An address that somebody else has entered: what is kept, who is asked and told, and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.accounts.ways import welcomed
from tests.site.conftest import staff

pytestmark = pytest.mark.hazard("H-16")

OLD, HIS, PHONE = "old@his.example", "dan@his.example", "+447700900001"
HOUR, TO_OBJECT = timedelta(hours=1), timedelta(days=3)


@pytest.fixture(name="by")
def _by():
    from holdfast_site.access.actors import Actor, Role

    return Actor(Role.DESK, id="999")


@pytest.fixture(name="alma")
def _alma(cast):
    """Alma treats Dan, and sits at the desk as well."""
    from holdfast_site.access.actors import Actor, Role

    return Actor(Role.DESK, id=str(staff("therapist", "alma").member_id))


@pytest.fixture(name="change")
def _change(cast, by, now):
    """The desk keeps a card; before that Eli has one, who is to be left alone."""
    from holdfast_site.messages.confirming import change_card
    from holdfast_site.people.contacts import ContactCard

    def change(*, of=cast.dan, as_who=by, at=now, tell_him=None, **told):
        card = ContactCard(**{"channel": "email", **told})
        more = {} if tell_him is None else {"tell_him": tell_him}
        change_card(by=as_who, client=of, card=card, now=at, **more)

    change(of=cast.eli, email=HIS)
    return change


@pytest.fixture(name="elis")
def _elis(cast, change, now):
    """Whatever the tables hold of Eli, to see that nothing changed: a card, a code, a message, what failed."""
    from holdfast_site.accounts.models import Welcome
    from holdfast_site.messages.models import Message, Undelivered
    from holdfast_site.messages.phones import digest
    from holdfast_site.people.models import Contact

    welcomed(staff("client", of=cast.eli), now)
    queued("moved", cast.eli, now)
    for went_to in (b"", digest(HIS)):
        Undelivered.objects.create(client=cast.eli, at=now, went_to=went_to)
    whose = ((Contact, "client"), (Message, "client"), (Undelivered, "client"), (Welcome, "post__client"))
    return lambda: [list(model.objects.filter(**{of: "eli"}).order_by("pk").values_list()) for model, of in whose]


def queued(kind, client, now, **more):
    from uuid import uuid4

    from holdfast_site.messages.models import Message

    times = dict.fromkeys(("queued_at", "next_at", "ends_at"), now)
    mark = uuid4()
    return Message.objects.create(
        **{"kind": kind, "cause": f"{kind}:{mark}", "client": client, "mark": mark, "sealed": b"x", **times, **more}
    )


def dans():
    from holdfast_site.people.models import Contact

    return Contact.objects.get(client="dan")


def waiting(cast):
    """What waits to be sent to Dan: what it says, and until when."""
    from django.conf import settings

    from holdfast_site.messages.models import Message

    box = settings.VAULT.client_box("dan", cast.dan.wrapped_key)
    found = Message.objects.filter(client="dan", state="waiting").order_by("pk")
    assert all(one.cause == f"{one.kind}:{one.mark}" and one.queued_at == one.next_at for one in found)
    return [
        (one.kind, box.open(one.sealed, place=one.place).decode(), one.queued_at, one.ends_at - one.queued_at)
        for one in found
    ]


def heard(action):
    from holdfast_site.audit.models import Event

    return list(Event.objects.filter(action=action).order_by("pk").values_list("actor", "about", "at"))


def test_a_first_address_is_neither_asked_about_nor_told(cast, change, elis, now):
    before = elis()
    change(email=OLD)
    assert waiting(cast) == []
    assert (dans().email_to_confirm, dans().codes_from, dans().confirms) == (False, None, None)
    assert elis() == before


def test_a_changed_address_is_asked_for_two_weeks_and_the_old_one_is_told_for_three_days(cast, change, elis, now):
    from holdfast_site.messages.selectors import contact_of_link
    from holdfast_site.people.contacts import ContactCard

    change(email=OLD, safe_from=9)
    before, later = elis(), now + HOUR
    change(email=HIS, at=later)
    moved, (kind, link, at, lasts) = waiting(cast)
    assert (moved[0], *moved[2:]) == ("moved", later, TO_OBJECT)
    assert ContactCard.model_validate_json(moved[1]) == ContactCard(email=OLD, safe_from=9, channel="email")
    assert (kind, at, lasts) == ("confirm", later, timedelta(days=14))
    assert len(link) == 43
    assert contact_of_link(link, now=later) == dans()
    assert (dans().asks, dans().asked_at, dans().email_to_confirm) == ("email", later, True)
    assert dans().codes_from is None  # he is told
    assert elis() == before


def test_what_is_told_goes_where_he_was_reached_until_now_and_only_if_that_is_over(cast, change, now):
    def told(**then):
        from holdfast_site.messages.models import Message

        Message.objects.filter(client="dan", state="waiting").delete()
        change(**then)
        return [said for kind, said, *_ in waiting(cast) if kind == "moved"]

    assert told(email=OLD) == []
    assert told(email=OLD, safe_from=9) == []
    assert told(email=OLD, safe_from=9, channel="none") == []  # stays his, and is not used
    assert told(email=OLD, phone=PHONE, channel="sms") == []  # nothing was ever sent there
    (said,) = told(email=OLD, phone=PHONE)  # the number stays, but is not used any more
    assert PHONE in said
    (said,) = told(phone=PHONE, channel="none")  # is taken away
    assert OLD in said


def test_where_he_wanted_nothing_more_he_is_told_where_something_went_before(cast, change, now):
    from holdfast_site.messages.phones import digest
    from holdfast_site.people.contacts import ContactCard

    change(email=OLD, channel="none")
    queued("link", cast.dan, now, state="sent", sealed=b"", went_to=digest(OLD), sent_at=now)
    change(email=HIS)
    (_, said, *_), _ = waiting(cast)
    assert ContactCard.model_validate_json(said) == ContactCard(email=OLD, channel="email")


@pytest.mark.parametrize("is_dead", [True, False])
def test_where_he_is_told_nowhere_codes_of_before_the_time_to_object_open_nothing(cast, change, elis, now, is_dead):
    """The old address does not work, or whoever changes it says that it is not safe."""
    from holdfast_site.messages.models import Undelivered
    from holdfast_site.messages.phones import digest

    change(email=OLD)
    before = elis()
    if is_dead:
        Undelivered.objects.create(client=cast.dan, at=now, went_to=digest(OLD))
    change(email=HIS, tell_him=is_dead)
    assert [kind for kind, *_ in waiting(cast)] == ["confirm"]
    assert dans().codes_from == dans().email_good_from == now + TO_OBJECT
    assert heard("address.unsafe") == ([] if is_dead else [("desk:999", "client:dan", now)])
    assert elis() == before


def test_that_the_old_address_is_not_safe_drops_what_waits_to_be_sent_there_and_nothing_else(cast, change, elis, now):
    from holdfast_site.messages.models import Message

    change(email=OLD)
    before = elis()
    moved, link, sending = (
        queued("moved", cast.dan, now),
        queued("link", cast.dan, now),
        queued("moved", cast.dan, now, state="sending"),
    )
    change(email=OLD, tell_him=False)
    found = Message.objects.in_bulk([moved.pk, link.pk, sending.pk])
    assert [(found[one.pk].state, bytes(found[one.pk].sealed)) for one in (moved, link, sending)] == [
        ("given_up", b""),
        ("waiting", b"x"),
        ("sending", b"x"),
    ]
    assert elis() == before


def test_codes_end_with_an_address_and_not_with_the_hours(cast, change, elis, now):
    from holdfast_site.accounts.services import welcome_of_client

    post = staff("client", of=cast.dan)
    change(email=OLD, phone=PHONE)
    before = elis()
    for told, is_over in (
        ({"email": OLD, "phone": PHONE, "safe_from": 9}, False),
        ({"email": OLD, "phone": PHONE, "channel": "sms"}, True),
        ({"email": OLD, "phone": PHONE, "channel": "none"}, False),
        ({"email": "", "phone": PHONE, "channel": "none"}, True),
        ({"email": HIS, "phone": PHONE, "channel": "sms"}, True),
    ):
        welcomed(post, now)
        change(**told)
        assert (welcome_of_client(cast.dan, now=now) is None) is is_over, told
    assert elis() == before


def test_an_address_that_failed_is_no_longer_unknown_once_there_is_a_new_one(cast, change, elis, now):
    """Of before it was kept which it was: a card with another address than any before cannot be that one."""
    from holdfast_site.messages.models import Undelivered
    from holdfast_site.messages.phones import digest

    change(email=OLD, phone=PHONE)
    before = elis()
    for went_to in (b"", digest("gone@his.example")):
        Undelivered.objects.create(client=cast.dan, at=now, went_to=went_to)

    def failed():
        return {bytes(one) for one in Undelivered.objects.filter(client="dan").values_list("went_to", flat=True)}

    change(email=OLD, phone=PHONE, channel="sms")
    assert failed() == {b"", digest("gone@his.example")}
    change(email=HIS, phone=PHONE)
    assert failed() == {digest("gone@his.example")}
    assert elis() == before


def test_nobody_is_asked_where_somebody_said_no_or_by_whoever_treats_him(cast, change, alma, by, elis, now):
    from holdfast_site.messages.confirming import ask_whether_his
    from holdfast_site.messages.models import Undelivered
    from holdfast_site.messages.phones import digest

    change(email=OLD)
    before = elis()
    Undelivered.objects.create(client=cast.dan, at=now, went_to=digest(HIS), is_denied=True)
    for told in ({"email": HIS}, {"email": "third@his.example", "as_who": alma}, {"channel": "none", "email": OLD}):
        change(**told)
        assert "confirm" not in [kind for kind, *_ in waiting(cast)]
        assert dans().confirms is None
        assert not ask_whether_his(by=told.get("as_who", by), client=cast.dan, now=now)
    assert heard("address.asked") == []
    assert elis() == before


def test_whoever_has_him_asked_stands_for_the_address(cast, change, alma, by, elis, now):
    from holdfast_site.messages.confirming import ask_whether_his
    from holdfast_site.messages.selectors import contact_of_link

    change(email=OLD, as_who=alma)
    before, later = elis(), now + HOUR
    assert ask_whether_his(by=by, client=cast.dan, now=later)
    assert (dans().email_by, dans().email_to_confirm) == ("desk:999", True)
    ((kind, link, at, lasts),) = waiting(cast)
    assert (kind, at, lasts) == ("confirm", later, timedelta(days=14))
    assert contact_of_link(link, now=later) == dans()
    assert heard("address.asked") == [("desk:999", "client:dan", later)]
    assert elis() == before


@pytest.mark.parametrize("is_his", [True, False])
def test_an_answer_to_an_older_question_changes_nothing(cast, change, by, rows, now, is_his):
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.messages.confirming import answer, ask_whether_his

    change(email=OLD)
    change(email=HIS)
    older = dans()
    ask_whether_his(by=by, client=cast.dan, now=now)
    before = rows()
    answer(by=ANYONE, contact=older, is_his=is_his, now=now)
    assert rows() == before


@pytest.fixture(name="asked")
def _asked(cast, change, elis, now):
    """Dan is asked about a new address; it, another one and one that is not known did not work."""
    from holdfast_site.messages.models import Undelivered
    from holdfast_site.messages.phones import digest

    change(email=OLD)
    change(email=HIS)
    for went_to in (b"", digest(HIS), digest(OLD)):
        Undelivered.objects.create(client=cast.dan, at=now, went_to=went_to)
    return elis()


def test_a_yes_is_about_that_address_once(cast, asked, elis, now):
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.messages.confirming import answer
    from holdfast_site.messages.models import Undelivered
    from holdfast_site.messages.phones import digest

    for later in (HOUR, 2 * HOUR):
        answer(by=ANYONE, contact=dans(), is_his=True, now=now + later)
    assert not dans().email_to_confirm
    assert bytes(Undelivered.objects.get(client="dan").went_to) == digest(OLD)
    assert heard("address.confirmed") == [("anyone", "client:dan", now + HOUR)]
    assert elis() == asked


def test_a_no_lasts_and_a_yes_after_it_changes_nothing_about_it(cast, asked, elis, now):
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.messages.confirming import answer
    from holdfast_site.messages.models import Undelivered
    from holdfast_site.messages.phones import digest

    def failed():
        found = Undelivered.objects.filter(client="dan").values_list("went_to", "at", "is_denied")
        return {(bytes(went_to), at, is_denied) for went_to, at, is_denied in found}

    answer(by=ANYONE, contact=dans(), is_his=True, now=now)
    for later in (HOUR, 2 * HOUR):
        answer(by=ANYONE, contact=dans(), is_his=False, now=now + later)
    denied = (digest(HIS), now + 2 * HOUR, True)
    assert failed() == {denied, (digest(OLD), now, False)}
    assert dans().email_to_confirm
    assert heard("address.denied") == [("anyone", "client:dan", now + later) for later in (HOUR, 2 * HOUR)]
    answer(by=ANYONE, contact=dans(), is_his=True, now=now)
    assert failed() == {denied, (digest(OLD), now, False)}
    assert elis() == asked
