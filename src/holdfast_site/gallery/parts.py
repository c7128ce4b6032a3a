"""What the gallery shows: a part of the pages, and the states it has, each made by the template that the pages use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

NOW = datetime(2026, 3, 12, 9, 30, tzinfo=ZoneInfo("Europe/London"))  # of everything that is made up here


class Within(StrEnum):
    """What a page puts around a part. Of each state its own form: choices in one form shut each other out."""

    NOTHING = "nothing"
    LIST = "list"
    FORM = "form"
    BEFORE = "before"  # the form before a session, which shows only what belongs to the choice


@dataclass(frozen=True, slots=True)
class State:
    """One state of a part: what it is, the template, and what that is given."""

    words: str
    template: str
    given: Mapping[str, Any] = field(default_factory=dict)
    within: Within = Within.NOTHING


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the pages. ``anchor`` is the id of its heading."""

    anchor: str
    title: str
    states: Sequence[State]


@dataclass(frozen=True, slots=True)
class Shown:
    """A state as it looks."""

    words: str
    within: Within
    html: SafeString


WORKED_OUT = {"not_worked_out": False}  # as far as a state does not say otherwise: the gallery asks no database


def shown(part: Part, request: HttpRequest) -> Sequence[Shown]:
    """Make every state of a part."""
    return [
        Shown(one.words, one.within, render_to_string(one.template, {**WORKED_OUT, **one.given}, request))
        for one in part.states
    ]


def button(what: str, words: str, *, is_quiet: bool = False, is_link: bool = False) -> State:
    """One button, with what it is for."""
    given = {"words": words, "is_quiet": is_quiet, "is_link": is_link}
    return State(what, "gallery/button.html", given, Within.NOTHING if is_link else Within.FORM)
