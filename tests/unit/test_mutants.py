"""What is said of changes to the guarding code counts each of them once, and nothing as noticed that was not tried."""

from __future__ import annotations

import json

import pytest
from tools import mutants

CODES = {"a": 1, "b": 1, "c": 0, "d": 0, "e": 33, "f": None, "g": 36, "h": 3}
DIFF = {
    "c": "# c\n--- a\n+++ a\n-    return key\n+    return None",
    "d": "# d\n--- a\n+++ a\n-    return 1\n+    return 2",
}


@pytest.fixture(name="tried")
def _tried(tmp_path, monkeypatch):
    monkeypatch.setattr(mutants, "DATA", tmp_path)
    monkeypatch.setattr(mutants, "SAME", {"vault": {"return 2": "both are not none"}})
    monkeypatch.setattr(mutants, "_shown", lambda _, name: DIFF[name])
    meta = mutants._meta("vault")
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"exit_code_by_key": CODES}))
    return meta


def test_each_change_is_counted_once(tried):
    found = mutants._found("vault")
    assert (found.noticed, found.too_long, found.open, found.same) == (3, 1, 1, 1)
    assert (found.unnoticed, found.no_test) == (("c",), ("e",))
    assert found.row.startswith("| `vault` | 4 of 6 (66.7 %) so far | 1 | 1 | 1 | 1 | 1 |")


def test_what_was_not_noticed_is_tried_again_and_what_was_is_not(tried):
    mutants._forget_unnoticed("vault")
    again = json.loads(tried.read_text())["exit_code_by_key"]
    assert again == {name: code if code in (1, 3, 36) else None for name, code in CODES.items()}


def test_of_what_was_never_tried_nothing_is_said_to_be_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(mutants, "DATA", tmp_path)
    assert mutants._found("vault").row.startswith("| `vault` | none |")
    mutants._forget_unnoticed("vault")


@pytest.mark.parametrize("module", mutants.TESTS)
def test_every_module_and_its_tests_are_there(module):
    assert (mutants.ROOT / mutants._source(module)).is_file()
    for test in mutants.TESTS[module]:
        file, _, name = test.partition("::")
        assert f"def {name}" in (mutants.ROOT / file).read_text(encoding="utf-8")


def test_only_modules_that_there_are_can_be_chosen(capsys):
    assert mutants.main(["no such module"]) == 2
    assert "vault" in capsys.readouterr().out


def test_what_does_the_same_is_said_of_modules_that_are_tried():
    assert set(mutants.SAME) <= set(mutants.TESTS)
