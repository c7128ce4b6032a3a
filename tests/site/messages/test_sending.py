"""Messages: queued with their link, sent once, within safe hours, without a word of what they are about."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.site.conftest import appointment
from tests.site.messages.sinks import mail_server

pytestmark = pytest.mark.long

ADDRESS, NUMBER = "dan@zanzibar.example", "07700 900123"
CANARIES = ("Dan", "Marsh", "dan@", "alma", "Alma", "Hill Street", "therap", "session", "Zanzibar")


def card(client, now, **told):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.people.contacts import ContactCard
    from holdfast_site.people.services import keep_contact

    known = {"name": "Dan Marsh", "email": ADDRESS, "channel": "email", "safe_from": 0, "safe_until": 24, **told}
    keep_contact(by=OPERATOR, client=client, card=ContactCard(**known), now=now)


@pytest.fixture(name="mail")
def _mail(cast, now, settings):
    """A practice that sends mail to a server on this machine, and Dan who gets some."""
    from holdfast_site.config import EmailConfig

    card(cast.dan, now)
    with mail_server() as sink:
        told = EmailConfig(host="127.0.0.1", port=sink.port, security="none", sender="Hill Street <hello@hill.example>")
        settings.SITE = settings.SITE.model_copy(update={"email": told, "address": "https://hill.example"})
        yield sink


def turn(now):
    """What the worker does in one round."""
    from holdfast_site.messages.transports import transports
    from holdfast_site.worker import Sender

    Sender(transports(), lambda: now).turn(now)


def messages():
    from holdfast_site.messages.models import Message

    return list(Message.objects.order_by("pk"))


@pytest.fixture(name="past")
def _past(cast, now):
    """A session of Dan's about which nothing was asked yet."""
    return appointment(cast.dan, cast.alma, now - timedelta(hours=5))


def text_of(mail):
    return mail.get_content()


def test_after_a_session_he_gets_one_link_and_it_works(cast, mail, past, now, browser):
    turn(now)
    turn(now + timedelta(seconds=5))
    (got,) = mail.got
    assert got["To"] == ADDRESS
    assert got["Subject"] == "You have a message"
    path = re.search(r"https://hill\.example(/c/\S+)", text_of(got))[1]
    assert browser.get(path).status_code == 200
    (message,) = messages()
    assert (message.state, bytes(message.sealed)) == ("sent", b"")
    assert got["Message-ID"] == f"<{message.mark}@hill.example>"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_before_a_session_he_is_asked_whether_he_comes(cast, mail, now, browser):
    appointment(cast.dan, cast.alma, now + timedelta(hours=28), status="booked")
    turn(now)
    path = re.search(r"https://hill\.example(/n/\S+)", text_of(mail.got[0]))[1]
    assert "Coming?" in browser.get(path).content.decode()


@pytest.mark.hazard("H-08", "H-16")
def test_no_message_says_what_it_is_about_or_whose_it_is(cast, mail, past, now):
    turn(now)
    whole = re.sub(r"From: .*|To: .*|https://\S+|Message-ID: .*|List-Unsubscribe: .*", "", mail.got[0].as_string())
    assert [word for word in CANARIES if word in whole] == []


@pytest.mark.hazard("H-08", "H-16")
def test_what_asks_about_an_address_and_what_tells_of_a_change_are_neutral_too(site):
    from holdfast_site.discreet import telling
    from holdfast_site.messages.wording import confirming, moved, ways_changed

    link = f"https://practice.example/yours/{'x' * 43}"
    told = [confirming(link, by_sms=True), confirming(link, by_sms=False), moved("020 7946 0321"), moved("")]
    told += [ways_changed("020 7946 0321"), ways_changed("")]
    for subject, text in told:
        assert telling(subject) == telling(re.sub(r"https://\S+", "", text)) == ""
        assert [word for word in CANARIES if word in subject + text] == []
    for text in (told[0][1], *(one[1] for one in told[2:])):  # as a text message
        assert len(text) <= 160
        assert text.isascii()


@pytest.mark.hazard("H-08")
def test_every_wording_is_neutral_and_a_text_message_is_one_part(site):
    from holdfast_site.discreet import telling
    from holdfast_site.messages.wording import WORDINGS, worded
    from holdfast_site.people.contacts import ContactCard

    assert set(WORDINGS) == set(ContactCard.model_fields["wording"].annotation.__args__)
    link = f"https://hill.example/c/{'x' * 43}"
    for name in WORDINGS:
        for by_sms in (True, False):
            subject, text = worded(name, link, link.replace("/c/", "/stop/"), by_sms=by_sms)
            assert telling(subject) == telling(re.sub(r"https://\S+", "", text)) == ""
        for hears_replies in (True, False):
            sms = worded(name, link, link.replace("/c/", "/stop/"), by_sms=True, hears_replies=hears_replies)[1]
            assert len(sms) <= 160
            assert re.fullmatch(r"[A-Za-z0-9 :/._-]+", sms)  # each is one sign, wherever it is sent
            assert telling(re.sub(r"https://\S+", "", sms)) == ""


def test_neither_link_nor_address_is_on_the_disk(cast, mail, past, now, site):
    from holdfast_site.messages import services
    from holdfast_site.messages.transports import transports

    services.queue_due(now, transports())
    (message,) = messages()
    assert message.state == "waiting"
    turn(now)
    link = re.search(r"/c/(\S+)", text_of(mail.got[0]))[1]
    for file in filter(Path.is_file, site.rglob("*")):
        found = file.read_bytes()
        assert link.encode() not in found
        assert ADDRESS.encode() not in found


# --- to whom nothing goes -----------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["none", "sms"])
def test_nothing_goes_by_a_way_he_did_not_choose_or_that_is_not_there(cast, mail, past, now, channel):
    card(cast.dan, now, channel=channel, phone=NUMBER)
    turn(now)
    assert (mail.got, messages()) == ([], [])


def test_nothing_is_made_where_nothing_is_sent(cast, past, now, rows):
    """Without a mail server nobody is asked, and so nobody has left anything unanswered."""
    card(cast.dan, now)
    before = rows()
    turn(now)
    after = rows()
    assert {**after, "Beat": []} == {**before, "Beat": []}


@pytest.mark.parametrize("until", [None, 1, 0])
def test_nothing_goes_to_whoever_has_agreed_a_break(cast, mail, past, now, until):
    from holdfast_site.people.models import Pause

    day = None if until is None else (now.astimezone(ZoneInfo("Europe/London")) + timedelta(days=until)).date()
    Pause.objects.create(client=cast.dan, therapist=cast.alma, at=now - timedelta(hours=1), until=day)
    turn(now)
    assert mail.got == []


def test_after_the_break_it_goes_on(cast, mail, past, now):
    from holdfast_site.people.models import Pause

    day = (now - timedelta(days=2)).date()
    Pause.objects.create(client=cast.dan, therapist=cast.alma, at=now - timedelta(days=30), until=day)
    Pause.objects.create(client=cast.dan, therapist=cast.alma, at=now - timedelta(days=60), until=None)
    turn(now)
    assert len(mail.got) == 1


def test_whoever_is_done_and_did_not_say_so_to_his_therapist_is_asked_as_before(cast, mail, now, browser):
    """Else the therapist could see from what goes out that something was said."""
    from holdfast_site.checkins.models import Audience, SealedBox
    from holdfast_site.messages.selectors import recipients
    from tests.site.before.test_ask import asked, replied

    booked = appointment(cast.dan, cast.alma, now + timedelta(days=1), status="booked")
    browser.post(asked(booked, now), replied("done"))
    assert recipients({cast.dan}, now, ["email"]) == {}
    SealedBox.objects.update(audience=Audience.CARE_CONTACT)
    assert set(recipients({cast.dan}, now, ["email"])) == {"dan"}


def test_nothing_goes_to_whoever_is_done_until_something_is_booked_anew(cast, mail, now, browser):
    from tests.site.before.test_ask import asked, replied

    booked = appointment(cast.dan, cast.alma, now + timedelta(hours=20), status="booked", booked_at=now)
    browser.post(asked(booked, now), replied("done"))
    appointment(cast.dan, cast.alma, now - timedelta(hours=5))
    turn(now)
    assert mail.got == []
    later = now + timedelta(days=30)
    appointment(cast.dan, cast.alma, later - timedelta(hours=3), booked_at=later - timedelta(days=3))
    turn(later)
    assert len(mail.got) == 1


def test_nothing_goes_about_a_course_that_has_ended(cast, mail, past, now):
    from holdfast_site.people.models import Ending

    Ending.objects.create(client=cast.dan, therapist=cast.alma, ended_on=now.date() + timedelta(days=1), kind="planned")
    turn(now)
    assert mail.got == []


@pytest.mark.hazard("H-09")
def test_what_was_kept_from_his_therapist_changes_nothing_that_is_sent(cast, mail, past, now, browser):
    """Rule 11: what is sent can be seen, so it may not follow from what is private."""
    from tests.site.before.test_ask import asked, replied

    booked = appointment(cast.dan, cast.alma, now + timedelta(hours=50), status="booked")
    browser.post(asked(booked, now), replied("someone_else", attend_next="0"))
    turn(now)
    assert len(mail.got) == 1


def test_it_waits_for_his_safe_hours(cast, mail, past, now):
    """Queued within them, tried outside of them: the practice's computer had slept."""
    from holdfast_site.messages import services
    from holdfast_site.messages.transports import transports

    services.queue_due(now, transports())
    hour = now.astimezone(ZoneInfo("Europe/London")).hour
    card(cast.dan, now, safe_from=(hour + 3) % 24, safe_until=(hour + 5) % 24 or 24)
    turn(now)
    (message,) = messages()
    assert (mail.got, message.state, message.tries) == ([], "waiting", 0)
    turn(message.next_at)
    assert len(mail.got) == 1


@pytest.mark.hazard("H-08")
def test_a_safe_hour_that_ends_while_others_are_being_sent_to_is_over_for_him(cast, mail, past, now, monkeypatch):
    """A round began in his last safe hour, and a slow server took longer than that for somebody before him."""
    from holdfast_site.messages import services
    from holdfast_site.messages.models import Message
    from holdfast_site.messages.transports import transports

    appointment(cast.eli, cast.alma, now - timedelta(hours=5))
    card(cast.eli, now, email="eli@zanzibar.example")
    hour = now.astimezone(ZoneInfo("Europe/London")).hour
    card(cast.dan, now, safe_from=(hour - 3) % 24, safe_until=hour + 1)
    services.queue_due(now, transports())
    Message.objects.filter(client="eli").update(next_at=now - timedelta(minutes=1))  # Eli's turn comes first
    moments = iter([now, now, now + timedelta(hours=2)])  # two, for the night in which an hour comes twice
    assert services.send_waiting(lambda: next(moments), transports()) == 1
    assert [got["To"] for got in mail.got] == ["eli@zanzibar.example"]
    dans = Message.objects.get(client="dan")
    assert (dans.state, dans.tries) == ("waiting", 0)


@pytest.mark.parametrize("status", ["no_show", "cancelled"])
def test_what_became_pointless_meanwhile_is_not_sent_and_was_never_asked(cast, mail, past, now, status):
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.messages import services
    from holdfast_site.messages.transports import transports

    services.queue_due(now, transports())
    past.status = status
    past.save()
    turn(now)
    (message,) = messages()
    assert (mail.got, message.state, bytes(message.sealed)) == ([], "given_up", b"")
    assert not Invitation.objects.filter(appointment=past).exists()


# --- when the other side does not work ----------------------------------------------------------------


def test_a_dead_mail_server_is_tried_again_less_and_less_and_then_given_up(cast, mail, past, now, settings):
    from holdfast_site.checkins.models import Invitation

    dead = settings.SITE.email.model_copy(update={"port": 1})
    settings.SITE = settings.SITE.model_copy(update={"email": dead})
    moment, tried = now, []
    while (not tried or messages()[0].state == "waiting") and len(tried) < 50:
        turn(moment)
        tried.append(moment)
        moment = messages()[0].next_at
    assert messages()[0].state == "given_up"
    gaps = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert gaps == sorted(gaps)
    assert 5 <= len(tried) <= 12
    assert not Invitation.objects.filter(appointment=past).exists()  # he was never asked, so he left nothing unanswered


def test_when_the_mail_server_is_back_it_goes_out_once(cast, mail, past, now, settings):
    alive = settings.SITE
    settings.SITE = alive.model_copy(update={"email": alive.email.model_copy(update={"port": 1})})
    turn(now)
    settings.SITE = alive
    turn(now + timedelta(seconds=10))
    assert mail.got == []
    turn(now + timedelta(minutes=2))
    turn(now + timedelta(minutes=20))
    assert len(mail.got) == 1


@pytest.mark.hazard("H-17")
def test_what_has_waited_together_does_not_come_at_once(cast, mail, past, now, settings):
    """Two were queued while the mail server was dead, twelve hours apart: so they come. Meanwhile nothing is wrong."""
    from holdfast_site.messages.selectors import trouble

    alive = settings.SITE
    settings.SITE = alive.model_copy(update={"email": alive.email.model_copy(update={"port": 1})})
    appointment(cast.dan, cast.alma, now + timedelta(hours=42), status="booked")
    for hours in range(14):
        turn(now + timedelta(hours=hours))
    assert {one.cause.partition(":")[0] for one in messages() if one.state == "waiting"} == {"checkin", "before"}
    settings.SITE = alive
    came = []
    for hours in range(14, 42):
        before = len(mail.got)
        turn(now + timedelta(hours=hours))
        came += [hours] * (len(mail.got) - before)
        if hours == 23:  # the second one has been tried again, and waits for its turn
            assert [one.tries for one in messages() if one.state == "waiting"] == [0]
            assert trouble(now + timedelta(hours=hours)) == ""
    assert len(came) == 2
    assert came[1] - came[0] >= 12


@pytest.mark.parametrize("hours", [2, 6], ids=["too near", "over"])
def test_nobody_is_asked_whether_he_comes_to_what_an_export_has_moved_to_before_now(cast, mail, now, hours):
    from holdfast_site.messages import services
    from holdfast_site.messages.transports import transports

    one = appointment(cast.dan, cast.alma, now + timedelta(hours=28), status="booked")
    services.queue_due(now, transports())
    type(one).objects.filter(pk=one.pk).update(starts_at=now + timedelta(hours=8 - hours))
    assert services.send_waiting(lambda: now + timedelta(hours=6), transports()) == 0
    assert (mail.got, messages()[0].state) == ([], "given_up")


def test_nobody_is_asked_how_a_session_was_that_an_export_has_moved_to_later(cast, mail, past, now):
    from holdfast_site.messages import services
    from holdfast_site.messages.transports import transports

    services.queue_due(now, transports())
    type(past).objects.filter(pk=past.pk).update(starts_at=now + timedelta(days=1), status="booked")
    assert services.send_waiting(lambda: now, transports()) == 0
    assert (mail.got, messages()[0].state) == ([], "given_up")


def test_a_line_that_breaks_after_the_message_is_tried_again_under_the_same_mark(cast, mail, past, now):
    mail.hang_up = True
    turn(now)
    (message,) = messages()
    assert (message.state, message.maybe_sent) == ("waiting", True)
    mail.hang_up = False
    turn(now + timedelta(minutes=2))
    first, second = mail.got
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.hazard("H-16")
def test_an_address_that_does_not_work_ends_sending_and_tells_the_desk_until_it_is_changed(cast, mail, past, now):
    from holdfast_site.messages.selectors import has_delivery_problem

    mail.refuse = "550 no such user"
    turn(now)
    assert messages()[0].state == "given_up"
    assert has_delivery_problem([cast.dan, cast.eli]) == {"dan"}
    mail.refuse = ""
    later = now + timedelta(hours=20)
    appointment(cast.dan, cast.alma, later - timedelta(hours=3))
    turn(later)
    assert mail.got == []
    card(cast.dan, later, email="dan@new.example")
    assert has_delivery_problem([cast.dan]) == frozenset()
    turn(later)
    assert [one["To"] for one in mail.got] == ["dan@new.example"]


def test_for_now_is_not_for_ever(cast, mail, past, now):
    mail.refuse = "451 try again later"
    turn(now)
    assert messages()[0].state == "waiting"


def test_audit_has_ids_and_no_address(cast, mail, past, now):
    from holdfast_site.audit.models import Event

    turn(now)
    told = [" ".join(row) for row in Event.objects.values_list("actor", "action", "about")]
    assert "anyone:worker message.sent message:1" in told
    assert ADDRESS not in "".join(told)


# --- stopping by link ---------------------------------------------------------------------------------


def test_he_ends_the_messages_by_the_link_in_them(cast, mail, past, now, browser, rows):
    from holdfast_site.people.selectors import cards_of

    turn(now)
    path = re.search(r"https://hill\.example(/stop/\S+)", text_of(mail.got[0]))[1]
    before = rows()
    assert browser.get(path).status_code == 200
    assert rows() == before
    for _ in range(2):
        answer = browser.post(path, {"List-Unsubscribe": "One-Click"})
        assert "You get no more of them" in answer.content.decode()
    assert cards_of([cast.dan])["dan"].channel == "none"
    assert cards_of([cast.dan])["dan"].email == ADDRESS


@pytest.mark.parametrize("is_closed", [False, True])
def test_before_a_session_that_cannot_take_place_nothing_is_asked_nor_after_it_unless_he_came(
    cast, mail, now, is_closed
):
    from django.utils import timezone

    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.away.services import keep_closed, keep_leave

    one = appointment(cast.dan, cast.alma, now + timedelta(hours=28), status="booked")
    days = {"first_day": timezone.localdate(one.starts_at), "last_day": timezone.localdate(one.starts_at)}
    if is_closed:
        keep_closed(by=OPERATOR, now=now, **days)
    else:
        keep_leave(by=OPERATOR, therapist=cast.alma, stand_in=cast.ben, now=now, **days)
    turn(now)
    turn(one.starts_at + timedelta(hours=5))
    assert (mail.got, messages()) == ([], [])
    type(one).objects.filter(pk=one.pk).update(status="attended")
    turn(one.starts_at + timedelta(hours=5, seconds=5))
    assert len(mail.got) == 1


def test_what_waits_to_ask_before_a_session_goes_once_a_leave_is_told_and_comes_back_without_it(
    cast, mail, now, settings
):
    from django.utils import timezone

    from holdfast_site.away.models import Leave

    one = appointment(cast.dan, cast.alma, now + timedelta(hours=28), status="booked")
    alive = settings.SITE
    settings.SITE = alive.model_copy(update={"email": alive.email.model_copy(update={"port": 1})})
    turn(now)
    assert messages()[0].state == "waiting"
    settings.SITE, day = alive, timezone.localdate(one.starts_at)
    leave = Leave.objects.create(therapist=cast.alma, stand_in=cast.ben, first_day=day, last_day=day)
    for hours in (1, 2):
        turn(now + timedelta(hours=hours))
        assert (mail.got, messages()) == ([], [])
    leave.delete()
    turn(now + timedelta(hours=3))
    assert (len(mail.got), [one.state for one in messages()]) == (1, ["sent"])


def test_of_what_may_have_gone_out_before_a_leave_was_told_nothing_is_sent_again(cast, mail, now):
    from django.utils import timezone

    from holdfast_site.away.models import Leave

    one = appointment(cast.dan, cast.alma, now + timedelta(hours=28), status="booked")
    mail.hang_up = True
    turn(now)
    mail.hang_up = False
    assert messages()[0].maybe_sent
    day = timezone.localdate(one.starts_at)
    Leave.objects.create(therapist=cast.alma, stand_in=cast.ben, first_day=day, last_day=day)
    turn(now + timedelta(hours=1))
    assert (len(mail.got) <= 1, messages()[0].state) == (True, "given_up")
