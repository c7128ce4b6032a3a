"""The own guess before a flag is shown: can be skipped, is his alone, changes nothing, and both are counted."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from tests.site.conftest import appointment, client, signed_in


@pytest.fixture(autouse=True, name="on")
def _on(settings):
    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})


def text_of(browser, address="/today/"):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get(address).content.decode()))


def flag(him, with_whom, at, *, p_left=0.6, groups=(), words="quiet for a month"):
    """A flag as the model would have made it."""
    from django.conf import settings

    from holdfast_site.caseload.models import Flag

    found = Flag(client=him, therapist=with_whom, at=at)
    told = {
        "signals": ["quiet"],
        "words": [words],
        "chance": "about 6 in 10",
        "p_left": p_left,
        "groups": list(groups),
    }
    box = settings.VAULT.client_box(him.pk, him.wrapped_key)
    found.sealed = box.seal(json.dumps(told).encode(), place=found.place)
    found.save()
    return found


def test_a_new_flag_asks_first_and_tells_nothing(cast, now):
    flag(cast.dan, cast.alma, now)
    alma = signed_in("therapist", "alma")
    for address in ("/today/", "/today/client/dan"):
        text = text_of(alma, address)
        assert "Before you see why: will he come back?" in text
        assert "Quiet for a month" not in text
        assert "6 in 10" not in text


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("yes", "You thought that he will come back."),
        ("no", "You thought that he will not come back."),
        ("unsure", "About 6 in 10"),
        ("skipped", "About 6 in 10"),
    ],
)
def test_after_a_guess_or_none_it_is_shown(cast, now, said, words):
    found, alma = flag(cast.dan, cast.alma, now), signed_in("therapist", "alma")
    answer = alma.post(f"/today/guess/{found.pk}", {"guess": said})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/today/")
    text = text_of(alma)
    assert "Quiet for a month" in text
    assert words in text
    assert "Before you see why" not in text


def test_a_flag_of_some_days_ago_says_how_long_it_has_been_quiet_by_now(cast, now):
    words = ["no session for {silent_days}", {"silent_days": 9.0}]
    finn = client("finn")
    appointment(finn, cast.alma, now - timedelta(days=13))
    found, alma = flag(finn, cast.alma, now - timedelta(days=4), words=words), signed_in("therapist", "alma")
    alma.post(f"/today/guess/{found.pk}", {"guess": "skipped"})
    for address in ("/today/", "/today/client/finn"):
        assert "No session for 13 days" in text_of(alma, address)


def test_from_the_client_page_it_goes_back_there(cast, now):
    found, alma = flag(cast.dan, cast.alma, now), signed_in("therapist", "alma")
    answer = alma.post(f"/today/guess/{found.pk}", {"guess": "no", "then": "client"})
    assert answer.headers["Location"] == "/today/client/dan"


def test_the_first_guess_stands(cast, now):
    from holdfast_site.audit.models import Event
    from holdfast_site.caseload.flags import Said, guess_of
    from holdfast_site.caseload.models import Flag, Guess

    found, alma = flag(cast.dan, cast.alma, now), signed_in("therapist", "alma")
    for said in ("no", "yes", "no"):
        assert alma.post(f"/today/guess/{found.pk}", {"guess": said}).status_code == 302
    assert Guess.objects.count() == 1
    assert guess_of(Flag.objects.select_related("client", "guess").get()) is Said.NO
    assert Event.objects.filter(action="guess.given").count() == 1


def test_it_is_for_whoever_treats_him(cast, browser, now):
    from holdfast_site.caseload.models import Guess

    found = flag(cast.dan, cast.alma, now)
    for other in (browser, signed_in("therapist", "ben"), signed_in("care_contact")):
        assert other.post(f"/today/guess/{found.pk}", {"guess": "no"}).status_code == 404
    assert signed_in("therapist", "alma").post(f"/today/guess/{found.pk}", {"guess": "maybe"}).status_code == 404
    assert not Guess.objects.exists()


def test_a_guess_is_sealed_and_changes_nothing_that_the_model_is_told(cast, now, stored, tmp_path):
    from tests.site.caseload.test_tables import written

    found, later = flag(cast.dan, cast.alma, now), now + timedelta(days=1)
    written(tmp_path / "tables", later)
    before = {file.name: file.read_bytes() for file in (tmp_path / "tables").iterdir()}
    signed_in("therapist", "alma").post(f"/today/guess/{found.pk}", {"guess": "unsure"})
    written(tmp_path / "tables", later)
    assert {file.name: file.read_bytes() for file in (tmp_path / "tables").iterdir()} == before
    assert b"unsure" not in stored()


def guessed(cast, now, count, *, right, signs_right, unsure=0):
    """So many flags of Alma's whose outcome is known: all had left."""
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.caseload.flags import Said
    from holdfast_site.caseload.services import keep_guess
    from holdfast_site.people.models import Ending

    alma = Actor(Role.THERAPIST, "1", therapist_id="alma")
    at = now - timedelta(days=10)
    for number in range(count + unsure):
        him = client(f"c{number}")
        appointment(him, cast.alma, at - timedelta(days=30))
        found = flag(him, cast.alma, at, p_left=0.7 if number < signs_right else 0.3)
        said = Said.UNSURE if number >= count else Said.NO if number < right else Said.YES
        assert keep_guess(by=alma, flag_id=found.pk, said=said, now=at)
        Ending.objects.create(client=him, therapist=cast.alma, ended_on=now.date(), kind="silent")


def test_both_are_counted_for_him_alone(cast, now):
    guessed(cast, now, 12, right=8, signs_right=9, unsure=2)
    text = text_of(signed_in("therapist", "alma"))
    assert "Of 12 guesses, you were right 8 times, the signs 9. You did not know twice. Only you see this." in text
    assert "guesses" not in text_of(signed_in("therapist", "ben"))


def test_of_few_nothing_is_said(cast, now):
    guessed(cast, now, 9, right=9, signs_right=1)
    text = text_of(signed_in("therapist", "alma"))
    assert "The outcome of 9 of your guesses is known so far: too few to tell." in text


@pytest.mark.long
def test_what_became_of_flags_counts_those_who_never_came_again(cast, now):
    """Sixty days and six of his rhythms without a word is an answer, too."""
    from holdfast_site.caseload.flags import had_left
    from holdfast_site.caseload.services import refresh

    wanted = {}
    for name, last, booked, left in (
        ("gone", 70, False, True),
        ("booked", 70, True, None),
        ("not yet", 50, False, None),
        ("came", 3, False, False),
    ):
        him = client(name)
        for weeks in range(4):
            appointment(him, cast.alma, now - timedelta(days=last + 7 * weeks))
        if booked:
            appointment(him, cast.alma, now + timedelta(days=3), status="booked")
        wanted[flag(him, cast.alma, now - timedelta(days=30)).pk] = left
    refresh(now)
    from holdfast_site.caseload.models import Flag

    flags = [one for one in Flag.objects.all() if one.pk in wanted]
    assert had_left(flags, now=now) == wanted


@pytest.mark.long
def test_the_record_is_counted_for_the_whole_practice(cast, now, settings):
    settings.SITE = settings.SITE.model_copy(update={"early_warning": False})  # no new ones meanwhile
    from holdfast_site.caseload.flags import record_here
    from holdfast_site.caseload.services import refresh
    from holdfast_site.people.models import Ending

    assert record_here().flags == 0
    for number in range(24):
        him = client(f"c{number}")
        appointment(him, cast.alma, now - timedelta(days=40))
        flag(him, cast.alma if number % 2 else cast.ben, now - timedelta(days=30))
        if number < 8:
            appointment(him, cast.alma, now - timedelta(days=3))
        elif number < 22:
            kind = "silent" if number < 20 else "planned"
            for therapist in (cast.alma, cast.ben):
                Ending.objects.create(
                    client=him, therapist=therapist, ended_on=(now - timedelta(days=2)).date(), kind=kind
                )
    refresh(now)
    record = record_here()
    assert (record.flags, record.left, record.waiting) == (22, 12, 2)
    assert record.words.startswith("Of 22 such flags here, 12 had left")


# --- muting -----------------------------------------------------------------------------------------


def calibrated(now, *muted, is_judged=True):
    from holdfast_site.caseload.models import Calibration

    Calibration.objects.create(at=now, is_judged=is_judged, muted=[list(one) for one in muted])


@pytest.mark.hazard("H-12")
def test_where_the_chances_have_been_off_nothing_is_flagged_and_it_says_so(cast, now):
    flag(cast.dan, cast.alma, now)
    calibrated(now, ("everyone", "Flags are off for everyone: more had left than the model expected here."))
    text = text_of(signed_in("therapist", "alma"))
    assert "Flags are off for everyone: more had left" in text
    assert "Before you see why" not in text
    assert "With nobody is a word worth more" not in text
    assert "Gone quiet" in text  # the plain list works without it
    assert "Before you see why" not in text_of(signed_in("therapist", "alma"), "/today/client/dan")


def test_a_group_can_be_muted_alone(cast, now):
    flag(cast.dan, cast.alma, now, groups=["under 30"])
    flag(client("old"), cast.alma, now, groups=["60 and over"])
    appointment(client("x"), cast.alma, now)
    from holdfast_site.people.models import Client

    appointment(Client.objects.get(pk="old"), cast.alma, now - timedelta(days=3))
    calibrated(now, ("under 30", "Flags are off for under 30: fewer had left than the model expected here."))
    text = text_of(signed_in("therapist", "alma"))
    where = text.index("Worth a conversation")
    worth = text[where : text.index("Gone quiet")]
    assert "old" in worth
    assert "dan" not in worth
    assert "Flags are off for under 30" in worth


@pytest.mark.long
def test_muting_reaches_the_policy_as_well(cast, now, monkeypatch):
    from holdfast_site.caseload import services

    told = []
    monkeypatch.setattr(services, "new_flags", lambda *_, muted, **__: told.append(muted) or [])
    calibrated(now, ("everyone", "off"))
    services.refresh(now + timedelta(minutes=1))
    assert told[0].words == ["off"]


@pytest.mark.long
def test_whether_the_chances_are_right_is_judged_once_a_day_and_too_little_history_is_no_judgement(cast, now):
    from holdfast_site.caseload.models import Calibration
    from holdfast_site.caseload.services import judge

    assert judge(now)
    assert not judge(now + timedelta(hours=23))
    assert judge(now + timedelta(hours=25))
    assert judge(now - timedelta(days=3))  # the clock had been wrong: what was judged in days to come holds up nothing
    assert list(Calibration.objects.values_list("is_judged", flat=True)) == [False, False, False]
    assert "Whether its chances are right here is not known yet." in text_of(signed_in("therapist", "alma"))
