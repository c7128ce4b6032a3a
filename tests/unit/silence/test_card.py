"""The card: what it says word for word, what it shows of the fit (H-12), and that it names nobody (H-13)."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta

import pytest
from tests.unit.silence import evaluations

from holdfast.silence import Fitted, card_words, fit
from holdfast.silence.card import INTENDED_PURPOSE, card, odds
from holdfast.silence.card_page import html, markdown
from holdfast.silence.card_words import SIGNALS_IN_WORDS
from holdfast.silence.evaluation_report import html as report
from holdfast.silence.priors import PRIORS
from holdfast.silence.signals import SIGNALS
from holdfast.tables import Tables, read_tables

WHY_NOT = "The history is too short to judge the model."


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Ten clients who come weekly, two of whom have gone quiet."""
    folder = tmp_path_factory.mktemp("practice")
    first = datetime(2026, 1, 5, 10, 0)  # noqa: DTZ001 - a wall clock
    lines = ["appointment_id,client_id,therapist_id,starts_at,status"]
    for client in range(10):
        for week in range(4 if client < 2 else 12):
            when = first + timedelta(days=7 * week, hours=client)
            lines.append(f"a{client}-{week},client-{client},therapist-x,{when.isoformat()},attended")
    (folder / "appointments.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_tables(folder)


@pytest.fixture(scope="module")
def fitted(tables: Tables) -> Fitted:
    return fit(tables)


def test_the_intended_purpose_is_word_for_word() -> None:
    """safety.md, the sentence that the product shows."""
    assert INTENDED_PURPOSE == (
        "Holdfast collects clients' own answers between psychotherapy sessions, shows them to the client's clinicians, "
        "and points out missed or changed check-ins so that people may talk. It does not diagnose, does not assess or "
        "predict suicide risk, does not recommend treatment, is not monitored in real time and must not be relied on "
        "in an emergency."
    )


@pytest.mark.slow
@pytest.mark.parametrize("page", [html, markdown])
def test_the_card_holds_its_purpose_and_its_limits(page, fitted: Fitted) -> None:
    text = page(card(fitted, WHY_NOT)).replace("&#39;", "'")
    assert INTENDED_PURPOSE in text
    assert "No flag does not mean that all is well" in text
    assert "nothing here is ordered by therapist" in text


@pytest.mark.slow
@pytest.mark.parametrize("page", [html, markdown])
def test_a_young_practice_stands_on_published_studies(page, fitted: Fitted) -> None:
    text = page(card(fitted, WHY_NOT))
    assert "Its chances come mostly from published studies" in text
    assert WHY_NOT in text


@pytest.mark.slow
def test_from_studies_alone_it_says_so(tables: Tables) -> None:
    assert "from published studies alone" in card(fit(tables, prior_only=True), WHY_NOT).standing


@pytest.mark.slow
@pytest.mark.parametrize("page", [html, markdown])
def test_the_card_names_no_client_and_no_therapist(page, fitted: Fitted) -> None:
    text = page(card(fitted, evaluations.evaluation()))
    assert not re.search(r"client-\d|therapist-x", text)


@pytest.mark.slow
@pytest.mark.parametrize("page", [html, markdown])
def test_the_record_stands_on_the_card(page, fitted: Fitted) -> None:
    text = page(card(fitted, evaluations.evaluation()))
    for words in ("Was it his last?", "Gradient boosting", "first three sessions", "Flags are on for everyone"):
        assert words.lower() in text.lower()


@pytest.mark.slow
@pytest.mark.parametrize("page", [html, markdown])
def test_a_practice_may_be_called_anything(page, fitted: Fitted) -> None:
    text = page(card(fitted, WHY_NOT, practice=evaluations.NASTY))
    assert "<script" not in text
    assert "\x1b" not in text


@pytest.mark.slow
def test_every_effect_has_its_prior_and_every_figure_it_rests_on(fitted: Fitted) -> None:
    found = card(fitted, WHY_NOT)
    listed = {row.id for row in found.evidence}
    effects = [effect for question in found.questions for effect in question.effects]
    assert len(effects) > 60
    for effect in effects:
        assert effect.prior == PRIORS.effect(effect.signal, effect.code)
        assert set(effect.prior.evidence) <= listed


@pytest.mark.slow
def test_what_nothing_was_learned_of_stays_where_studies_put_it(fitted: Fitted) -> None:
    """No check-ins went in: their effects stand where they stood, but for the noise of the draws."""
    found = card(fitted, WHY_NOT)
    effects = {(one.signal, one.code): one for question in found.questions for one in question.effects}
    untouched = effects["understood", "low"]
    assert abs(untouched.moved) < 0.35
    assert untouched.learned < 0.3
    assert found.intercept.learned > untouched.learned


@pytest.mark.slow
@pytest.mark.parametrize("page", [html, markdown])
def test_the_card_speaks_in_words_and_never_in_codes(page, fitted: Fitted) -> None:
    """No code of a signal, no raw column of the evidence, no empty figure and no entity of HTML in Markdown."""
    text = page(card(fitted, evaluations.evaluation()))
    shown = re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.S) if page is html else text
    codes = {code for signal in SIGNALS.values() for code in signal.codes if "_" in code or re.search(r"\d", code)}
    for code in codes | {code.replace("_", " ") for code in codes if "_" in code}:
        assert code in ALSO_WORDS or not re.search(rf"\b{code}\b", shown), code
    for raw in ("var_pct", "direction predictor", "beta .", "pct "):
        assert raw not in shown
    if page is markdown:
        assert not re.search(r"&\w+;", text)


ALSO_WORDS = {"as it is", "called off", "not asked", "not here", "not known", "no show", "over 30", "under 30"}


def test_every_signal_and_every_code_has_its_words() -> None:
    assert set(SIGNALS_IN_WORDS) == set(SIGNALS)
    for name, signal in SIGNALS.items():
        assert set(SIGNALS_IN_WORDS[name][1]) == set(signal.codes)
    assert card_words.answer("session", "s4_5") == "session 4 or 5"
    assert card_words.answer("checkin", "unanswered_first") == "his first, not answered"


def test_published_figures_are_written_for_people() -> None:
    said = {name: card_words.figure(row) for name, row in PRIORS.evidence.items()}
    assert said["MEN-15"] == "no figure printed, only its range: −0.537 to −0.254"
    assert said["SEI-P1"] == "no figure printed, direction only: predictor"
    assert said["DRP-28"] == "odds ratio 2.3"
    assert said["BEH-15"] == "32 of 173"
    assert not [name for name, words in said.items() if not re.match(r"[a-z\d]+.*[\w%]$", words)]


def test_comparisons_are_written_out() -> None:
    assert card_words.without_signs("older vs younger (<30), >=8 sessions, >1") == (
        "older vs younger (under 30), at least 8 sessions, over 1"
    )
    assert card_words.without_signs("<b>") == "‹b›"


@pytest.mark.slow
def test_the_two_pages_say_in_their_titles_which_they_are(fitted: Fitted) -> None:
    found = evaluations.evaluation()
    titles = [re.search("<title>(.*?)</title>", page) for page in (report(found), html(card(fitted, found)))]
    assert [title and title[1].partition(":")[0] for title in titles] == ["The model's evaluation", "The model's card"]


def test_odds_by_hand() -> None:
    """log 2 with a standard deviation of 0.25: e^(0.6931 ± 1.6449 · 0.25)."""
    assert odds(math.log(2), 0.25) == "2.0 (1.3 to 3.0)"
    assert odds(0.0, 0.3) == "1.0 (0.61 to 1.6)"
