"""The policy as a page of the documentation: which role reaches what, in the words of the pages themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from holdfast_site.access.actors import Role
from holdfast_site.access.places import PLACES
from holdfast_site.access.policy import EVERYBODY, POLICY, READ, Owns, Rule

SITE = Path(__file__).resolve().parent.parent
OF_NOBODY = ("pages.py", "accounts/views.py")
HEAD = """# Roles

Made from the site's policy by `tools/reference.py`. A page that is not listed here cannot be reached, by anybody; what
is not somebody's looks to him exactly like what is not there. Somebody with two roles acts in one at a time. Every page
that shows something of somebody writes into the audit who looked.

What each role may know, data by data, is the table in the safety rules; the tests try every page by every role with
every method, and look for a mark in each kind of data on every page of every role.
"""


def roles_reference() -> str:
    """Describe each role in Markdown: where it comes in, and every page it reaches."""
    return HEAD + "".join(_role(role) for role in Role)


def _role(role: Role) -> str:
    rules = [rule for rule in POLICY.values() if role in rule.roles and rule.roles != EVERYBODY]
    if not rules:
        return ""
    first = f"Comes in at: {PLACES[role][0][1]}.\n\n" if role in PLACES else ""
    head = "| page | does | whose |\n| --- | --- | --- |\n"
    return f"\n## {_words(role)}\n\n{first}{head}" + "".join(_row(rule) for rule in rules)


def _row(rule: Rule) -> str:
    does = "reads" if rule.methods <= READ else "sends" if not rule.methods & READ else "reads, sends"
    whose = "" if rule.owns is Owns.NOTHING else rule.owns.value
    return f"| {_page(rule.view)} | {does} | {whose} |\n"


def _page(view: str) -> str:
    """The first line of what the view says of itself."""
    said = _said(view)
    return f"`{view}` {said}".rstrip()


def _said(view: str) -> str:
    app, _, name = view.rpartition(":")
    files = [SITE / app / "views.py"] if app else [SITE / one for one in OF_NOBODY]
    for found in _functions(files):
        if found.name == name:
            return (ast.get_docstring(found) or "").partition("\n")[0]
    return ""


def _functions(files: list[Path]) -> Iterator[ast.FunctionDef]:
    for file in files:
        tree = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
        yield from (node for node in tree.body if isinstance(node, ast.FunctionDef))


def _words(role: Role) -> str:
    return role.value.replace("_", " ").capitalize()
