"""Saying in the site's language what the library says in English."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, ngettext

from holdfast.words import AS_IT_STANDS, Value, Words, filled, meant

Kept = str | list[Any]  # words as data: the form and the values; or text, as an earlier version kept it
GOES_ON = ("silent_days", "since_days", "quiet_days")  # counted until the words were made
register = template.Library()


@register.filter
def said(words: str) -> str:
    """Words of the library in the site's language.

    Text may be words that were stored as text, without values: it is looked up as well, and else said as it is.
    """
    if not isinstance(words, Words):
        return gettext(words) if words else ""
    form = ngettext(words.form, words.many, int(str(words.values["count"]))) if words.many else gettext(words.form)
    return filled(form, {name: _spoken(name, value) for name, value in words.values.items()})


def kept(words: str) -> Kept:
    """Words as data that can be stored. Their values are text and numbers."""
    return [words.form, dict(words.values)] if isinstance(words, Words) else words


def aged(stored: Kept, days: int) -> Kept:
    """Words that were kept some days ago: how long it has been quiet has gone on since."""
    if isinstance(stored, str):
        return stored
    form, values = stored
    return [form, {name: value + days if name in GOES_ON else value for name, value in values.items()}]


def heard(stored: Kept) -> str:
    """The same words again."""
    if isinstance(stored, str):
        return stored
    form, values = stored
    return Words(form, **values)


def _spoken(name: str, value: Value) -> str:
    if name in AS_IT_STANDS and not isinstance(value, Words):
        return str(value)
    return _local(meant(name, value))


def _local(value: Value) -> str:
    if isinstance(value, str):
        return said(value)  # text is one of a few that are known, such as the change that he picked
    if isinstance(value, datetime):
        return date_format(value, gettext("j F Y, H:i"))
    if isinstance(value, date):
        return date_format(value, gettext("j F") if value.year == timezone.localdate().year else gettext("j F Y"))
    if isinstance(value, int | float):
        return number_format(round(value, 1) if value % 1 else int(value), force_grouping=True)
    return ", ".join(said(one) for one in value)
