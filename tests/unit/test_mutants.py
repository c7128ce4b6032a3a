"""What is said of changes to the guarding code counts each of them once, and nothing as noticed that was not tried."""

from __future__ import annotations

import json
import sys
from types import ModuleType, SimpleNamespace

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
    assert found.row.startswith("| `vault` | 4 of 6 (66.7 %) so far | 1 | 1 | 1 | 1 |")


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


DECORATED = """import functools

class Box:
    @property
    def one(self):
        return 1

    @classmethod
    def of(cls):
        return cls()

@functools.cache
@functools.wraps(
    len
)
def two(x=2):
    return x
"""


def test_in_the_copy_a_decorator_is_called_after_its_function(tmp_path):
    file = tmp_path / "module.py"
    file.write_text(DECORATED)
    was = file.stat().st_mtime_ns
    mutants._undecorate(file)
    lines = [line for line in file.read_text().splitlines() if line]
    assert lines == [
        "import functools",
        "class Box:",
        "    def one(self):",
        "        return 1",
        "    one = property(one)",
        "    @classmethod",
        "    def of(cls):",
        "        return cls()",
        "def two(x=2):",
        "    return x",
        "two = functools.cache(functools.wraps(len)(two))",
    ]
    assert file.stat().st_mtime_ns == was


def test_a_sample_is_drawn_once_and_for_all_and_what_was_noticed_is_not_tried_again(tried, monkeypatch):
    source = mutants._home("vault") / mutants._source("vault")
    source.parent.mkdir(parents=True)
    source.write_text("")
    made = SimpleNamespace(mutant_names=[f"x_{number}" for number in range(100)])
    monkeypatch.setitem(sys.modules, "mutmut", ModuleType("mutmut"))
    monkeypatch.setitem(sys.modules, "mutmut.mutation", ModuleType("mutmut.mutation"))
    fake = SimpleNamespace(mutate_file_contents=lambda *_: made)
    monkeypatch.setitem(sys.modules, "mutmut.mutation.file_mutation", fake)
    drawn = mutants._drawn("vault", 10)
    assert len(set(drawn)) == 10
    assert drawn == mutants._drawn("vault", 10)
    assert {one.rpartition(".")[0] for one in drawn} == {"holdfast_site.vault"}
    tried.write_text(json.dumps({"exit_code_by_key": {drawn[0]: 1, drawn[1]: 0}}))
    assert mutants._drawn("vault", 10) == drawn[1:]
    assert len(mutants._drawn("vault", 1000)) == 99
