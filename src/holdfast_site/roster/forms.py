"""The shapes of adding somebody, and of how a therapist works."""

from __future__ import annotations

from django import forms

from holdfast.tables.schema import AXES
from holdfast_site.roster.selectors import ROLE_WORDS

MOST_CLIENTS = 500


class AddForm(forms.Form):
    """Who, in which role."""

    login = forms.CharField(max_length=100)
    role = forms.ChoiceField(choices=[(role.value, words) for role, words in ROLE_WORDS.items()])
    therapist = forms.CharField(max_length=100, required=False)


class TherapistForm(forms.Form):
    """For how many there is room, and how the therapist works. Blank is not known."""

    capacity = forms.IntegerField(min_value=0, max_value=MOST_CLIENTS, required=False)
    gender = forms.CharField(max_length=50, required=False)

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type]
        for axis in AXES:
            choices = [("", "")] + [(str(value), str(value)) for value in range(-3, 4)]
            self.fields[f"style_{axis}"] = forms.TypedChoiceField(
                choices=choices, coerce=int, empty_value=None, required=False
            )
