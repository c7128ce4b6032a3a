"""Days in words, and days that somebody may type: real ones.

The last of the calendar cannot be counted on from, and breaks what tries.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.formats import date_format
from django.utils.translation import gettext

from holdfast.tables.moments import FIRST_YEAR, LAST_YEAR

FIRST, LAST = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)


def day_in_words(day: date, *, today: date) -> str:
    """A day for a person: with its year when that is not this one."""
    return date_format(day, gettext("l j F") if day.year == today.year else gettext("l j F Y"))


class DayField(forms.DateField):
    """One day of these centuries."""

    def __init__(self, **more: Any) -> None:
        super().__init__(validators=[MinValueValidator(FIRST), MaxValueValidator(LAST)], **more)
