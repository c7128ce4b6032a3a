"""The shapes of assigning a supervisor, of a leave, of days on which the practice is closed, and of an emergency."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from holdfast_site.dates import DayField

FURTHEST = timedelta(days=366)
FEWEST_WHY, MOST_WHY = 10, 500  # signs of a reason


class AssignForm(forms.Form):
    """Who supervises whom, and since when they know."""

    supervisor = forms.IntegerField(min_value=1)
    therapist = forms.CharField(max_length=100, required=False)
    client = forms.CharField(max_length=100, required=False)
    told_on = DayField()

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if bool(told.get("therapist")) == bool(told.get("client")):
            raise forms.ValidationError("Name one therapist, or one client.")
        return told


class ClosedForm(forms.Form):
    """On which days the practice is closed."""

    first_day = DayField()
    last_day = DayField()

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if "first_day" in told and "last_day" in told and told["last_day"] < told["first_day"]:
            raise forms.ValidationError("The last day is before the first.")
        if "last_day" in told and told["last_day"] > timezone.localdate() + FURTHEST:
            raise forms.ValidationError("The last day is more than a year ahead. Is the year right? Nothing was saved.")
        return told


class LeaveForm(ClosedForm):
    """Who is away, from when to when, and who stands in."""

    therapist = forms.CharField(max_length=100)
    stand_in = forms.CharField(max_length=100)

    def clean(self) -> dict[str, Any]:
        told = super().clean()
        if told.get("therapist") == told.get("stand_in"):
            raise forms.ValidationError("Nobody stands in for himself.")
        return told


class EmergencyForm(forms.Form):
    """Whose page, by two things that are known of him, and why it cannot wait."""

    form = forms.UUIDField()
    name = forms.CharField(max_length=200)
    known_by = forms.CharField(max_length=200)
    why = forms.CharField(min_length=FEWEST_WHY, max_length=MOST_WHY)
