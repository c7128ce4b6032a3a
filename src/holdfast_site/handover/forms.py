"""The shapes of what can be done about a matter."""

from __future__ import annotations

from typing import Any

from django import forms

from holdfast_site.dates import DayField
from holdfast_site.handover.models import NextStep, Outcome

MOST_STORY = 2000
BY_HAND = [(one.value, one.label) for one in Outcome if one not in (Outcome.SWITCHED, Outcome.BY_ITSELF)]


class SeenForm(forms.Form):
    """Which form it is, and how many steps it had seen."""

    form = forms.UUIDField()
    seen = forms.IntegerField(min_value=0, max_value=10_000)


class KeptForm(forms.Form):
    """What was kept from a therapist, to be taken on; the form's own id, so that it can be sent twice."""

    form = forms.UUIDField()
    box = forms.IntegerField(min_value=1, max_value=2**31)


class PlanForm(SeenForm):
    """What is next, and by when."""

    what = forms.ChoiceField(choices=NextStep.choices)
    on = DayField()


class WhenForm(SeenForm):
    """A day and a time, both or neither."""

    on = DayField(required=False)
    at = forms.TimeField(required=False)
    though_away = forms.BooleanField(required=False)  # he was told that nobody is there on that day


class SettleForm(WhenForm):
    """How it was settled."""

    outcome = forms.ChoiceField(choices=BY_HAND)

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        day, time = told.get("on"), told.get("at")
        if told.get("outcome") == Outcome.BOOKED and (day is None) != (time is None):
            raise forms.ValidationError("Say on which day and at what time.")
        return told


class SwitchForm(SeenForm):
    """With whom he goes on, from when, and what he lets go along."""

    goes_to = forms.CharField(max_length=100)
    on = DayField()
    at = forms.TimeField()
    though_away = forms.BooleanField(required=False)
    though_unread = forms.BooleanField(required=False)  # and that what he keeps from therapists would reach nobody
    story = forms.CharField(max_length=MOST_STORY, required=False)
    agreed = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("story") and not told.get("agreed"):
            raise forms.ValidationError(
                "Nothing goes along that he has not agreed to: tick that he has, or write nothing."
            )
        return told
