"""Days in a page."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils import timezone

from holdfast_site.dates import day_in_words

register = template.Library()


@register.filter
def in_words(day: date) -> str:
    """A day with its weekday, and with its year when that is not this one."""
    return day_in_words(day, today=timezone.localdate())
