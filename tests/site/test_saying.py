"""What the library says in English is said in the site's language, with its values: numbers, days and words."""

from __future__ import annotations

from datetime import date

import pytest

from holdfast.repair.followed import Followed, tally
from holdfast.silence.groups import GROUPS
from holdfast.silence.policy import EVERYONE, Counted, muting
from holdfast.words import Words, plural
from tests.site.conftest import signed_in

GERMAN = {
    "no session for {silent_days}; the client usually comes {rhythm_every}": "seit {silent_days} nicht da, kommt "
    "sonst {rhythm_every}",
    "every day": "jeden Tag",
    "every {count} days": "alle {count} Tage",
    "{count} day": "{count} Tag",
    "{count} days": "{count} Tagen",
    "asked for a change: '{change}'": "wünscht sich: „{change}“",
    "slower": "langsamer",
    "called off on {over_at}": "am {over_at} abgesagt",
    "j F": "j. F",
    "j F Y": "j. F Y",
    "Tried {times} times here: {followed}.": "Hier {times}-mal versucht: {followed}.",
    "{count} came back": "{count} kamen wieder",
    "{count} left": "{count} gingen",
    "men": "Männer",
    "March": "März",
}


@pytest.fixture(name="german")
def _german(site, monkeypatch):
    from django.utils import translation

    monkeypatch.setattr(translation._trans, "gettext", lambda words: GERMAN.get(words, words))
    monkeypatch.setattr(translation._trans, "ngettext", lambda one, many, n: GERMAN.get(one if n == 1 else many, one))
    with translation.override("de"):
        yield


def test_words_of_the_library_are_said_in_the_sites_language(german):
    from holdfast_site.saying import said

    quiet = Words(
        "no session for {silent_days}; the client usually comes {rhythm_every}", silent_days=8, rhythm_every=7
    )
    assert said(quiet) == "seit 8 Tagen nicht da, kommt sonst alle 7 Tage"
    assert said(Words(quiet.form, silent_days=1.2, rhythm_every=1)) == "seit 1 Tag nicht da, kommt sonst jeden Tag"
    assert said(Words("asked for a change: '{change}'", change="slower")) == "wünscht sich: „langsamer“"
    assert said(tally([Followed.LEFT] * 4 + [Followed.CAME_BACK] * 6).words) == (
        "Hier 10-mal versucht: 6 kamen wieder, 4 gingen."
    )
    assert said(plural("{count} man of {all}", "{count} men of {all}", 1, all=1200)) == "1 man of 1.200"
    assert said(Words("{distance} apart", distance=2.25)) == "2,2 apart"
    assert said("only text") == "only text"


def test_days_are_written_as_the_language_does_and_with_their_year_if_it_is_another(german):
    from django.utils import timezone

    from holdfast_site.saying import said

    this_year = timezone.localdate().year
    assert said(Words("called off on {over_at}", over_at=f"{this_year}-03-04")) == "am 4. März abgesagt"
    assert said(Words("called off on {over_at}", over_at=date(2019, 3, 4))) == "am 4. März 2019 abgesagt"


def test_what_is_kept_can_be_said_later_and_what_was_kept_as_text_stays_text(german):
    from holdfast_site.saying import heard, kept, said

    (group, why), *_ = muting([Counted(EVERYONE, 400, 90, 30, 2.4, 3.6)]).groups
    assert (group, heard(kept(why))) == (EVERYONE, why)
    assert heard(kept(why)).form == why.form
    assert said(heard("He came late.")) == "He came late."
    assert said(GROUPS["gender"]["man"]) == "Männer"


def test_what_an_earlier_version_kept_is_still_shown(cast, now, settings):
    """A flag with its words and its chance in English, and somebody overdue with the whole sentence."""
    import json

    from holdfast_site.caseload.models import Flag, Overdue

    settings.SITE = settings.SITE.model_copy(update={"early_warning": True})
    flag = Flag(client=cast.dan, therapist=cast.alma, at=now)
    told = {"signals": ["quiet"], "words": ["no session for 8 days"], "chance": "about 4 in 10 (between 2 and 6)"}
    box = settings.VAULT.client_box(cast.dan.pk, cast.dan.wrapped_key)
    flag.sealed = box.seal(json.dumps(told | {"p_left": 0.4}).encode(), place=flag.place)
    flag.save()
    Overdue.objects.create(client=cast.dan, therapist=cast.alma, form="Quiet for 8 days.", at=now)
    alma = signed_in("therapist", "alma")
    alma.post(f"/today/guess/{flag.pk}", {"guess": "skipped"})
    shown = alma.get("/today/").content.decode()
    for words in ("No session for 8 days", "About 4 in 10 (between 2 and 6)", "Quiet for 8 days."):
        assert words in shown


def test_how_long_it_has_been_quiet_goes_on_after_the_words_were_made():
    from holdfast_site.saying import aged, heard, kept, said

    words = kept(Words("no session for {silent_days}; lately he came {rhythm_every}", silent_days=9, rhythm_every=7))
    assert said(heard(aged(words, 4))) == "no session for 13 days; lately he came every 7 days"
    assert aged("no session for 9 days", 4) == "no session for 9 days"
