"""What a client allows: the defaults of the safety rules, his last word, its date, and what follows at once."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

DEFAULTS = {
    "care_notice": False,
    "checkins": True,
    "messages": False,
    "supervisor_reads": False,
    "private_route": True,
    "early_warning": True,
    "statistics": True,
    "lists": True,
    "answers": True,
    "research": False,
}


@pytest.fixture(name="dan")
def _dan(cast, settings):
    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})
    return cast.dan


def say(client, consent, given, now, **more):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.consents.models import Consent
    from holdfast_site.consents.services import decide

    by = Actor(Role.CLIENT, id="1", client_id=client.pk)
    more.setdefault("form", uuid4())
    return decide(by=by, client=client, consent=Consent(consent), given=given, now=now, **more)


def allowed(client, consent, now, **more):
    from holdfast_site.consents.models import Consent
    from holdfast_site.consents.selectors import allows

    return allows(client, Consent(consent), at=now, **more)


def test_before_he_decides_the_table_of_the_safety_rules_holds(dan, now):
    from holdfast_site.consents.models import Consent

    assert {consent.value: allowed(dan, consent, now) for consent in Consent} == DEFAULTS


@pytest.mark.parametrize("consent", [name for name in DEFAULTS if name not in ("research", "answers")])
def test_his_last_word_holds_for_that_one_thing(dan, now, consent):
    say(dan, consent, True, now)
    assert allowed(dan, consent, now)
    say(dan, consent, False, now)
    assert not allowed(dan, consent, now)
    others = {name: allowed(dan, name, now) for name in DEFAULTS if name != consent}
    assert others == {name: value for name, value in DEFAULTS.items() if name != consent}


def test_who_does_not_want_his_answers_used_allows_nothing_that_uses_them(dan, now):
    from holdfast_site.consents.words import USES_ANSWERS

    assert "early_warning" in USES_ANSWERS
    say(dan, "early_warning", True, now)
    say(dan, "answers", False, now)
    assert [allowed(dan, consent, now) for consent in USES_ANSWERS] == [False] * len(USES_ANSWERS)
    say(dan, "answers", True, now)
    assert allowed(dan, "early_warning", now)


def test_each_study_is_asked_for_by_itself_and_each_of_its_texts_anew(dan, cast, now):
    from holdfast_site.consents.selectors import said_yes
    from holdfast_site.people.models import Client

    say(dan, "research", True, now, study="pilot", version=2)
    assert said_yes("pilot", 2) == {"dan"}
    assert said_yes("pilot", 3) == said_yes("pilot", 1) == said_yes("another", 2) == frozenset()
    assert said_yes("pilot", 2, among=Client.objects.filter(pk="eli")) == frozenset()
    assert not allowed(dan, "research", now)  # of no study by its name
    say(dan, "answers", False, now)
    assert said_yes("pilot", 2) == frozenset()
    say(dan, "answers", True, now)
    say(dan, "research", False, now, study="pilot", version=2)
    assert said_yes("pilot", 2) == frozenset()
    say(cast.eli, "research", True, now, study="pilot", version=2)
    assert said_yes("pilot", 2) == {"eli"}
    Client.objects.filter(pk="eli").update(wrapped_key=b"")
    assert said_yes("pilot", 2) == frozenset()


def test_the_last_word_holds_even_if_the_clock_was_wrong_when_he_said_it(dan, now):
    say(dan, "statistics", False, now + timedelta(days=3))
    assert not allowed(dan, "statistics", now)
    say(dan, "statistics", True, now - timedelta(days=3))
    assert allowed(dan, "statistics", now)


def test_the_same_form_sent_twice_is_one_decision(dan, cast, now):
    from holdfast_site.audit.models import Event
    from holdfast_site.consents.selectors import history

    form = uuid4()
    say(cast.eli, "statistics", False, now)
    say(dan, "statistics", False, now, form=form)
    say(dan, "statistics", True, now)
    say(dan, "statistics", False, now, form=form)  # his old page, sent again
    assert [one.given for one in history(dan)] == [True, False]
    assert allowed(dan, "statistics", now)
    assert Event.objects.filter(action="consent.decided", about="client:dan").count() == 2


def test_the_early_warning_is_not_there_where_the_practice_has_it_off(dan, now, settings):
    from holdfast_site.consents.models import Consent
    from holdfast_site.consents.selectors import left_out

    settings.SITE = settings.SITE.model_copy(update={"early_warning": False})
    say(dan, "early_warning", True, now)
    assert not allowed(dan, "early_warning", now)
    assert left_out(Consent.EARLY_WARNING, at=now) == {"dan", "eli"}
    assert left_out(Consent.STATISTICS, at=now) == frozenset()


def test_a_pause_ends_by_itself_on_its_day(dan, now):
    from holdfast_site.consents.models import Consent
    from holdfast_site.consents.selectors import left_out, paused_until

    until = date(2999, 5, 3)
    say(dan, "checkins", False, now, until=until)
    assert not allowed(dan, "checkins", now)
    assert left_out(Consent.CHECKINS, at=now) == {"dan"}
    assert paused_until(dan, at=now) == until
    later = now.replace(year=2999, month=5, day=4)
    assert allowed(dan, "checkins", later)
    assert left_out(Consent.CHECKINS, at=later) == frozenset()
    assert paused_until(dan, at=later) is None


def test_a_day_begins_at_midnight_where_the_practice_is(dan, now):
    from holdfast_site.consents.selectors import paused_until

    say(dan, "checkins", False, now, until=date(2999, 5, 3))
    eve = now.replace(year=2999, month=5, day=2, minute=59, second=59)  # an hour later there than in UTC
    for hour, is_over in ((22, False), (23, True)):
        assert allowed(dan, "checkins", eve.replace(hour=hour)) is is_over
        assert (paused_until(dan, at=eve.replace(hour=hour)) is None) is is_over


def test_only_his_own_last_word_about_the_questions_is_a_pause(dan, cast, now):
    from holdfast_site.consents.selectors import paused_until

    until = date(2999, 5, 3)
    assert paused_until(dan, at=now) is None
    say(cast.eli, "checkins", False, now, until=date(2998, 5, 3))
    assert paused_until(dan, at=now) is None
    say(dan, "checkins", False, now, until=until)
    say(dan, "lists", False, now)
    say(cast.eli, "checkins", True, now)
    assert paused_until(dan, at=now) == until
    say(dan, "checkins", True, now)
    assert paused_until(dan, at=now) is None


def test_who_treats_him_is_told_of_two_things_that_he_does_not_allow_and_only_of_him(dan, cast, now):
    from holdfast_site.consents.selectors import told_to_his_therapist

    for consent in DEFAULTS:
        if consent != "research":
            say(dan, consent, False, now)
    answers, lists = told_to_his_therapist(dan)
    assert answers.startswith("He asked that what he said is left alone for now.")
    assert lists.startswith("He asked not to be on lists of who has gone quiet.")
    assert told_to_his_therapist(cast.eli) == []
    say(dan, "answers", True, now)
    assert told_to_his_therapist(dan) == [lists]


def test_one_question_for_a_whole_practice_agrees_with_one_for_each(dan, cast, now):
    from holdfast_site.consents.models import Consent
    from holdfast_site.consents.selectors import left_out
    from holdfast_site.people.models import Client
    from tests.site.conftest import client

    client("finn")
    Client.objects.filter(pk="finn").update(wrapped_key=b"")

    def agree(consent):
        each = {one.pk for one in Client.objects.all() if not allowed(one, consent, now)}
        assert left_out(Consent(consent), at=now) == each, consent
        assert "finn" in each

    for consent in DEFAULTS:
        if consent != "research":
            say(dan, consent, not DEFAULTS[consent], now)
        agree(consent)
    for given in (False, True):
        say(dan, "answers", given, now)
        for consent in DEFAULTS:
            agree(consent)
    assert left_out(Consent.STATISTICS, at=now, among=Client.objects.filter(pk="eli")) == frozenset()


def test_the_database_refuses_what_makes_no_sense(dan, now):
    from django.db import IntegrityError, transaction

    for nonsense in ({"study": "pilot"}, {"until": date(2999, 1, 1), "given": True}):
        with pytest.raises(IntegrityError), transaction.atomic():
            say(dan, "statistics", **{"given": False, "now": now, **nonsense})


def test_without_the_private_route_it_is_not_offered_and_what_was_sent_stays(dan, cast, browser, now):
    assert 'value="care_contact"' in browser.get(cast.address).content.decode()
    say(dan, "private_route", False, now)
    page = browser.get(cast.address).content.decode()
    assert 'value="care_contact"' not in page
    assert 'value="prompt"' in page
    assert 'value="care_contact"' in browser.get(f"/c/{cast.other_link}").content.decode()


def test_who_wants_no_questions_gets_no_link(dan, now):
    from holdfast.errors import UsageError
    from holdfast_site.access.actors import OPERATOR
    from holdfast_site.checkins.services import invite_after_last_session

    say(dan, "checkins", False, now)
    with pytest.raises(UsageError, match="wants no questions"):
        invite_after_last_session(by=OPERATOR, client_id="dan", now=now)


@pytest.mark.long
def test_opting_out_of_the_early_warning_takes_his_flags_away_at_once_and_keeps_him_out(dan, cast, now, monkeypatch):
    """At once on the therapist's page; at the next refresh from the disk and from what is computed."""
    import json

    from holdfast_site.caseload import services
    from holdfast_site.caseload.flags import Said
    from holdfast_site.caseload.models import Flag, Guess
    from tests.site.conftest import signed_in

    flag = Flag(client=dan, therapist=cast.alma, at=now.replace(microsecond=0) - timedelta(hours=1))
    from django.conf import settings

    told = json.dumps({"signals": ["x"], "words": ["quiet for long"], "chance": "perhaps"}).encode()
    flag.sealed = settings.VAULT.client_box("dan", dan.wrapped_key).seal(told, place=flag.place)
    flag.save()
    guess = Guess(flag=flag, at=now)
    box = settings.VAULT.client_box("dan", dan.wrapped_key)
    guess.sealed = box.seal(Said.SKIPPED.encode(), place=guess.place)
    guess.save()
    alma = signed_in("therapist", "alma")
    Appointment = type(cast.invitation.appointment)
    Appointment.objects.filter(client="dan").update(starts_at=now - timedelta(days=9))
    assert "Quiet for long" in alma.get("/today/").content.decode()
    say(dan, "early_warning", False, now)
    assert "Quiet for long" not in alma.get("/today/").content.decode()
    seen = []

    def look(known, at, fitted):
        seen.append(set(known.engine.fetch(known.appointments.select("client_id"))["client_id"]))
        seen.append(set(known.engine.fetch(known.known.loaded["checkins"].select("client_id"))["client_id"]))
        return []

    monkeypatch.setattr(services, "_new_flags", look)
    services.refresh(now)
    assert seen == [{"eli"}, {"eli"}]
    assert not Flag.objects.filter(client="dan").exists()


@pytest.mark.long
def test_a_practice_that_turns_the_early_warning_off_keeps_its_record(dan, cast, now, settings):
    from holdfast_site.caseload.models import Flag
    from holdfast_site.caseload.services import refresh

    Flag.objects.create(client=dan, therapist=cast.alma, at=now - timedelta(days=1), sealed=b"")
    settings.SITE = settings.SITE.model_copy(update={"early_warning": False})
    refresh(now)
    assert Flag.objects.count() == 1
