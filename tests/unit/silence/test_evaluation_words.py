"""What an evaluation says: golden sentences, the schema, and pages that hold whatever a practice is called."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console
from tests.unit.silence import evaluations

from holdfast.errors import UsageError
from holdfast.insight.result import Amount, Share
from holdfast.silence import evaluation_words as words
from holdfast.silence.evaluation import (
    MODEL,
    SCHEMA_VERSION,
    Bin,
    Evaluation,
    Score,
    Scored,
    evaluation_schema,
)
from holdfast.silence.evaluation_report import html
from holdfast.silence.evaluation_terminal import show
from holdfast.silence.groups import GROUPS

pytestmark = pytest.mark.long

COPY = Path(__file__).parents[3] / "docs" / "reference" / "evaluation.schema.json"
TOLD = Amount(estimate=0.93, low=0.9, high=0.96)


def printed(evaluation: Evaluation, width: int = 100, encoding: str = "utf-8") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    show(evaluation, Console(file=stream, width=width, force_terminal=False, legacy_windows=False))
    stream.seek(0)
    return stream.read()


def score(**other: object) -> Score:
    nothing = Amount(why_not="")
    told = dict.fromkeys(("auc", "log_score", "brier", "intercept", "slope", "ratio"), TOLD)
    return Score(**{"method": "x", **told, "expected": 10.0, "beyond": nothing, "auc_beyond": nothing} | other)  # type: ignore[arg-type]


# --- sentences --------------------------------------------------------------------------------------


def test_a_figure_keeps_its_sign_and_its_range() -> None:
    assert words.figure(Amount(estimate=-0.004, low=-0.021, high=0.013), 3, signed=True) == "−0.004 (−0.021 to +0.013)"
    assert words.figure(Amount(estimate=-0.0001, low=-0.2, high=0.1)) == "0.00 (−0.20 to 0.10)"
    assert words.figure(Amount(why_not="too few to tell")) == "too few to tell"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (
            0.01,
            0.03,
            "No other method came as close to what happened. The nearest was boosting "
            "(log score worse by 0.020, 0.010 to 0.030).",
        ),
        (
            -0.03,
            -0.01,
            "Boosting came closer to what happened than the model (log score better by 0.020, 0.010 to 0.030).",
        ),
        (-0.05, 0.01, "Boosting did as well: the difference is within chance (log score −0.020, −0.050 to +0.010)."),
    ],
)
def test_it_says_who_was_better_and_when_nobody_can_tell(low: float, high: float, said: str) -> None:
    found = words.beside(score(beyond=Amount(estimate=(low + high) / 2, low=low, high=high)), "boosting")
    assert said == found


@pytest.mark.parametrize(
    ("slope", "said"),
    [
        (Amount(estimate=0.7, low=0.6, high=0.8), "too bold"),
        (Amount(estimate=1.4, low=1.2, high=1.6), "too near the middle"),
        (Amount(estimate=1.1, low=0.9, high=1.3), "neither clearly too bold nor too timid"),
        (Amount(why_not="cannot be told"), "cannot be told"),
    ],
)
def test_the_slope_in_words(slope: Amount, said: str) -> None:
    assert said in words._slope(score(slope=slope))


@pytest.mark.long
def test_methods_are_named_in_words_before_their_technical_terms() -> None:
    found = evaluations.evaluation()
    assert {method.key for method in found.methods} == {MODEL, *words.PLAIN}
    assert words.plainly("cox", found.methods) == (
        "the time until he comes again, from the same signals (Cox regression)"
    )
    assert words.sentence("the Cox model") == "The Cox model"


def test_cox_has_its_capital_everywhere() -> None:
    found = evaluations.evaluation()
    assert "cox regression" not in html(found) + printed(found)


def test_the_headline_says_what_was_expected_and_what_came() -> None:
    found = evaluations.evaluation()
    left = found.questions[0]
    model = words.of_method(left.overall, MODEL)
    assert model is not None
    assert found.headline[0] == (
        f"Asked {left.rows} times whether a client had silently left, the model expected {model.expected:.0f} to have, "
        f"and {left.left} had."
    )


def test_with_too_few_it_says_so_and_shows_no_table() -> None:
    found = evaluations.evaluation(count=12)
    assert "Too few to tell" in found.headline[0]
    assert "Logistic regression" not in printed(found)
    assert "<h3>Beside what" not in html(found)


# --- the schema -------------------------------------------------------------------------------------


def test_the_published_schema_is_this_one() -> None:
    """Brought up to date with: holdfast schema evaluation > docs/reference/evaluation.schema.json"""
    assert json.loads(COPY.read_text(encoding="utf-8")) == evaluation_schema()


def test_what_is_written_keeps_to_the_schema() -> None:
    written = json.loads(evaluations.evaluation().model_dump_json())
    jsonschema.validate(written, evaluation_schema())
    jsonschema.validate({**written, "new": 1}, evaluation_schema())
    assert written["schema_version"] == SCHEMA_VERSION


def test_what_is_written_can_be_read_again() -> None:
    found = evaluations.evaluation()
    assert Evaluation.read(found.model_dump_json()) == found


@pytest.mark.parametrize("text", ["", "{}", '{"schema_version": "1"}'])
def test_another_file_is_refused_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="is not an evaluation"):
        Evaluation.read(text)


# --- pages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(len(line) for line in printed(evaluations.evaluation(), width).splitlines()) <= width


@pytest.mark.parametrize("width", [80, 120])
def test_names_of_methods_are_whole(width: int) -> None:
    text = printed(evaluations.evaluation(), width)
    for method in evaluations.evaluation().methods:
        assert method.name in text


def roomless() -> Evaluation:
    """Numbers as wide as they become, and every group that there is."""
    found = evaluations.evaluation()
    model = words.of_method(found.questions[0].overall, MODEL)
    labels = [(column, label) for column, named in GROUPS.items() for label in named.values()]
    groups = [
        Scored(column=column, label=label, rows=12_345, clients=1_234, left=1_001, scores=[model] if model else [])
        for column, label in labels
    ]
    wide = Share(count=1_222, of=1_233, estimate=0.78, low=0.7, high=0.84)
    few = Share(count=1, of=3, why_not="too few to tell")
    ways = [
        way.model_copy(
            update={"name": name, "flags": 1_204, "record": wide, "caught": few if way.method == MODEL else wide}
        )
        for way, name in zip(evaluations.alerts().ways, ("Holdfast", *NAMES), strict=True)
    ]
    bins = [Bin(expected=0.78, share=wide)]
    asked = [one.model_copy(update={"groups": groups, "curves": {MODEL: bins}}) for one in found.questions]
    return found.model_copy(
        update={"questions": asked, "alerts": evaluations.alerts().model_copy(update={"ways": ways})}
    )


NAMES = ("Logistic regression", "New on the plain overdue list")


@pytest.mark.parametrize("width", [80, 100, 120])
def test_nothing_is_cut_however_narrow_the_terminal(width: int) -> None:
    text = printed(roomless(), width)
    lines = [line.rstrip() for line in text.splitlines()]
    for label in (label for named in GROUPS.values() for label in named.values()):
        assert any(line.startswith(f"  {label}  ") for line in lines), label
    for name in NAMES:
        assert f"  {name}" in lines
    assert lines.count("    had left: 1,222 of 1,233, 78 % (70 to 84)") == 3
    assert lines.count("    exits caught: 1 of 3, too few to tell") == 1
    assert sum(line.startswith("  said ") and line.endswith("1,222 of 1,233") for line in lines) == 2  # behind the bars
    assert sum("1.11 (0.99 to 1.23)" in line for line in lines) == 2 * sum(map(len, GROUPS.values()))


def test_a_plain_terminal_has_letters_for_everything() -> None:
    printed(evaluations.evaluation(), encoding="ascii").encode("ascii")


@pytest.mark.slow
def test_a_practice_may_be_called_anything() -> None:
    found = evaluations.evaluation(practice=evaluations.NASTY)
    page = html(found)
    assert "<script" not in page
    assert "\x1b" not in page
    assert "\x1b[31m" not in printed(found)


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = html(evaluations.evaluation())
    assert page.startswith("<!doctype html>")
    assert "default-src 'none'" in page
    assert not re.findall(r'(?:src|href)="(?!#)', page)
    assert "<script" not in page


def test_every_chart_has_a_title_a_description_and_its_numbers_as_a_table() -> None:
    page = html(evaluations.evaluation())
    charts = page.count("<svg class=")
    assert charts >= 12
    assert page.count("<title id=") == charts
    assert page.count("<desc id=") == charts
    for figure in re.findall(r"<figure>.*?</figure>", page, re.S):
        if "<svg class=" in figure and "auc-" not in figure:  # the methods' two charts share their tables
            assert "<table" in figure


def test_no_page_names_a_client_or_a_therapist() -> None:
    for text in (html(evaluations.evaluation()), evaluations.evaluation().model_dump_json()):
        assert not re.search(r"\bc\d+\b", text)
