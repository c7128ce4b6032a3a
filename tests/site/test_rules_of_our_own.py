"""Patterns that the code of the site may not hold, each with a line that it would find; more stand in tools/semgrep."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import holdfast_site

ROOT = Path(holdfast_site.__file__).parent
SENT = {"GET", "POST", "FILES", "COOKIES", "META", "headers", "data", "body"}  # of a request or a form: as it came
DANGEROUS = {"eval", "exec", "compile", "__import__", "mark_safe", "format_html"}
LOADERS = ("pickle", "marshal", "shelve", "yaml", "subprocess", "lxml", "xml.etree", "xml.dom", "xml.sax.expatreader",
           "requests", "urllib3", "httpx")  # fmt: skip
DRAWS = {"accounts/page.py"}  # the square that a code app reads, made of squares
BY_LINK = {"answer", "come", "stop", "confirm", "gateway", "ask", "say", "back"}  # secret in the address, or signed


def _name(of: ast.expr) -> str:
    return of.attr if isinstance(of, ast.Attribute) else of.id if isinstance(of, ast.Name) else ""


def spread(node: ast.AST) -> bool:
    """What came is spread over the arguments of a call: whoever sends more names sets more than was asked for."""
    if not isinstance(node, ast.Call):
        return False
    told = [one.value for one in node.keywords if one.arg is None]
    return any(isinstance(part, ast.Attribute) and part.attr in SENT for value in told for part in ast.walk(value))


def dangerous(node: ast.AST) -> bool:
    """Code from text, or text that a page shows as it is."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DANGEROUS


def loader(node: ast.AST) -> bool:
    """What makes objects of bytes, starts programs, reads XML or speaks to other machines."""
    names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    return any(f"{name}.".startswith(f"{one}.") for name in names for one in LOADERS)


RULES: dict[str, tuple[Callable[[ast.AST], bool], str]] = {
    "spread": (spread, "Client.objects.create(**request.POST.dict())"),
    "dangerous": (dangerous, "mark_safe(words)"),
    "loader": (loader, "import pickle"),
}


def found(rule: Callable[[ast.AST], bool]) -> Iterator[str]:
    for path in sorted(ROOT.rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        if "/migrations/" in where or where in DRAWS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if rule(node):
                yield f"{where}:{getattr(node, 'lineno', 0)}"


@pytest.mark.hazard("H-14")
@pytest.mark.parametrize("name", RULES)
def test_the_code_of_the_site_keeps_to_it(name):
    assert list(found(RULES[name][0])) == []


@pytest.mark.parametrize("name", RULES)
def test_each_rule_finds_what_it_is_for(name):
    rule, wrong = RULES[name]
    assert any(rule(node) for node in ast.walk(ast.parse(wrong)))


@pytest.mark.hazard("H-14")
def test_what_is_let_through_is_there_and_nothing_else():
    """A page without Django's look for forged forms has a secret in its address; one that is gone lets nobody in."""
    there = {
        node.name
        for path in ROOT.rglob("views.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and any(_name(one) == "csrf_exempt" for one in node.decorator_list)
    }
    assert there == BY_LINK
    assert all((ROOT / name).exists() for name in DRAWS)
