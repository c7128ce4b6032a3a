"""He may be known by two addresses, a mail and a phone: each has its own state."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.accounts.ways import window
from tests.site.own.address.reached import (
    HERS,
    HERS_TOO,
    HIS,
    PHONE,
    a_code,
    enter,
    is_his,
    links,
    opens,
    own_page,
    told_at,
    turn,
)

pytestmark = [pytest.mark.long, pytest.mark.hazard("H-16")]


def sent_to():
    """What waits to be sent, and where it would go out now."""
    from django.utils import timezone

    from holdfast_site.messages.models import Message
    from holdfast_site.messages.services import _recipient

    channels = {"email": None, "sms": None}
    found = [
        (one.kind, _recipient(one, timezone.now(), channels))
        for one in Message.objects.filter(state="waiting").order_by("pk")
    ]
    return [(kind, his and his.to) for kind, his in found]


@pytest.mark.parametrize(
    ("known", "then"),
    [
        ({"phone": PHONE, "channel": "sms"}, {"phone": PHONE, "email": HERS, "channel": "email"}),
        ({"email": HIS, "channel": "email"}, {"email": HIS, "phone": HERS_TOO, "channel": "sms"}),
    ],
)
def test_a_second_address_is_a_change_and_he_is_told_where_he_was_reached_before(cast, mail, desk, now, known, then):
    old, new = (told["email" if told["channel"] == "email" else "phone"] for told in (known, then))
    way = "email" if then["channel"] == "email" else "phone"
    enter(desk, **known)
    enter(desk, **then)
    assert sent_to() == [("moved", old), ("confirm", new)]
    for later in (timedelta(0), timedelta(days=4)):
        assert not is_his(cast, way, now + later)


def test_by_a_second_address_no_link_opens_his_page(cast, mail, desk, now):
    enter(desk, phone=PHONE, channel="sms")
    enter(desk, phone=PHONE, email=HERS)
    turn(now + timedelta(minutes=1))
    ((to, link),) = links(mail)
    assert to == HERS
    assert not opens(link, a_code(cast))


def test_a_second_way_that_is_not_used_changes_nothing_for_the_first(cast, mail, desk, now):
    enter(desk, email=HIS)
    enter(desk, email=HIS, phone=HERS_TOO)
    turn(now + timedelta(minutes=1))
    assert told_at(mail) == [] == links(mail, "yours")
    ((_, link),) = links(mail)
    assert opens(link, a_code(cast))
    assert not is_his(cast, "phone", now + timedelta(days=9))


def test_a_yes_about_his_mail_says_nothing_of_a_phone_that_somebody_changed(cast, mail, desk, now):
    enter(desk, email="old@his.example", phone=PHONE)
    enter(desk, email=HIS, phone=HERS_TOO)
    turn(now + timedelta(minutes=1))
    ((to, ask),) = links(mail, "yours")
    assert to == HIS
    window().post(ask, {"his": "yes"})
    later = now + timedelta(days=3, minutes=1)
    assert is_his(cast, "email", later)
    assert not is_his(cast, "phone", later)
    enter(desk, email=HIS, phone=HERS_TOO, channel="sms")
    assert sent_to() == [("moved", HIS), ("confirm", HERS_TOO)]
    assert not is_his(cast, "phone", later)


def test_a_question_about_one_way_is_never_sent_to_the_other(cast, mail, desk, now):
    enter(desk, email=HIS)
    enter(desk, email=HIS, phone=HERS_TOO, channel="sms")
    assert ("confirm", HERS_TOO) in sent_to()
    enter(desk, email=HERS, phone=HERS_TOO, channel="sms")
    assert ("confirm", HERS_TOO) in sent_to()
    enter(desk, email=HERS, phone=HERS_TOO, channel="email")
    assert ("confirm", HERS) in sent_to()
    from holdfast_site.messages.models import Message

    about_the_phone = Message.objects.filter(kind="confirm").order_by("pk").first()
    turn(now + timedelta(minutes=1))
    about_the_phone.refresh_from_db()
    assert about_the_phone.state == "given_up"


def test_what_he_entered_himself_stays_his_when_the_desk_changes_the_way(cast, mail, desk, now):
    enter(desk, email="old@his.example")
    own_page(cast, email=HIS, phone=PHONE, channel="email")
    enter(desk, email=HIS, phone=PHONE, channel="sms")
    assert is_his(cast, "phone", now)
