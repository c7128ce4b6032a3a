"""The terminal's picture fits its width, needs no colour, and can be written in an old code page."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from tests.unit.insight import leaks

from holdfast.insight import bars
from holdfast.insight.result import Leak
from holdfast.insight.terminal import show

BREAKDOWN = leaks.breakdown("men", leaks.NASTY)


def printed(leak: Leak, width: int = 80, **console: object) -> str:
    file = io.StringIO()
    show(leak, Console(file=file, width=width, **console))  # type: ignore[arg-type]
    return file.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize(
    "leak",
    [leaks.leak(breakdowns=(BREAKDOWN,)), leaks.too_few_to_tell(), leaks.suppressed(), leaks.partly_suppressed()],
    ids=["whole", "too few", "suppressed", "partly suppressed"],
)
def test_no_line_is_wider_than_the_terminal(leak: Leak, width: int) -> None:
    lines = printed(leak, width).splitlines()
    assert max(cell_len(line) for line in lines) <= width


def test_piped_it_is_plain_text() -> None:
    assert "\x1b" not in printed(leaks.leak(breakdowns=(BREAKDOWN,)))


def test_a_dumb_terminal_gets_no_escape_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in printed(leaks.leak(), force_terminal=True, legacy_windows=False)


def test_without_colour_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in printed(leaks.leak(), force_terminal=True, legacy_windows=False)


def test_red_is_kept_for_alerts() -> None:
    found = printed(leaks.leak(), force_terminal=True, color_system="standard", legacy_windows=False)
    assert "\x1b[1;33m" in found
    assert "31m" not in found
    assert "91m" not in found


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_an_old_code_page_gets_letters_for_blocks(encoding: str) -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="")
    show(leaks.leak(breakdowns=(BREAKDOWN,)), Console(file=file, width=80))
    file.flush()
    found = raw.getvalue().decode(encoding)
    assert "-----" in found
    assert "##" in found
    assert "chi2 3.27" in found


def test_the_sentences_come_first_and_the_lost_stand_at_their_step() -> None:
    found = printed(leaks.leak(), 120)
    lines = found.splitlines()
    assert lines[3].strip() == "Of 105 first sessions with men, 10 led to no second; after 9 of those he never said"
    step = next(place for place, line in enumerate(lines) if line.strip().startswith("Second session"))
    assert "████" in lines[step]
    assert "93 of 105" in lines[step]
    assert lines[step + 1].strip() == "9 left without a word · 1 ended another way · 2 may still come"


def test_the_parts_stand_in_order() -> None:
    found = printed(leaks.leak(breakdowns=(BREAKDOWN,)))
    heads = [
        "Where people are lost",
        "How it ended",
        "How long people stay",
        "Groups beside each other",
        "What others call dropout",
        "How good the data are",
        "How this was counted",
    ]
    assert [found.index(head) for head in heads] == sorted(found.index(head) for head in heads)


def test_every_rate_has_its_base_and_its_range() -> None:
    found = printed(leaks.leak())
    assert "24 of 82" in found
    assert "29 % (24 to 34)" in found
    assert "Of 100 courses whose first step can be told by now." in found


def test_too_few_is_said_and_nothing_is_made_up() -> None:
    found = printed(leaks.few_men_among_many())
    assert "too few to tell" in found
    assert "Too few to tell: 8 courses." in found
    assert "Everyone counted here is one of these men." in printed(leaks.leak(leaks.group(), leaks.group("everyone")))


def test_a_practice_that_is_too_small_gets_one_sentence_in_place_of_the_figures() -> None:
    found = printed(leaks.too_few_to_tell())
    assert "8 courses of therapy are too few to tell more" in found
    assert "Where people are lost" not in found
    assert "How this was counted" in found


def test_what_is_hidden_is_said_to_be() -> None:
    assert "none of it may be shared" in " ".join(printed(leaks.suppressed()).split())
    found = printed(leaks.partly_suppressed())
    assert "~~~~~~~" in found
    assert "12 others: how they left is not shown" in found


def test_who_came_has_a_bar_also_where_it_is_not_shown_of_how_many() -> None:
    step = leaks.partly_suppressed().groups[0].funnel[2].model_copy(update={"of": None})
    assert str(bars.bar(bars.LETTERS, step, 120, 40)) == "-" * 31


def test_of_a_step_that_is_left_out_it_is_said_why() -> None:
    first, second, third, last = leaks.partly_suppressed().groups[0].funnel
    left_out = first.model_copy(update={"reached": None, "share": leaks.share(None, 120)})
    below = second.model_copy(update={"of": None, "share": leaks.share(105, None), "lost": {"silent": None}})
    found = printed(leaks.leak(leaks.group(funnel=[left_out, below, third, last]), shared=True))
    assert "it would give away a small number" in found
    assert "how they left is not shown" in found


def test_a_label_cannot_steer_the_terminal() -> None:
    found = printed(leaks.leak(breakdowns=(BREAKDOWN,)))
    assert "\x1b" not in found
    assert "[red]männer" in found
