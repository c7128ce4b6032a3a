"""The shapes of adding somebody, and of how a therapist works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from holdfast.tables.schema import AXES
from holdfast_site.people.models import Therapist
from holdfast_site.roster.selectors import ROLE_WORDS

MOST_CLIENTS = 500


class AddForm(forms.Form):
    """Who, in which role."""

    login = forms.CharField(max_length=100)
    role = forms.ChoiceField(choices=[(role.value, words) for role, words in ROLE_WORDS.items()])
    therapist = forms.CharField(max_length=100, required=False)
    name = forms.CharField(max_length=100, required=False)


class NamesForm(forms.Form):
    """The names of several therapists, one field each; whoever is left out stays as he is."""

    def __init__(self, therapists: Sequence[Therapist], data: Any = None) -> None:
        super().__init__(data)
        self.therapists = therapists
        for one in therapists:
            self.fields[f"name {one.pk}"] = forms.CharField(label=one.pk, max_length=100, required=False)

    def names(self) -> Mapping[str, str]:
        """What was given, by id."""
        told = {one.pk: self.cleaned_data.get(f"name {one.pk}", "") for one in self.therapists}
        return {pk: name for pk, name in told.items() if name}


class TherapistForm(forms.Form):
    """For how many there is room, and how the therapist works. Blank is not known."""

    name = forms.CharField(max_length=100, required=False)
    capacity = forms.IntegerField(min_value=0, max_value=MOST_CLIENTS, required=False)
    gender = forms.CharField(max_length=50, required=False)

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type]
        for axis in AXES:
            choices = [("", "")] + [(str(value), str(value)) for value in range(-3, 4)]
            self.fields[f"style_{axis}"] = forms.TypedChoiceField(
                choices=choices, coerce=int, empty_value=None, required=False
            )
