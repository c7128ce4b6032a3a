"""Who works here hears by mail that something is waiting: when, how often, and never of what (H-01, H-09, H-16)."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.site.conftest import appointment, signed_in, staff
from tests.site.handover.test_matters import opened
from tests.site.messages.sinks import mail_server
from tests.site.messages.test_came_back import report

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ADDRESS = "https://hill.example"


@pytest.fixture(name="now")
def _now(site_folder, monkeypatch):
    """A Wednesday, ten o'clock: whatever hour the tests run in."""
    return set_clock(monkeypatch, datetime(2026, 3, 4, 10, tzinfo=UTC))


def set_clock(monkeypatch, moment):
    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


@pytest.fixture(name="mails")
def _mails(cast, settings):
    """What goes out, with when; the site sends mail from Hill Street."""
    settings.SITE = settings.SITE.model_copy(update={"address": ADDRESS})
    return []


def round_at(moment, mails):
    """What the worker does of it: whom something waits for, then what is to be sent."""
    from holdfast_site.messages import services
    from holdfast_site.messages.staff import queue_codes
    from holdfast_site.waiting import Teller

    def send(message):
        mails.append((moment, message.to, message.subject, message.text, message.stop))
        return ""

    channels = {"email": send}
    queue_codes(moment)
    Teller(channels).turn(moment)
    services.send_waiting(lambda: moment, channels)
    return [to for at, to, *_ in mails if at == moment]


def hears(post, now):
    """Somebody whose address is known to be his own."""
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.accounts.mailboxes import enter
    from holdfast_site.accounts.models import Mailbox

    enter(by=OPERATOR, member=post.member, address=f"{post.role}{post.pk}@work.example", form=uuid4(), now=now)
    Mailbox.objects.update(confirmed_at=now)
    return f"{post.role}{post.pk}@work.example"


def contact():
    from holdfast_site.accounts.models import Post

    return Post.objects.get(role="care_contact")


def looked(post, action, about, at):
    from holdfast_site.accounts.sessions import acting_as
    from holdfast_site.audit.services import Action, note_reading

    note_reading(Action(action), by=acting_as(post), about=about, now=at)


def for_the_contact(cast, now, **more):
    from holdfast_site.access.actors import Role
    from holdfast_site.handover.models import Kind

    return opened(cast, now, **{"holder": Role.CARE_CONTACT, "kind": Kind.SOMEONE_ELSE, **more})


def kept_in_a_checkin(cast, now):
    """Something that Dan kept from his therapist."""
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.answers import Answers
    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.services import Given, invite, keep_as_given

    invitation, _ = invite(by=ANYONE, appointment=cast.invitation.appointment, now=now - timedelta(seconds=1))
    keep_as_given([Given(invitation, uuid4(), Answers.of([("pace", 3, Audience.CARE_CONTACT)]), now)])


def leave_of(therapist, stand_in, now, first=0, last=0):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.away.services import keep_leave

    day = now.date()
    days = {"first_day": day + first * DAY, "last_day": day + last * DAY}
    keep_leave(by=OPERATOR, therapist=therapist, stand_in=stand_in, now=now, **days)


# --- what it says -------------------------------------------------------------------------------------


@pytest.mark.hazard("H-01", "H-16")
def test_whatever_waits_and_for_whom_the_mail_is_the_same_and_tells_nothing(cast, mails, now):
    from holdfast_site.discreet import telling
    from holdfast_site.messages.models import Message
    from tests.site.access.test_matrix_practice import opened_to_ben

    alma, ben, lead = staff("therapist", "alma"), staff("therapist", "ben"), staff("lead")
    everybody = {hears(one, now) for one in (contact(), alma, ben, lead)}
    assert round_at(now, mails) == []  # nothing waits
    kept_in_a_checkin(cast, now)  # for the care contact
    opened_to_ben(cast, now)  # for Alma and the lead
    leave_of(cast.alma, cast.ben, now, first=1, last=1)
    assert set(round_at(now + HOUR, mails)) == everybody - {f"therapist{ben.pk}@work.example"}
    opened(cast, now + HOUR)
    assert round_at(now + DAY, mails) == [f"therapist{ben.pk}@work.example"]  # who stands in for her today
    ((subject, text, stop),) = {mail[2:] for mail in mails}
    assert subject == "Something is waiting"
    assert text == "Something is waiting at https://hill.example. Sign in to see it.\n"
    assert telling(subject) == telling(text) == stop == ""
    assert {bytes(one.sealed) for one in Message.objects.all()} == {b""}


PAGES = {
    "care_contact": "/holding/", "alma": "/holding/", "lead": "/practice/", "ben": "/standing-in/", "desk": "/schedule/"
}  # fmt: skip


@pytest.mark.parametrize("who", [*PAGES, "kept", "today"])
def test_it_is_heard_of_once_a_day_until_he_has_looked_where_it_stands(cast, mails, now, monkeypatch, who):
    from tests.site.access.test_matrix_practice import opened_to_ben

    posts = {"alma": staff("therapist", "alma"), "ben": staff("therapist", "ben"), "lead": staff("lead")}
    posts |= {"desk": staff("desk"), "care_contact": contact(), "kept": contact(), "today": posts["alma"]}
    if who in ("lead", "today"):
        opened_to_ben(cast, now)
    elif who == "kept":
        kept_in_a_checkin(cast, now)
    elif who == "care_contact":
        for_the_contact(cast, now)
    elif who == "desk":
        does_not_work(cast, now)
    else:
        opened(cast, now)
    if who == "ben":
        leave_of(cast.alma, cast.ben, now, last=9)
    to = hears(posts[who], now)
    assert round_at(now, mails) == [to]
    assert round_at(now + 5 * HOUR, mails) == []
    assert round_at(now + DAY, mails) == [to]
    set_clock(monkeypatch, now + DAY + HOUR)
    browser = signed_in(posts[who].role, posts[who].therapist_id)
    elsewhere = "/ways" if who != "today" else "/holding/"
    assert browser.get(elsewhere).status_code == 200  # signed in, and has not seen it
    assert round_at(now + 2 * DAY, mails) == [to]
    assert browser.get({"kept": "/kept/", "today": "/today/"}.get(who) or PAGES[who]).status_code == 200
    assert round_at(now + 5 * DAY, mails) == []


def does_not_work(cast, now):
    """Dan's address, to which nothing more is sent."""
    from holdfast_site.messages.models import Undelivered
    from holdfast_site.messages.phones import digest
    from tests.site.messages.test_sending import ADDRESS, card

    card(cast.dan, now)
    Undelivered.objects.create(client=cast.dan, at=now, went_to=digest(ADDRESS))


@pytest.mark.hazard("H-16")
def test_the_desk_sees_above_its_day_whose_address_does_not_work_as_long_as_he_is_here(cast, mails, now):
    from tests.site.messages.test_sending import card

    desk = signed_in("desk")
    does_not_work(cast, now)
    page = desk.get("/schedule/").content.decode()
    assert '<a href="/clients/dan">dan · Dan Marsh</a> since 4 March, 10:00' in page
    card(cast.dan, now, email="new@zanzibar.example")
    assert "An address that does not work" not in desk.get("/schedule/").content.decode()
    card(cast.dan, now, channel="none")  # nobody would write to him
    assert "An address that does not work" not in desk.get("/schedule/").content.decode()
    card(cast.dan, now)
    cast.dan.appointments.update(starts_at=now - 15 * DAY)  # he has not been here for a while, and is not booked
    assert "An address that does not work" not in desk.get("/schedule/").content.decode()


def test_what_came_since_is_told_a_few_hours_after_the_last_mail(cast, mails, now):
    from holdfast_site.handover.models import Kind

    to = hears(contact(), now)
    for_the_contact(cast, now)
    assert round_at(now, mails) == [to]
    for_the_contact(cast, now + HOUR, kind=Kind.PAUSE)
    assert round_at(now + 3 * HOUR, mails) == []
    assert round_at(now + 4 * HOUR, mails) == [to]
    looked(contact(), "matters.read", "matters:2", now + 5 * HOUR)
    assert round_at(now + DAY + 5 * HOUR, mails) == []


def test_what_somebody_holds_is_told_him_alone_on_its_day(cast, mails, now):
    from holdfast_site.accounts.sessions import acting_as
    from holdfast_site.handover.models import NextStep
    from holdfast_site.handover.services import Seen, plan

    ruth, ned = contact(), another_contact()
    hers, his = hears(ruth, now), hears(ned, now)
    matter = for_the_contact(cast, now)
    assert set(round_at(now, mails)) == {hers, his}
    friday = now + 2 * DAY
    plan(by=acting_as(ruth), matter=matter, seen=Seen(uuid4(), 0), what=NextStep.CALL, on=friday.date(), now=now + HOUR)
    for post in (ruth, ned):
        looked(post, "matters.read", "matters:1", now + HOUR)
    assert round_at(now + DAY, mails) == []
    assert round_at(friday - 2 * HOUR, mails) == [hers]


def another_contact():
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    return add_member("ned", Role.CARE_CONTACT)


def test_what_was_settled_or_is_about_his_own_doing_is_not_told(cast, mails, now):
    from holdfast_site.access.actors import OPERATOR, Role
    from holdfast_site.accounts.services import add_member
    from holdfast_site.handover.services import settled_itself
    from tests.site.access.test_matrix_practice import opened_to_ben

    ben = staff("therapist", "ben")
    add_member(ben.member.login, Role.LEAD)
    hears(ben, now)
    hears(contact(), now)
    opened_to_ben(cast, now)
    settled_itself(for_the_contact(cast, now), form=uuid4(), by=OPERATOR, now=now)
    assert round_at(now, mails) == []


# --- when ---------------------------------------------------------------------------------------------


@pytest.mark.hazard("H-16")
def test_it_goes_within_the_hours_of_a_working_day_alone(cast, mails, now, settings):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.away.services import keep_closed

    to = hears(contact(), now)
    for_the_contact(cast, now)
    for moment in (now.replace(hour=7, minute=59), now.replace(hour=18), now.replace(hour=23), now + 3 * DAY):
        assert round_at(moment, mails) == []
    keep_closed(by=OPERATOR, first_day=(now + DAY).date(), last_day=(now + DAY).date(), now=now)
    assert round_at(now + DAY, mails) == []
    settings.SITE = settings.SITE.model_copy(update={"staff_mail_from": 7})
    assert round_at((now + 2 * DAY).replace(hour=7), mails) == [to]


def test_what_waited_for_a_mail_server_keeps_to_the_hours_too(cast, mails, now):
    from holdfast_site.accounts.models import Mailbox
    from holdfast_site.messages.models import Message
    from holdfast_site.messages.services import send_waiting
    from holdfast_site.messages.transports import NotSent
    from holdfast_site.waiting import Teller

    def dead(_):
        raise NotSent

    to = hears(contact(), now)
    for_the_contact(cast, now)
    evening = now.replace(hour=17, minute=58)
    for moment in (evening, evening + timedelta(minutes=1)):
        Teller({"email": dead}).turn(moment)
        send_waiting(lambda moment=moment: moment, {"email": dead})
    assert round_at(evening + HOUR, mails) == []
    assert [one.state for one in Message.objects.all()] == ["waiting"]
    assert round_at((now + DAY).replace(hour=8, minute=1), mails) == [to]
    friday = (now + 2 * DAY).replace(hour=17, minute=59)
    Teller({"email": dead}).turn(friday)
    send_waiting(lambda: friday, {"email": dead})
    for hours in (15, 16, 40):  # over the weekend, also where the worker was not there in the evening
        send_waiting(lambda hours=hours: friday + hours * HOUR, {"email": mails.append})
    assert len(mails) == 1
    assert Mailbox.objects.get().missed_at is not None
    assert round_at((now + 5 * DAY).replace(hour=8), mails) == [to]
    assert Mailbox.objects.get().missed_at is None


def test_a_therapist_who_is_away_hears_of_nothing_and_whoever_stands_in_from_the_first_day(cast, mails, now):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    alma, ben = staff("therapist", "alma"), staff("therapist", "ben")
    add_member(alma.member.login, Role.LEAD)
    hears(alma, now)
    his = hears(ben, now)
    opened(cast, now - DAY, due_on=(now + 9 * DAY).date())
    looked(ben, "matters.read", "standing_in:0", now)
    leave_of(cast.alma, cast.ben, now, first=1, last=2)
    looked(alma, "matters.read", "matters:1", now - HOUR)
    assert round_at(now, mails) == []
    assert round_at(now + DAY, mails) == [his]
    appointment(cast.dan, cast.ben, now + 9 * DAY, status="booked")  # he is Ben's now
    assert round_at(now + 2 * DAY, mails) == []


@pytest.mark.hazard("H-01")
def test_the_only_care_contact_hears_as_one_also_while_away_as_a_therapist(cast, mails, now):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.models import Post
    from holdfast_site.accounts.services import add_member

    ben = staff("therapist", "ben")
    Post.objects.filter(role="care_contact").delete()
    add_member(ben.member.login, Role.CARE_CONTACT)
    to = hears(ben, now)
    leave_of(cast.ben, cast.alma, now, first=0, last=9)
    for_the_contact(cast, now)
    assert round_at(now + HOUR, mails) == [to]


def test_who_has_two_roles_hears_for_each(cast, mails, now):
    from holdfast_site.access.actors import Role
    from holdfast_site.accounts.services import add_member

    ben = staff("therapist", "ben")
    also = add_member(ben.member.login, Role.CARE_CONTACT)
    to = hears(ben, now)
    for_the_contact(cast, now)
    looked(ben, "matters.read", "matters:0", now + HOUR)  # as the therapist she has looked: that is another list
    assert round_at(now + HOUR, mails) == [to]
    looked(also, "matters.read", "matters:1", now + 2 * HOUR)
    assert round_at(now + DAY, mails) == []


# --- what does not arrive -----------------------------------------------------------------------------


@pytest.fixture(name="server")
def _server(cast, now, settings):
    from holdfast_site.config import EmailConfig

    with mail_server() as sink:
        email = EmailConfig(
            host="127.0.0.1", port=sink.port, security="none", sender="Hill Street <hello@hill.example>"
        )
        settings.SITE = settings.SITE.model_copy(update={"email": email, "address": ADDRESS})
        yield sink


def worked(moment):
    """One round of the worker, by mail as it goes out."""
    from holdfast_site.messages.transports import transports
    from holdfast_site.waiting import Teller
    from holdfast_site.worker import Sender

    Teller(transports()).turn(moment)
    Sender(transports(), lambda: moment).turn(moment)


def his_page():
    return signed_in("care_contact").get("/ways/mail").content.decode()


@pytest.mark.hazard("H-16")
def test_an_address_that_is_refused_hears_nothing_more_and_he_sees_so(cast, server, now):
    hears(contact(), now)
    for_the_contact(cast, now)
    server.refuse = "550 no such user"
    worked(now)
    assert "the address does not work" in his_page()
    server.refuse = ""
    worked(now + DAY)
    assert server.got == []


@pytest.mark.hazard("H-09")
def test_a_dead_server_changes_no_page_but_his_own_and_what_he_has_read_meanwhile_is_not_sent(cast, server, now):
    """Else a therapist could see from a banner that something is to go to the care contact."""
    from holdfast_site.messages.selectors import trouble
    from holdfast_site.messages.services import beat

    hears(contact(), now)
    for_the_contact(cast, now)
    server.refuse = "450 later"
    for minutes in (0, 2, 10, 30, 130):
        worked(now + timedelta(minutes=minutes))
    beat(now + 3 * HOUR)
    assert trouble(now + 3 * HOUR) == ""
    looked(contact(), "matters.read", "matters:1", now + 3 * HOUR)
    server.refuse = ""
    worked(now + 7 * HOUR)
    assert server.got == []
    assert "did not get through" not in his_page()


def test_what_was_withdrawn_before_it_was_sent_keeps_the_next_one_back_no_longer(cast, server, now):
    from holdfast_site.handover.models import Kind

    hears(contact(), now)
    for_the_contact(cast, now)
    server.refuse = "450 later"
    worked(now)
    looked(contact(), "matters.read", "matters:1", now + HOUR)
    worked(now + HOUR)
    server.refuse = ""
    for_the_contact(cast, now + HOUR + timedelta(minutes=1), kind=Kind.PAUSE)
    worked(now + HOUR + timedelta(minutes=2))
    assert len(server.got) == 1


@pytest.mark.hazard("H-16")
@pytest.mark.parametrize(("status", "said"), [("5.1.1", "does not work"), ("4.4.7", "did not get through")])
def test_a_report_that_it_did_not_arrive_is_heard(cast, server, now, status, said):
    from holdfast_site.access.actors import WORKER
    from holdfast_site.messages.bounces import read
    from holdfast_site.messages.models import Message
    from holdfast_site.messages.services import mail_came_back

    to = hears(contact(), now)
    for_the_contact(cast, now)
    worked(now)
    (sent,) = Message.objects.all()
    told = read(report(sent.mark, status=status).replace(b"dan@zanzibar.example", to.encode()))
    assert mail_came_back(told, by=WORKER, now=now)
    assert not mail_came_back(told, by=WORKER, now=now)
    assert said in his_page()
    worked(now + DAY)
    assert len(server.got) == (1 if status == "5.1.1" else 2)
    elsewhere = read(report(sent.mark, status=status))  # where he has it sent on to
    assert not mail_came_back(elsewhere, by=WORKER, now=now)


KILLED = [("staff", "queue_waits"), ("staff", "_queue"), ("services", "_outgoing"), ("services", "_note_sent")]


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot fork a worker")
@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize(("module", "step"), KILLED)
def test_killed_anywhere_it_is_told_once(cast, server, now, module, step, where):
    from importlib import import_module

    from django.db import connections

    to = hears(contact(), now)
    for_the_contact(cast, now)
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            its = import_module(f"holdfast_site.messages.{module}")
            original = getattr(its, step)

            def dies(*arguments, **named):
                if where == "after":
                    original(*arguments, **named)
                os.kill(os.getpid(), signal.SIGKILL)

            setattr(its, step, dies)
            worked(now)
        finally:
            os._exit(7)  # the step was not reached
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    for minutes in (1, 6, 7):
        worked(now + timedelta(minutes=minutes))
    by_mark = Counter(mail["Message-ID"] for mail in server.got)
    assert {mail["To"] for mail in server.got} == {to}
    assert len(by_mark) == 1  # what may have gone out before goes once more under its own mark
    assert by_mark.total() <= 2


def test_the_doctor_says_when_no_care_contact_would_hear(cast, server, now, site, settings):
    from holdfast_site import start
    from holdfast_site.config import SITE_FILE

    before = (site / SITE_FILE).read_text()
    assert start.advice_on_staff(site) == []  # a site that sends no mail
    try:
        (site / SITE_FILE).write_text(settings.SITE.model_dump_json())
        (said,) = start.advice_on_staff(site)
        assert "No care contact hears by mail" in said
        hears(contact(), now)
        assert start.advice_on_staff(site) == []
    finally:
        (site / SITE_FILE).write_text(before)


@pytest.mark.parametrize(("start", "until", "is_right"), [(8, 18, 1), (5, 18, 0), (18, 18, 0), (8, 23, 0)])
def test_never_at_night_whatever_the_settings_say(start, until, is_right):
    from pydantic import ValidationError

    from holdfast_site.config import SiteConfig

    known = {"name": "x", "timezone": "UTC", "reading_hours": "x", "key_file": "x", "key_fingerprint": "x"}
    told = {**known, "staff_mail_from": start, "staff_mail_until": until}
    if is_right:
        assert SiteConfig.model_validate(told).staff_mail_until == until
    else:
        with pytest.raises(ValidationError):
            SiteConfig.model_validate(told)


# --- what was kept from a therapist -------------------------------------------------------------------


@pytest.mark.hazard("H-09")
@pytest.mark.parametrize("seeds", [range(2), pytest.param(range(2, 100), marks=pytest.mark.slow)])
def test_two_practices_that_differ_only_in_what_is_hidden_send_therapists_the_same_at_the_same_times(cast, now, seeds):
    """Non-interference: a therapist, a stand-in and a supervisor. The care contact hears more."""
    from django.db import transaction

    therapists = [staff("therapist", "alma"), staff("therapist", "ben"), staff("supervisor")]
    to = {hears(one, now) for one in therapists}
    hers = hears(contact(), now)
    more = 0
    for seed in seeds:
        seen = []
        for is_hidden in (False, True):
            with transaction.atomic():
                seen.append(some_days(cast, now, random.Random(seed), random.Random(seed) if is_hidden else None))
                transaction.set_rollback(True)
        plain, hidden = ([mail for mail in mails if mail[1] in to] for mails in seen)
        assert plain == hidden
        more += len([mail for mail in seen[1] if mail[1] == hers]) - len([mail for mail in seen[0] if mail[1] == hers])
        assert plain
    assert more > 0


def some_days(cast, now, dice, hides):
    """What goes out in a few days, in which Dan asks his therapist for this and that; and hides more, if he does."""
    from holdfast_site.accounts.sessions import acting_as
    from holdfast_site.handover.models import Kind
    from holdfast_site.handover.services import Seen, take

    mails, kinds = [], [Kind.SLOWER, Kind.SOMEONE_ELSE, Kind.PAUSE, Kind.DONE, Kind.CALL]
    leave_of(cast.alma, cast.ben, now, first=2, last=3)
    opened(cast, now)
    for step in range(6 * 4):
        moment = now + step // 4 * DAY + (step % 4 * 2 - 2) * HOUR
        if dice.random() < 0.3:
            opened(cast, moment, kind=dice.choice(kinds))
        if hides is not None and hides.random() < 0.5:
            matter = for_the_contact(cast, moment, kind=hides.choice(kinds))
            if hides.random() < 0.5 and matter.owner_id is None:
                take(by=acting_as(contact()), matter=matter, seen=Seen(uuid4(), 0), now=moment)
            if hides.random() < 0.2:
                kept_in_a_checkin(cast, moment)
        if dice.random() < 0.2:
            looked(contact(), "matters.read", "matters:1", moment)
        round_at(moment + HOUR, mails)
    return mails
