"""What comes in from the therapist's pages: ids, and words that the pages offered."""

from __future__ import annotations

from django import forms

from holdfast_site.caseload.flags import Said


class LogForm(forms.Form):
    """One tap: what was said or done, about which reason. ``form`` is the id under which it is kept once."""

    form = forms.UUIDField()
    action = forms.CharField(max_length=60)
    prompted_by = forms.CharField(max_length=40, required=False)


class GuessForm(forms.Form):
    """Will he come back? Or show me why, without a guess."""

    guess = forms.ChoiceField(choices=[(one.value, one.value) for one in Said])
    then = forms.ChoiceField(choices=[("today", "today"), ("client", "client")], required=False)
