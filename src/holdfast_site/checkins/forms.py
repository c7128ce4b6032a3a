"""The shape of what is sent in: every answer may be left out, none may be out of its range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

from django import forms

from holdfast_site.checkins.answers import Answers, Value
from holdfast_site.checkins.models import Audience
from holdfast_site.checkins.questions import CHANGE, CHANGES, MOST_WORDS, WORDS, Question

FORM_ID, FOR_ALL, WHO = "form", "who", "{}_who"


class CheckinForm(forms.Form):
    """One check-in. Who may see an answer is the answer's own choice, else the one for all, else the therapist."""

    def __init__(self, questions: Sequence[Question], audiences: Sequence[Audience], data: Any = None) -> None:
        super().__init__(data, initial={FORM_ID: uuid4()})
        self.questions, self.audiences = questions, audiences
        self.fields[FORM_ID] = forms.UUIDField(widget=forms.HiddenInput)
        for question in questions:
            choices = [(value, str(value)) for value in question.values]
            self.fields[question.name] = forms.TypedChoiceField(
                choices=choices, coerce=int, empty_value=None, required=False
            )
        self.fields[CHANGE] = forms.ChoiceField(choices=[(change, change) for change in CHANGES], required=False)
        self.fields[WORDS] = forms.CharField(max_length=MOST_WORDS, required=False)
        self.answers_asked = [*(question.name for question in questions), CHANGE, WORDS]
        who = [(audience.value, audience.label) for audience in audiences]
        to_whom = forms.ChoiceField(choices=who, required=False)
        self.fields |= dict.fromkeys((FOR_ALL, *(WHO.format(name) for name in self.answers_asked)), to_whom)

    def answers(self) -> Answers:
        """What was answered, for whom."""
        return Answers.of(self._given())

    def said(self, name: str) -> str:
        """What stands in a field right now, for showing the page again with nothing lost."""
        value = self[name].value() if self.is_bound else None
        return "" if value is None else str(value)

    def _given(self) -> Iterator[tuple[str, Value, Audience]]:
        for_all = self.cleaned_data[FOR_ALL] or Audience.THERAPIST
        for name in self.answers_asked:
            value = self.cleaned_data[name]
            if value is not None and value != "":
                yield name, value, Audience(self.cleaned_data[WHO.format(name)] or for_all)
