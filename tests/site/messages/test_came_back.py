"""Mail that comes back later: the desk is told, and nobody left unanswered what he never got."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest

from tests.site.conftest import appointment, signed_in
from tests.site.messages.test_sending import _mail, _past, card, messages, turn  # noqa: F401

pytestmark = pytest.mark.long

# As Postfix writes it (RFC 3464), with the headers of the mail that came back; Exim and Gmail put the whole mail there.
REPORT = """\
From: MAILER-DAEMON@mx.example
To: hello@hill.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Sat, 28 Nov 2026 10:00:00 +0000 (UTC)

Final-Recipient: rfc822; dan@zanzibar.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user

--edge
Content-Type: {kind}

Message-ID: <{mark}@hill.example>
Subject: You have a message
{blank}
--edge--
"""


def report(mark, *, action="failed", status="5.1.1", kind="text/rfc822-headers"):
    blank = "\nThere is a message for you" if kind == "message/rfc822" else ""
    return REPORT.format(mark=mark, action=action, status=status, kind=kind, blank=blank).encode()


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
@pytest.mark.parametrize(("status", "for_good"), [("5.1.1", True), ("5.2.2", True), ("4.4.7", False)])
def test_a_report_says_which_message_and_whether_for_good(kind, status, for_good):
    from holdfast_site.messages.bounces import CameBack, read

    mark = uuid4()
    said = CameBack(mark, for_good, frozenset({"dan@zanzibar.example"}))
    assert read(report(mark, kind=kind, status=status)) == said
    assert read(report(mark, kind=kind, status=status).replace(b"\n", b"\r\n")) == said


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_did_not_fail_did_not_come_back(action):
    from holdfast_site.messages.bounces import read

    assert read(report(uuid4(), action=action)) is None


def _holiday():
    mail = EmailMessage()
    mail["Message-ID"] = f"<{uuid4()}@hill.example>"
    mail.set_content(report(uuid4()).decode())
    return bytes(mail)


@pytest.mark.parametrize(
    "mail", [b"", b"\xff\x00", b"Content-Type: multipart/report\n\nx", report("no-mark"), _holiday()]
)
def test_any_other_mail_says_nothing(mail):
    from holdfast_site.messages.bounces import read

    assert read(mail) is None


def test_broken_and_cut_off_reports_break_nothing():
    from holdfast_site.messages.bounces import read

    whole = report(uuid4())
    for length in range(0, len(whole), 7):
        read(whole[:length])
        read(whole[:length] + b"\xe4\x00" + whole[length + 5 :])


def came_back(now, **told):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.messages.bounces import read
    from holdfast_site.messages.services import mail_came_back

    return mail_came_back(read(report(messages()[0].mark, **told)), by=OPERATOR, now=now)


@pytest.mark.hazard("H-16")
def test_the_desk_sees_it_nothing_more_goes_there_and_the_same_report_twice_is_one(cast, mail, past, now, rows):
    desk = signed_in("desk")
    turn(now)
    assert "did not arrive" not in desk.get("/schedule/sent").content.decode()
    later = now + timedelta(hours=1)
    assert came_back(later)
    after = rows()
    assert not came_back(later)
    assert rows() == after
    assert "did not arrive" in desk.get("/schedule/sent").content.decode()
    assert "could not be delivered" in desk.get("/clients/dan").content.decode()
    next_day = now + timedelta(hours=20)
    appointment(cast.dan, cast.alma, next_day - timedelta(hours=3))
    turn(next_day)
    assert len(mail.got) == 1
    card(cast.dan, next_day, email="dan@new.example")
    turn(next_day)
    assert [got["To"] for got in mail.got] == ["dan@zanzibar.example", "dan@new.example"]


def test_said_late_it_does_not_stop_an_address_that_was_corrected_meanwhile(cast, mail, past, now):
    from holdfast_site.messages.selectors import has_delivery_problem

    turn(now)
    card(cast.dan, now + timedelta(minutes=5), email="dan@new.example")
    assert came_back(now + timedelta(hours=1))
    assert has_delivery_problem([cast.dan]) == frozenset()
    assert messages()[0].invitation.came_back_at == now + timedelta(hours=1)


def test_a_server_that_gave_up_for_now_stops_nothing_but_the_question_never_arrived(cast, mail, past, now):
    from holdfast_site.messages.selectors import has_delivery_problem

    turn(now)
    assert came_back(now + timedelta(days=1), status="4.4.7")
    assert has_delivery_problem([cast.dan]) == frozenset()
    assert messages()[0].invitation.came_back_at == now + timedelta(days=1)


def test_a_report_about_somebody_elses_mail_changes_nothing(cast, mail, past, now, rows):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.messages.bounces import CameBack
    from holdfast_site.messages.services import mail_came_back

    turn(now)
    before = rows()
    assert not mail_came_back(CameBack(UUID(int=1), for_good=True), by=OPERATOR, now=now)
    assert rows() == before


@pytest.mark.hazard("H-16")
def test_a_report_counts_also_when_something_else_on_his_card_was_changed_meanwhile(cast, mail, past, now):
    from holdfast_site.messages.selectors import has_delivery_problem

    turn(now)
    card(cast.dan, now + timedelta(minutes=5), wishes="never ring the landline")
    assert came_back(now + timedelta(hours=1))
    card(cast.dan, now + timedelta(hours=2), wishes="after six")
    assert has_delivery_problem([cast.dan]) == {"dan"}


def about(recipient, now):
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.messages.bounces import read
    from holdfast_site.messages.services import mail_came_back

    whole = report(messages()[0].mark).replace(b"Final-Recipient: rfc822; dan@zanzibar.example\n", recipient)
    return mail_came_back(read(whole), by=OPERATOR, now=now)


@pytest.mark.hazard("H-16")
def test_a_report_about_where_he_has_his_mail_sent_on_to_is_none_about_his_address(cast, mail, past, now, rows):
    turn(now)
    before = rows()
    assert not about(b"Final-Recipient: rfc822; dan@old-job.example\n", now + timedelta(hours=1))
    assert rows() == before


@pytest.mark.parametrize(
    "recipient",
    [
        b"",
        b"Final-Recipient: rfc822; <Dan@Zanzibar.Example>\n",
        b"Original-Recipient: rfc822;dan@zanzibar.example\nFinal-Recipient: rfc822; x@within.example\n",
    ],
)
def test_a_report_is_believed_that_names_nobody_or_him_in_one_of_two_places(cast, mail, past, now, recipient):
    from holdfast_site.messages.selectors import has_delivery_problem

    turn(now)
    assert about(recipient, now + timedelta(hours=1))
    assert has_delivery_problem([cast.dan]) == {"dan"}


def test_a_mail_that_is_nested_too_deeply_says_nothing_and_stops_no_other():
    from holdfast_site.messages.bounces import read

    edges = "".join(f"--{n}\nContent-Type: multipart/mixed; boundary={n + 1}\n\n" for n in range(3000))
    assert read(f"Content-Type: multipart/report; boundary=0\n\n{edges}".encode()) is None


# --- what never arrived is no silence -------------------------------------------------------------------


def asked_of_model(now):
    from holdfast_site.caseload.adapters import tables

    return tables(now)["checkins"].filter(client_id="dan")["sent_at"].to_list()


def _never_arrived(client, now):
    from holdfast_site.checkins.models import Invitation

    return Invitation.objects.filter(appointment__client=client).update(came_back_at=now)


def _his(actor_of, now):
    from holdfast_site.handover.selectors import unanswered_twice

    return [one.client_id for one in unanswered_twice(actor_of, now=now)]


@pytest.fixture(name="two_unanswered")
def _two_unanswered(cast, now):
    """Two check-ins of Dan's that nobody answered, both of more than two days ago."""
    from holdfast_site.access.actors import OPERATOR, Actor, Role
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.checkins.services import invite

    for days in (20, 10):
        about = appointment(cast.dan, cast.alma, now - timedelta(days=days))
        invite(by=OPERATOR, appointment=about, now=now - timedelta(days=days - 1))
    Invitation.objects.filter(pk=cast.invitation.pk).update(sent_at=now - timedelta(days=40))
    return Actor(Role.THERAPIST, therapist_id="alma")


def test_who_never_got_the_questions_has_not_left_them_unanswered(cast, now, two_unanswered):
    from holdfast_site.caseload.story import _checkins

    assert _his(two_unanswered, now) == ["dan"]
    assert len(asked_of_model(now)) == 3
    assert len(list(_checkins(two_unanswered, cast.dan, [], now))) == 3
    _never_arrived(cast.dan, now)
    assert _his(two_unanswered, now) == []
    assert asked_of_model(now) == []
    assert list(_checkins(two_unanswered, cast.dan, [], now)) == []


@pytest.mark.hazard("H-09")
def test_what_he_kept_from_his_therapist_does_not_show_by_what_came_back(cast, now, two_unanswered, browser):
    """He answered by a link that came back, and nothing of it is for her: the same to her as if he had not."""
    from holdfast_site.caseload.story import _checkins
    from tests.site.checkins.test_answer import filled

    browser.post(cast.address, filled(who="care_contact"))
    _never_arrived(cast.dan, now)
    assert asked_of_model(now) == []
    assert _his(two_unanswered, now) == []
    assert list(_checkins(two_unanswered, cast.dan, [], now)) == []


def test_what_was_answered_all_the_same_is_heard(cast, now, browser):
    from tests.site.checkins.test_answer import filled

    browser.post(cast.address, filled())
    _never_arrived(cast.dan, now)
    assert len(asked_of_model(now)) == 1


@pytest.mark.slow
def test_the_command_reads_one_from_its_input_files_and_folders(tmp_path):
    import subprocess
    import sys

    from tests.site.test_cli import GIVEN, clean, holdfast

    folder, box = tmp_path / "practice", tmp_path / "new"
    assert holdfast("init", folder, *GIVEN).returncode == 0
    box.mkdir()
    (box / "1").write_bytes(report(uuid4()))
    (box / "2").write_bytes(b"Subject: On holiday\n\nI am back on Monday.")
    (box / "cur").mkdir()
    done = holdfast("came-back", folder, box, box / "1")
    assert done.stdout == "3 read, 2 of them about a message that did not arrive, 0 of these new.\n", done.stderr
    command = [sys.executable, "-m", "holdfast", "site", "came-back", str(folder)]
    done = subprocess.run(command, capture_output=True, input=report(uuid4()) + b"\xff", env=clean(), timeout=60)
    assert done.stdout == b"1 read, 1 of them about a message that did not arrive, 0 of these new.\n", done.stderr
