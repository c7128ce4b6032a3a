"""The shape of what is sent in. Everything may be left out; nothing may be out of its range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

from django import forms

from holdfast_site.before.sentences import MOST_PICKED, OFF, sentences
from holdfast_site.checkins.answers import Answers, Value
from holdfast_site.checkins.before_questions import ATTEND, CANCEL, REPLY, SURE, UNTIL, WEEKS, WHY, WHYS, Reply
from holdfast_site.checkins.models import Audience
from holdfast_site.checkins.questions import MOST_WORDS, WORDS

FORM_ID = "form"
WHO_SWITCH, WHO_DONE = "who_switch", "who_done"  # what stands for "if you choose nothing" is not the same


def _form_id() -> forms.UUIDField:
    return forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)


class BeforeForm(forms.Form):
    """Whether he comes, and what he would rather."""

    form = _form_id()
    attend_next = forms.TypedChoiceField(
        choices=[(value, str(value)) for value in SURE], coerce=int, empty_value=None, required=False
    )
    reply = forms.ChoiceField(choices=Reply.choices, required=False)
    until = forms.ChoiceField(choices=WEEKS, required=False)
    why = forms.ChoiceField(choices=[(why, why) for why in WHYS], required=False)
    words = forms.CharField(max_length=MOST_WORDS, required=False)
    cancel = forms.BooleanField(required=False)
    who_switch = forms.ChoiceField(required=False)
    who_done = forms.ChoiceField(required=False)
    promised = forms.CharField(max_length=3, required=False)  # that page said: if you choose nothing, it is kept

    def __init__(self, audiences: Sequence[Audience], data: Any = None) -> None:
        super().__init__(data)
        self.audiences = [one for one in audiences if one is not Audience.PROMPT]
        for name in (WHO_SWITCH, WHO_DONE):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the types: both are, above
            field.choices = [(one.value, one.label) for one in self.audiences]

    @property
    def is_private(self) -> bool:
        """Whether anything can be kept from the therapist."""
        return len(self.audiences) > 1

    @property
    def crossed(self) -> bool:
        """He said that he is coming, and asked to have it cancelled: only he can say which."""
        return bool(self.cleaned_data[REPLY] == Reply.COMING and self.cleaned_data[CANCEL])

    @property
    def broken(self) -> bool:
        """The page promised to keep his wish from the therapist, and meanwhile that cannot be done any more."""
        told = self.cleaned_data
        left_to_us = told[REPLY] == Reply.SOMEONE_ELSE and not told[WHO_SWITCH]
        return bool(left_to_us and told["promised"] and not self.is_private)

    def answers(self) -> Answers:
        """What was answered, for whom."""
        return Answers.of(self._given())

    def said(self, name: str) -> str:
        """What stands in a field right now, for showing the page again with nothing lost."""
        value = self[name].value() if self.is_bound or name == FORM_ID else None
        return "" if value is None or value is False else str(value)

    def _given(self) -> Iterator[tuple[str, Value, Audience]]:
        told = self.cleaned_data
        of_all = self._for_all()
        why_and_words = Audience(told[WHO_DONE] or of_all) if told[REPLY] == Reply.DONE else of_all
        wanted = {ATTEND: told[ATTEND], REPLY: told[REPLY], CANCEL: "yes" if told[CANCEL] else ""}
        if told[REPLY] == Reply.PAUSE:
            wanted[UNTIL] = told[UNTIL]
        for name, value in wanted.items():
            if value is not None and value != "":
                yield name, value, of_all
        if told[REPLY] == Reply.DONE and told[WHY]:
            yield WHY, told[WHY], why_and_words
        if told[WORDS]:
            yield WORDS, told[WORDS], why_and_words

    def _for_all(self) -> Audience:
        """A wish for someone else goes to the care contact alone, if he says no other; all else to the therapist."""
        if self.cleaned_data[REPLY] != Reply.SOMEONE_ELSE or not self.is_private:
            return Audience.THERAPIST
        return Audience(self.cleaned_data[WHO_SWITCH] or Audience.CARE_CONTACT)


class PickForm(forms.Form):
    """What is off."""

    off = forms.MultipleChoiceField(choices=[(one.name, one.pick) for one in OFF])

    def clean_off(self) -> list[str]:
        """Take a few.

        Raises
        ------
        ValidationError
            For more than can be said in two sentences.
        """
        picked: list[str] = self.cleaned_data["off"]
        if len(picked) > MOST_PICKED:
            raise forms.ValidationError("too many")
        return picked

    def sentences(self) -> str:
        """In his words."""
        return sentences(self.cleaned_data["off"])


class SayForm(forms.Form):
    """The sentences as he changed them."""

    form = _form_id()
    text = forms.CharField(max_length=MOST_WORDS)


class BackForm(forms.Form):
    """He would like to come back."""

    form = _form_id()
    promised = forms.BooleanField(required=False)  # the page said that his words are for the care contact alone
    someone_else = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")], required=False)
    words = forms.CharField(max_length=MOST_WORDS, required=False)
