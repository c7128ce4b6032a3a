"""A practice that writes to Dan, and who changes where."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.site.accounts.ways import window
from tests.site.conftest import signed_in
from tests.site.messages.sinks import mail_server
from tests.site.own.address.reached import HERS, enter, in_role, links, turn


@pytest.fixture(name="mail")
def _mail(cast, settings):
    """A practice that sends mail to a server on this machine; nothing was asked about Dan's last session yet."""
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.config import EmailConfig

    Invitation.objects.filter(appointment__client=cast.dan).delete()
    with mail_server() as sink:
        told = EmailConfig(host="127.0.0.1", port=sink.port, security="none", sender="Hill <hello@hill.example>")
        changes = {"email": told, "address": "https://hill.example", "phone": "020 7946 0321"}
        settings.SITE = settings.SITE.model_copy(update=changes)
        yield sink


@pytest.fixture(name="desk")
def _desk(cast):
    return signed_in("desk")


@pytest.fixture(name="alma_at_the_desk")
def _alma_at_the_desk(cast):
    """Alma treats Dan, and sits at the desk as well: the same person, in another role."""
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.models import Member
    from holdfast_site.accounts.services import add_member

    alma = signed_in("therapist", "alma")
    member = Member.objects.get(posts__therapist="alma")
    add_member(member.login, Role.DESK)
    return alma, in_role(member, "desk")


@pytest.fixture(name="denied")
def _denied(cast, mail, desk, now):
    """Somebody got the question whether it is his, and said no."""
    enter(desk, email="old@his.example")
    enter(desk, email=HERS)
    turn(now + timedelta(minutes=1))
    ((_, ask),) = links(mail, "yours")
    window().post(ask, {"his": "no"})
    mail.got.clear()
