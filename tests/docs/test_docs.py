"""The documentation says what the product does: every command, option, table and importer, and every link."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tools import reference
from tools.reference import BLOCK, COMMAND, ROOT, every_command

from holdfast.cli import commands
from holdfast.simulate import demo_practice, write
from holdfast.tables.sources import MODULES, all_sources

STALE = "Out of date. Bring it up to date with: python3 tools/reference.py --write"
IMPORTING = ROOT / "docs" / "how-to" / "import-an-export.md"
FORBIDDEN = (
    "non-compliant",
    "noncompliant",
    "at-risk man",
    "at risk man",
    "at-risk client",
    "no-showed",
    "journey",
    "reach out",
    "mental illness",
    "sandbox",
)
PAGES = reference.pages()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "practice"
    write(demo_practice(), folder)
    return folder


# --- made from the product --------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("name", ["cli.md", "roles.md", "signals.md", "tables.md"])
def test_a_generated_page_is_up_to_date(name):
    path = reference.REFERENCE / name
    assert text_of(path) == reference.generated()[path], STALE


SAID_IN = ("src/**/*.py", "src/**/*.html", "src/**/*.j2", "src/**/*.toml", "docs/**/*.md", "*.md")
TURNS_THEM_STRAIGHT = "src/holdfast/insight/terminal.py"


def test_quotes_and_apostrophes_are_straight_everywhere():
    """One kind: a curly one makes a text message twice as long, and a page hard to search."""
    told = {name_of(path): text_of(path) for pattern in SAID_IN for path in ROOT.glob(pattern)}
    assert len(told) > 300
    assert [name for name, text in told.items() if set("‘’“”") & set(text)] == [TURNS_THEM_STRAIGHT]


def test_every_command_and_option_is_in_the_reference():
    page = text_of(reference.REFERENCE / "cli.md")
    for name, command in every_command("holdfast", commands):
        assert f"## {name}\n" in page
        for parameter in command.params:
            assert all(word in page for word in parameter.opts if word.startswith("--"))


def test_every_command_and_option_says_what_it_does():
    for name, command in every_command("holdfast", commands):
        assert command.help, name
        for option in command.params:
            if isinstance(option, click.Option):
                speaks_for_itself = isinstance(option.type, click.Choice)
                assert option.help or speaks_for_itself, f"{name} {option.opts}"


def run_pages() -> Iterator[object]:
    """The pages that are run; those that work out the whole demo's leak once more, or fit a model, are slow."""
    for path in PAGES:
        text = text_of(path)
        if reference.is_run(text):
            slow = ("leak practice" in text and path.parent.name != "explanation") or path.name == "python.md"
            yield pytest.param(path, id=name_of(path), marks=pytest.mark.slow if slow else ())


@pytest.mark.long
@pytest.mark.parametrize("path", list(run_pages()))
def test_what_a_page_does_works_and_prints_what_it_shows(path, tmp_path, demo):
    text = text_of(path)
    assert reference.after_running(text, reference.prepare(text, tmp_path / "page", demo)) == text, STALE


@pytest.mark.slow
def test_the_readme_quotes_what_the_demo_says(demo):
    text = text_of(ROOT / "README.md")
    assert reference.with_headline(text, reference.demo_headline(demo)) == text, STALE


def test_the_code_of_tutorials_is_run():
    for path in PAGES:
        if path.parent.name == "tutorials":
            marks = [match["mark"].split() for match in BLOCK.finditer(text_of(path))]
            assert all("run" in mark for mark in marks if mark[:1] == ["python"]), name_of(path)


# --- said about the product -------------------------------------------------------------------------


def commands_in(text: str) -> Iterator[list[str]]:
    for match in BLOCK.finditer(text):
        for line in match["text"].splitlines():
            if COMMAND.match(line):
                yield shlex.split(COMMAND.sub("", line), comments=True)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_commands_that_are_not_run_exist_with_their_options(path):
    for words in commands_in(text_of(path)):
        if not words or words[0].startswith("-"):
            continue
        command = commands.commands[words[0]]
        if isinstance(command, click.Group):
            found = command.get_command(click.Context(command), words[1])
            assert found is not None, words
            command = found
        known = {opt for parameter in command.params for opt in parameter.opts} | {"--help"}
        assert {word for word in words if word.startswith("--")} <= known, words
        if words[0] == "import":
            assert words[1] in MODULES or words[1].isupper(), words


def test_every_importer_has_its_section():
    page = text_of(IMPORTING)
    sections = set(re.findall(r"^## .*\(`([a-z-]+)`\)$", page, re.M))
    assert sections == set(MODULES)


def test_every_section_shows_its_command_and_what_the_source_cannot_say():
    page = text_of(IMPORTING)
    for source in all_sources():
        section = re.split(r"^## ", page.split(f"(`{source.name}`)\n", 1)[1], maxsplit=1, flags=re.M)[0]
        assert f"$ holdfast import {source.name} " in section, source.name
        assert "**What it cannot say.**" in section, source.name


# --- the pages themselves ---------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """The anchors that a page's headings make on GitHub."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", text_of(path)), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_relative_links_resolve(path):
    prose = BLOCK.sub("", text_of(path))
    for target in re.findall(r"\]\(([^)\s]+)\)", prose) + re.findall(r'src="([^"]+)"', prose):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), f"{target} is not there"
        if anchor:
            assert anchor in anchors(found), f"{target}: no such heading"


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_words_that_blame_people_are_not_used(path):
    text = text_of(path).lower()
    assert [word for word in FORBIDDEN if word in text] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_pages_are_calm(path):
    prose = re.sub(r"`[^`]*`|<!--.*?-->|!\[", "", BLOCK.sub("", text_of(path)))
    assert "!" not in prose


def test_the_index_leads_to_every_page():
    index = ROOT / "docs" / "README.md"
    linked = {
        (index.parent / target.split("#")[0]).resolve() for target in re.findall(r"\]\(([^)\s]+)\)", text_of(index))
    }
    pages = {path for path in PAGES if path.is_relative_to(ROOT / "docs") and path != index}
    assert {name_of(path) for path in pages - linked} == set()


def test_the_readme_is_one_screen():
    assert len(text_of(ROOT / "README.md").splitlines()) <= 60


def test_decisions_have_their_four_headings():
    for path in sorted((ROOT / "docs" / "adr").glob("0*.md")):
        headings = re.findall(r"^## (.+)$", text_of(path), re.M)
        assert headings == ["Status", "Context", "Decision", "Consequences"], name_of(path)
