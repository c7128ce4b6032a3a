"""A check-in by link: it works, it is kept once, it says what is true, and opening it changes nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

FULL = {
    "understood": "8", "on_target": "7", "worth_it": "9", "pace": "2", "approach": "-1",
    "could_say": "6", "talked_down": "1", "change": "slower", "words": "Loud room",
}  # fmt: skip


def filled(**changes):
    return {"form": str(uuid4()), **FULL, **changes}


def kept(cast):
    from holdfast_site.checkins.models import SealedBox
    from holdfast_site.checkins.selectors import opened

    return {
        box.audience: dict(opened(box, cast.dan))
        for box in SealedBox.objects.filter(submission__invitation=cast.invitation)
    }


def test_what_was_answered_is_kept_and_he_is_told_who_reads_it_and_when(cast, browser):
    answer = browser.post(cast.address, filled())
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Thank you. It is saved." in page
    assert "Your therapist reads what you said." in page
    assert "Monday to Friday, 9 to 5" in page
    numbers = {name: int(value) for name, value in FULL.items() if name not in ("change", "words")}
    assert kept(cast) == {"therapist": {**numbers, "change": "slower", "words": "Loud room"}}


@pytest.mark.hazard("H-03", "H-17")
def test_every_question_can_be_skipped_and_a_skipped_one_is_no_zero(cast, browser):
    assert browser.post(cast.address, {"form": str(uuid4()), "pace": "0"}).status_code == 200
    assert kept(cast) == {"therapist": {"pace": 0}}


@pytest.mark.parametrize("more", [{}, {"who": "care_contact", "pace_who": "prompt", "pace": "", "words": " "}])
def test_a_mis_tap_on_send_keeps_nothing_and_leaves_the_link_open(cast, browser, rows, more):
    before = rows()
    answer = browser.post(cast.address, {"form": str(uuid4()), **more})
    assert "Nothing was chosen yet, so nothing was sent." in answer.content.decode()
    assert rows() == before
    assert browser.post(cast.address, filled()).status_code == 200
    assert kept(cast)


def test_an_empty_form_after_an_answer_says_that_it_was_answered(cast, browser):
    browser.post(cast.address, filled())
    assert browser.post(cast.address, {"form": str(uuid4())}).status_code == 409


def test_opened_again_after_an_answer_it_offers_what_it_offered_then_while_its_time_runs(cast, browser):
    """Words for what is hard to say as long as they can be sent by this link, and the end of messages at any time."""
    from holdfast_site.checkins.models import Invitation

    thanks = browser.post(cast.address, filled()).content.decode()
    say, stop = f'href="/say/{cast.link}"', f'href="/stop/{cast.link}"'
    again = browser.get(cast.address).content.decode()
    for page in (thanks, again):
        assert say in page
        assert stop in page
    one = Invitation.objects.get(pk=cast.invitation.pk)
    Invitation.objects.filter(pk=one.pk).update(sent_at=one.sent_at - timedelta(days=1), expires_at=one.sent_at)
    later = browser.get(cast.address).content.decode()
    assert say not in later
    assert stop in later


def test_nothing_is_chosen_before_he_chooses(cast, browser):
    page = browser.get(cast.address).content.decode()
    assert not re.search(r"<[^>]* (checked|selected|required)\b", page)


def test_it_asks_the_core_two_more_and_one_change(cast, browser):
    page = browser.get(cast.address).content.decode()
    names = re.findall(r'<input type="radio" name="(\w+)" value="[^"]', page)
    asked = list(dict.fromkeys(name for name in names if name != "who"))
    assert asked == ["understood", "on_target", "pace", "approach", "could_say", "talked_down", "worth_it", "change"]
    assert "This box is not checked for emergencies." in page


@pytest.mark.hazard("H-08")
def test_a_link_holder_sees_no_name_and_no_past_answer(cast, browser):
    browser.post(cast.address, filled(words="Zanzibar"))
    for page in (browser.get(cast.address), browser.post(cast.address, filled(words="again"))):
        text = page.content.decode()
        assert not [word for word in ("alma", "ben", "dan", "eli", "Ruth", "Hill Street", "Zanzibar") if word in text]


def test_a_check_in_page_shows_no_name(cast, browser):
    text = browser.get(cast.address).content.decode()
    assert not [word for word in ("alma", "dan", "Ruth", "Hill Street") if re.search(rf"\b{word}\b", text)]
    assert "<title>A few questions</title>" in text


# --- who may see it ---------------------------------------------------------------------------------


def test_for_each_answer_or_for_all_at_once(cast, browser):
    answer = browser.post(cast.address, filled(who="care_contact", pace_who="therapist", words_who="prompt"))
    page = answer.content.decode()
    assert "The practice's care contact reads what you kept from your therapist." in page
    found = kept(cast)
    assert found["therapist"] == {"pace": 2}
    assert found["prompt"] == {"words": "Loud room"}
    assert set(found["care_contact"]) == set(FULL) - {"pace", "words"}


def test_what_cannot_be_kept_is_not_offered(cast, browser, settings):
    def offered():
        return 'value="care_contact"' in browser.get(cast.address).content.decode()

    assert offered()
    settings.SITE = settings.SITE.model_copy(update={"care_contact": None})
    assert not offered()


def test_who_may_be_chosen_is_asked_of_the_database_in_two_queries_and_one_of_what_he_decided(cast, now):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from holdfast_site.checkins.models import Audience
    from holdfast_site.checkins.selectors import audiences_for
    from holdfast_site.people.models import Appointment

    appointment = Appointment.objects.select_related("client").get(pk=cast.invitation.appointment_id)
    with CaptureQueriesContext(connection) as asked:
        assert audiences_for(appointment, now=now) == tuple(Audience)
    assert len(asked) == 3


@pytest.mark.parametrize("why", ["no care contact", "the care contact is his therapist", "one person treats everybody"])
def test_a_choice_that_is_no_longer_kept_is_never_turned_into_another(cast, browser, settings, rows, why):
    from holdfast_site.config import CareContact

    if why == "one person treats everybody":
        from holdfast_site.people.models import Appointment, Therapist

        Appointment.objects.update(therapist=cast.alma)
        Therapist.objects.filter(pk="ben").delete()
    contact = CareContact(name="Alma", therapist_id="alma") if why == "the care contact is his therapist" else None
    if why != "one person treats everybody":
        settings.SITE = settings.SITE.model_copy(update={"care_contact": contact})
    before = rows()
    answer = browser.post(cast.address, filled(pace_who="care_contact"))
    assert answer.status_code == 422
    assert "Not saved yet" in answer.content.decode()
    assert 'value="Loud room"' in answer.content.decode()
    assert rows() == before


# --- sent twice, late, wrongly, into a full disk ----------------------------------------------------


def test_the_same_form_twice_is_kept_once_with_the_same_thanks(cast, browser, rows):
    form = filled()
    first = browser.post(cast.address, form)
    after = rows()
    second = browser.post(cast.address, {**form, "pace": "-3"})
    assert (second.status_code, second.content) == (200, first.content)
    assert rows() == after


def test_another_form_after_the_first_is_not_added_and_says_so(cast, browser, rows):
    browser.post(cast.address, filled())
    after = rows()
    answer = browser.post(cast.address, filled(pace="-3"))
    assert answer.status_code == 409
    assert "What you sent now was not added." in answer.content.decode()
    assert rows() == after


@pytest.mark.long
@pytest.mark.hazard("H-07")
@pytest.mark.parametrize(
    ("part", "rounds"), [(0, 1), *(pytest.param(part, 50, marks=pytest.mark.slow) for part in range(1, 11))]
)
def test_the_same_form_a_hundred_times_at_once_is_one_row(cast, now, sent_a_hundred_times, part, rounds):
    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.models import Submission
    from holdfast_site.checkins.services import invite

    for number in range(rounds):
        later = now + timedelta(seconds=1 + number)
        _, link = invite(by=ANYONE, appointment=cast.invitation.appointment, now=later)
        form = filled(words=f"round {part} {number}")
        assert sent_a_hundred_times(f"/c/{link}", form) == [200] * 100
        assert Submission.objects.filter(form=form["form"]).count() == 1


@pytest.mark.long
@pytest.mark.parametrize("looks", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_looking_changes_nothing_and_then_he_can_answer(cast, browser, rows, looks):
    before = rows()
    for number in range(looks):
        method = ("get", "head")[number % 2]
        assert getattr(browser, method)(cast.address, headers={"Purpose": "prefetch"}).status_code == 200
    assert rows() == before
    assert browser.post(cast.address, filled()).status_code == 200


def test_after_its_time_a_link_is_closed_and_keeps_nothing(cast, browser, now, rows, monkeypatch):
    from django.utils import timezone

    before = rows()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(hours=72))
    assert browser.get(cast.address).status_code == 410
    answer = browser.post(cast.address, filled())
    assert answer.status_code == 410
    assert "your answers were not kept" in answer.content.decode()
    assert rows() == before


@pytest.mark.parametrize(
    "wrong",
    [{"pace": "4"}, {"understood": "-1"}, {"understood": "8.5"}, {"talked_down": "x"}, {"change": "everything"},
     {"words": "x" * 501}, {"form": "not an id"}, {"who": "everybody"}, {"pace_who": "me"}],
)  # fmt: skip
def test_what_is_out_of_range_is_not_kept_and_nothing_typed_is_lost(cast, browser, rows, wrong):
    before = rows()
    answer = browser.post(cast.address, filled(**wrong))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'name="on_target" value="7" checked' in page
    assert rows() == before


def test_a_full_disk_says_so_and_the_page_keeps_what_he_wrote(cast, browser, rows, monkeypatch):
    from django.db import OperationalError

    from holdfast_site.checkins import services

    def full(*_, **__):
        raise OperationalError("database or disk is full")

    before = rows()
    monkeypatch.setattr(services, "_sealed", full)
    form = filled(pace_who="prompt")
    answer = browser.post(cast.address, form)
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "Not saved yet" in page
    assert 'value="Loud room"' in page
    assert 'name="pace" value="2" checked' in page
    assert 'value="prompt" selected' in page
    assert form["form"] in page
    assert 'href="tel:116123"' in page
    assert rows() == before
    monkeypatch.undo()
    assert browser.post(cast.address, form).status_code == 200


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.hazard("H-07")
def test_a_disk_that_is_really_full_loses_nothing_and_works_again(cast, browser, rows):
    """SQLite itself says that it is full; what was acknowledged before is there, what was not is still on the page."""
    from django.db import connection, transaction

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite

    moments = (cast.invitation.sent_at + timedelta(seconds=number) for number in range(1, 30))
    with transaction.atomic():
        links = [invite(by=ANYONE, appointment=cast.invitation.appointment, now=moment)[1] for moment in moments]
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count={pages}")
    statuses = []
    for link in links:
        before = rows()
        answer = browser.post(f"/c/{link}", filled(words="x" * 400))
        statuses.append(answer.status_code)
        if answer.status_code == 503:
            assert rows() == before
            assert "x" * 400 in answer.content.decode()
    assert set(statuses) == {200, 503}
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count=1000000")
    assert browser.post(f"/c/{links[-1]}", filled()).status_code == 200


def test_the_page_is_small(cast, browser):
    from holdfast_site.settings import HERE

    files = sum((HERE / "static" / name).stat().st_size for name in ("site.css", "leave.js", "icon.svg"))
    assert len(browser.get(cast.address).content) + files <= 40_000


def test_no_cookie_is_set_for_whoever_has_a_link(cast, browser):
    browser.get(cast.address)
    browser.post(cast.address, filled())
    assert not browser.cookies


def test_neither_link_nor_words_are_on_the_disk(cast, browser, site, stored):
    browser.post(cast.address, filled(words="Zanzibar"))
    for found in (stored(), *(file.read_bytes() for file in site.rglob("*") if file.is_file())):
        assert b"Zanzibar" not in found
        assert cast.link.encode() not in found


def test_what_goes_wrong_is_logged_without_link_or_words(cast, browser, caplog, capfd, monkeypatch):
    import logging

    from holdfast_site.checkins import services
    from holdfast_site.quiet_log import QuietFormatter

    def broken(**_):
        raise ZeroDivisionError("Zanzibar")

    monkeypatch.setattr(services, "keep_answers", broken)
    logger, told = logging.getLogger("django.request"), []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(QuietFormatter().format(record))
    logger.addHandler(handler)
    try:
        answer = browser.post(cast.address, filled(words="Zanzibar"))
    finally:
        logger.removeHandler(handler)
    assert answer.status_code == 500
    assert 'href="tel:116123"' in answer.content.decode()
    assert "ZeroDivisionError" in "".join(told)
    said = "".join([*told, *capfd.readouterr()])
    assert cast.link not in said
    assert "Zanzibar" not in said
