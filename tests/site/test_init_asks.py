"""``holdfast site init`` asks: a wrong answer is asked again by itself, with what was wrong; more numbers than one."""

from __future__ import annotations

import json
import os
import pty
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from holdfast.cli import commands
from holdfast_site import start
from holdfast_site.config import SITE_FILE
from tests.site.test_cli import clean

RIGHT = ["Hill Street", "Europe/London", "Monday to Friday, 9 to 5", "", "Samaritans", "116 123", "", "", ""]


@pytest.fixture(name="asked")
def _asked(tmp_path, monkeypatch):
    """Answer its questions, and get what was said and what was kept."""
    from holdfast_site import init_questions

    monkeypatch.setattr(init_questions, "can_ask", lambda: True)
    for done_after in ("get_django_ready", "bring_up_to_date"):
        monkeypatch.setattr(start, done_after, lambda *_: None)

    def answer(*answers, given=()):
        folder = tmp_path / "practice"
        typed = "".join(f"{one}\n" for one in answers)
        done = CliRunner().invoke(commands, ["site", "init", str(folder), *given], input=typed)
        kept = json.loads((folder / SITE_FILE).read_text()) if (folder / SITE_FILE).exists() else {}
        return done, kept

    return answer


def test_right_answers_are_asked_for_once(asked):
    done, kept = asked(*RIGHT)
    assert done.exit_code == 0, done.output
    assert done.output.count("time zone") == 1
    assert kept["crisis_numbers"] == [{"name": "Samaritans", "number": "116 123", "hours": ""}]
    assert kept["address"] == "http://localhost:8000"


@pytest.mark.parametrize(
    ("place", "wrong", "says", "question"),
    [
        (0, "  ", "That cannot be left blank.", "The practice's name"),
        (1, "", "That cannot be left blank.", "Its time zone"),
        (1, "Mars/Base", "is not a time zone; allowed: a name such as Europe/London", "Its time zone"),
        (2, "x" * 201, "at most 200 characters", "When are answers read?"),
        (3, "call us", "That is not a phone number, such as 020 7946 0321 or", "Where do clients call"),
        (4, "", "That cannot be left blank.", "Whom can clients call now"),
        (4, "Samaritans=day and night", "is not a number that one can call", "Whom can clients call now"),
        (5, "day and night", "is not a number that one can call", "The number of Samaritans"),
    ],
)
def test_a_wrong_answer_is_asked_again_and_no_other(asked, place, wrong, says, question):
    answers = [*RIGHT[:place], wrong, wrong, *RIGHT[place:]]
    done, kept = asked(*answers)
    assert done.exit_code == 0, done.output
    assert done.output.count(says) == 2
    assert done.output.count(question) == 3
    assert kept["name"] == "Hill Street"
    for other in ("The practice's name", "Its time zone", "When are answers read?", "Where do clients call"):
        assert done.output.count(other) == (3 if other == question else 1)


def test_several_numbers_to_call_in_the_order_they_were_told(asked):
    done, kept = asked(*RIGHT[:6], "Emergency", "999", "Someone at Hill Street", "020 7946 0321", *RIGHT[6:])
    assert done.exit_code == 0, done.output
    assert [one["number"] for one in kept["crisis_numbers"]] == ["116 123", "999", "020 7946 0321"]


@pytest.mark.hazard("H-02")
def test_a_name_with_its_number_is_understood_as_both(asked):
    done, kept = asked(*RIGHT[:4], " Samaritans = 116 123 ", "Emergency", "999", *RIGHT[6:])
    assert done.exit_code == 0, done.output
    assert [(one["name"], one["number"]) for one in kept["crisis_numbers"]] == [
        ("Samaritans", "116 123"),
        ("Emergency", "999"),
    ]


def test_what_was_left_blank_is_said_with_what_it_means(asked):
    done, _ = asked(*RIGHT)
    assert "Nobody receives what is not for the therapist, so clients are not offered it." in done.output
    assert "No server sends mail" in done.output
    assert "care_contact" in done.output


def test_of_the_mail_only_what_is_wrong_is_asked_again(asked):
    mail = ["mail.example", "Hill Street", "Hill <hello@hill.example>", "", "hill.example", "https://hill.example"]
    done, kept = asked(*RIGHT[:-1], *mail)
    assert done.exit_code == 0, done.output
    assert done.output.count("must be an address") == 1
    assert "No server sends mail" not in done.output
    assert done.output.count("must be like https://example.org") == 1
    assert done.output.count("Which server sends mail") == 1
    assert (kept["email"]["sender"], kept["address"]) == ("Hill <hello@hill.example>", "https://hill.example")


def test_a_folder_that_is_taken_is_said_before_anything_is_asked(asked, tmp_path):
    (tmp_path / "practice").mkdir()
    (tmp_path / "practice" / "letter").touch()
    done, _ = asked(*RIGHT)
    assert done.exit_code == 4
    assert "is not empty" in done.output
    assert "The practice's name" not in done.output


def test_a_wrong_option_is_refused_before_anything_is_asked(asked, tmp_path):
    done, _ = asked(*RIGHT, given=("--name", "Hill", "--timezone", "Mars/Base"))
    assert done.exit_code == 2
    assert "--timezone is not a time zone" in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_at_a_real_terminal(tmp_path):
    folder = tmp_path / "practice"
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-m", "holdfast", "site", "init", str(folder)], clean())
    answers = [RIGHT[0], "Nowhere", *RIGHT[1:]]
    seen = typed_at(terminal, answers)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, seen
    assert "is not a time zone" in seen
    assert json.loads((folder / SITE_FILE).read_text())["timezone"] == "Europe/London"


def typed_at(terminal: int, answers: list[str]) -> str:
    """Type each answer when its question stands there."""
    seen, left, until = "", list(answers), time.monotonic() + 60
    asked = 0
    while time.monotonic() < until:
        try:
            seen += os.read(terminal, 4096).decode()
        except OSError:  # it has ended
            break
        if left and seen.count(": ") > asked and seen.endswith(": "):
            asked = seen.count(": ")
            os.write(terminal, f"{left.pop(0)}\n".encode())
    return seen


def test_a_bare_number_is_told_by_the_doctor_and_is_no_reason_not_to_start(made: Path):
    def address(value):
        path = made / SITE_FILE
        path.write_text(json.dumps({**json.loads(path.read_text()), "address": value}))

    assert start.notes(made) == []
    for number in ("http://127.0.0.1:8000", "http://[::1]:8000"):
        address(number)
        assert start.problems(made) == []
        (note,) = start.notes(made)
        assert "no passkeys" in note
        assert "http://localhost" in note
    address("https://hill.example")
    assert start.notes(made) == []
