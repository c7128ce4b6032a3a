"""The page says what the result says, is one file, and asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from tests.unit.insight import leaks

from holdfast.insight import figures
from holdfast.insight.report import html
from holdfast.insight.result import Leak

pytestmark = pytest.mark.long

SAMPLES = {
    "whole": leaks.leak(breakdowns=(leaks.breakdown("men", leaks.NASTY),)),
    "too few": leaks.too_few_to_tell(),
    "suppressed": leaks.suppressed(),
    "partly suppressed": leaks.partly_suppressed(),
}
NEVER = ("no-show", "non-compliant", "at risk", "failure", "journey", "mental illness", "reach out")


class Page(HTMLParser):
    """The page as its reader meets it: sections, tables, drawings and what they are called."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self.tables: list[list[list[str]]] = []
        self.section = "top"
        self.drawings = 0
        self.figures_with_table = 0
        self._svgs = 0
        self._open_cell = False
        self._table_in_figure = self._drawing_in_figure = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "section":
            self.section = dict(attrs).get("id") or ""
        if tag == "svg":
            self._svgs += 1
            self.drawings += self._svgs == 1
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._open_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "svg":
            self._svgs -= 1
        if tag in ("td", "th"):
            self._open_cell = False

    def handle_data(self, data: str) -> None:
        self.text[self.section] = self.text.get(self.section, "") + data
        if self._open_cell:
            self.tables[-1][-1][-1] += data.replace("\u00a0", " ")

    def rows(self) -> list[list[str]]:
        return [[" ".join(cell.split()) for cell in row] for table in self.tables for row in table]


@pytest.fixture(params=SAMPLES, name="sample")
def _sample(request: pytest.FixtureRequest) -> Leak:
    return SAMPLES[request.param]


def test_it_asks_nobody_for_anything(sample: Leak) -> None:
    page = html(sample)
    for tag, attributes in Page(page).tags:
        assert tag not in ("script", "link", "img", "iframe", "object", "form", "base")
        assert not {"src", "href", "style", "onclick"} & set(attributes), tag
    assert "@import" not in page
    assert "url(" not in page


def test_only_its_own_style_sheet_is_allowed(sample: Leak) -> None:
    page = html(sample)
    style = page.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(tag["content"] for _, tag in Page(page).tags if tag.get("http-equiv") == "Content-Security-Policy")
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_every_drawing_has_a_name_a_description_and_a_table_beside_it(sample: Leak) -> None:
    page = html(sample)
    figures_in_page = re.findall(r"<figure>.*?</figure>", page, flags=re.S)
    drawn = [part for part in figures_in_page if 'role="img"' in part]
    assert Page(page).drawings == sum(part.count('role="img"') for part in drawn)
    for part in drawn:
        assert "<title id=" in part
        assert "<desc id=" in part
        assert "<table" in part or "silent-" in part  # two drawings of groups share one table


def test_ids_are_there_once(sample: Leak) -> None:
    ids = [attributes["id"] for _, attributes in Page(html(sample)).tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_sentences_stand_first() -> None:
    page = html(SAMPLES["whole"])
    assert "<h1>Of 105 first sessions with men, 10 led to no second; after 9 of those he never said why." in page
    assert page.index("<h1>") < page.index('class="headline"') < page.index("<h2>")
    assert [section for section in Page(page).text if section != "top"] == [
        "lost",
        "ended",
        "staying",
        "groups",
        "definitions",
        "data",
        "counted",
    ]


def test_it_says_that_a_man_can_stand_in_a_bar_twice() -> None:
    assert "whoever saw two therapists, or came back after an ending, is in it twice" in html(SAMPLES["whole"])


def test_a_title_says_nothing_to_the_train(sample: Leak) -> None:
    title = html(sample).split("<title>")[1].split("</title>")[0]
    assert title == "Harbour Street, 20 November 2026, 18:00"


def test_every_number_in_the_tables_is_the_results() -> None:
    leak = SAMPLES["whole"]
    rows = Page(html(leak)).rows()
    for group in leak.groups:
        for step in group.funnel:
            assert [step.name.capitalize(), figures.base(step.share), figures.share(step.share)] in rows
        for item in group.endings:
            name = figures.ending(item.ending).capitalize()
            assert [name, figures.base(item.share), figures.share(item.share)] in rows
            assert [name, f"{item.recorded}", "0", "0"] in rows
        for point in group.staying_sessions.points:
            assert [f"{point.time:g}", figures.share(point), f"{point.at_risk}"] in rows
        for told in group.dropout:
            words = leaks.DEFINITION_WORDS[told.definition]
            assert [words, figures.share(told.share), figures.base(told.share), "7"] in rows
    assert ["Left without a word", "0", "9", "4"] in rows
    assert any(row[-1] == "−5.6 points (−11.1 to −0.3)" for row in rows)
    assert any(row[-1] == "Nobody has been followed to 10 yet." for row in rows)


def test_the_numbers_of_a_curve_are_read_at_its_own_points() -> None:
    leak = SAMPLES["whole"]
    rows = Page(html(leak)).rows()
    for curves, times in (
        (leak.groups[0].incidence_sessions, figures.READ_AT_SESSIONS),
        (leak.groups[0].incidence_weeks, figures.READ_AT_WEEKS),
    ):
        for curve in curves.values():
            for point in figures.points_at(curve, times):
                assert [f"{point.time:g}", figures.share(point), f"{point.at_risk}"] in rows


def test_what_comes_from_the_data_cannot_become_part_of_the_page() -> None:
    nasty = leaks.NASTY
    leak = leaks.leak(breakdowns=(leaks.breakdown("men", nasty),), practice=nasty)
    page = html(leak)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "🙂" in page


def test_words_that_judge_are_not_used(sample: Leak) -> None:
    text = Page(html(sample)).text
    for section, words in text.items():
        for never in NEVER:
            assert never not in words.lower(), section
        if section not in ("definitions", "top"):
            assert "dropout" not in words.lower(), section


def test_too_few_and_not_shown_are_said() -> None:
    assert "Too few to tell: 8 courses." in html(leaks.few_men_among_many())
    assert "the drawing for everyone would be the same" in html(leaks.leak(leaks.group(), leaks.group("everyone")))
    hidden = html(SAMPLES["suppressed"])
    assert "so few people are behind a number that they could be recognised" in hidden
    assert "So few people are behind every number that none of it may be shared." in hidden
    assert "None" not in hidden
    assert "how they left is not shown" in html(SAMPLES["partly suppressed"])


def test_a_practice_that_is_too_small_gets_one_sentence_in_place_of_the_figures() -> None:
    page = Page(html(SAMPLES["too few"]))
    assert list(page.text) == ["top", "data", "counted"]
    assert "8 courses of therapy are too few to tell more" in html(SAMPLES["too few"])


def test_what_is_left_out_of_what_is_shared_is_not_called_too_few() -> None:
    shared = leaks.leak(leaks.group(disagreement=[]), shared=True)
    assert "disagree about the same course is left out of what is shared" in html(shared)


def test_differences_and_tests_are_said_to_answer_different_questions() -> None:
    assert "answer different questions" in html(leaks.leak(breakdowns=(leaks.breakdown("men", "women"),)))


@pytest.mark.slow
def test_the_demo_practice_fits_in_one_small_file() -> None:
    page = html(leaks.demo())
    assert len(page.encode()) < 400_000
    assert "None" not in Page(page).text["ended"]
