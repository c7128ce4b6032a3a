"""Days in words, and days that somebody may type: real ones.

The last of the calendar cannot be counted on from, and breaks what tries.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms, template
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from holdfast.tables.moments import FIRST_YEAR, LAST_YEAR

register = template.Library()  # what a page gets by {% load days %}

FIRST, LAST = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)


def day_in_words(day: date, *, today: date) -> str:
    """A day for a person: with its weekday, and with its year when that is not this one."""
    return date_format(day, gettext("l j F") if day.year == today.year else gettext("l j F Y"))


@register.filter
def in_words(day: date) -> str:
    """The same in a page."""
    return day_in_words(day, today=timezone.localdate())


class DayField(forms.DateField):
    """One day of these centuries."""

    def __init__(self, **more: Any) -> None:
        super().__init__(validators=[MinValueValidator(FIRST), MaxValueValidator(LAST)], **more)
