"""The desk keeps Dan's card, and what goes out to him by it."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.site.accounts.ways import window
from tests.site.conftest import appointment, signed_in
from tests.site.own.test_mine import REACH, code_told

HIS, HERS = "dan@his.example", "alma@hers.example"
PHONE, HERS_TOO = "+447700900001", "+447700900666"
CARD = {"name": "Dan", "channel": "email", "wording": "message", "safe_from": "0", "safe_until": "24"}


def in_role(member, role):
    from django.conf import settings
    from django.http import HttpRequest
    from django.utils import timezone

    from holdfast_site.accounts import sessions
    from holdfast_site.accounts.models import Post

    browser, request = window(), HttpRequest()
    request.session = browser.session
    sessions.begin(request, Post.objects.get(member=member, role=role), now=timezone.now())
    request.session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    return browser


def enter(desk, **told):
    """Keep his card, as the desk's page does."""
    page = desk.get("/clients/dan").content.decode()
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1].replace("&#x27;", "'")
    answer = desk.post("/clients/dan", {**CARD, "seen": seen, **told})
    assert answer.status_code == 302, answer.content.decode()


def turn(now):
    from holdfast_site.messages.transports import transports
    from holdfast_site.worker import Sender

    Sender(transports(), lambda: now).turn(now)


def links(mail, way="c"):
    """The addresses of one kind that went out, with whom they went to."""
    found = ((one["To"], re.search(rf"https://hill\.example(/{way}/\S+)", one.get_content())) for one in mail.got)
    return [(to, link[1]) for to, link in found if link]


def opens(link, code):
    return window().post(f"{link}/mine", {"code": code}).status_code == 302


def a_code(cast):
    return code_told(signed_in("therapist", "alma").post("/mine/give/dan"))


def leads(link, at):
    from holdfast_site.checkins.selectors import invitation_of_link
    from holdfast_site.messages.selectors import leads_to_him

    return leads_to_him(invitation_of_link(link.rpartition("/")[2]), now=at)


def asked_again(cast, mail, at):
    """One more session, and the link about it."""
    appointment(cast.dan, cast.alma, at - timedelta(hours=5))
    before = links(mail)
    turn(at)
    ((_, link),) = [one for one in links(mail) if one not in before]
    return link


def told_at(mail):
    return [one["To"] for one in mail.got if "changed" in one["Subject"]]


def is_his(cast, way, at):
    from holdfast_site.accounts.whose_address import is_his_own
    from holdfast_site.people.models import Contact

    return is_his_own(Contact.objects.get(client=cast.dan), way, now=at)


def own_page(cast, **told):
    import uuid

    hours = {"safe_from": "0", "safe_until": "24", "form": str(uuid.uuid4())}
    assert signed_in("client", of=cast.dan).post("/mine/reach", {**REACH, **hours, **told}).status_code == 302


def a_session_later(cast, now):
    appointment(cast.dan, cast.alma, now + timedelta(hours=20))
    turn(now + timedelta(days=1, hours=3))
