"""The shape of what a client sends from his own page. Each form has an id, so that it can be sent twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from holdfast_site.checkins.answers import Value
from holdfast_site.checkins.questions import CHANGE, CHANGES, MOST_WORDS, QUESTIONS, WORDS
from holdfast_site.consents.models import Consent
from holdfast_site.own.selectors import ON_HIS_PAGE
from holdfast_site.own.words import ORDER, asks, says
from holdfast_site.people.contacts import ContactCard
from holdfast_site.people.forms import refuse_what_no_message_can_go_by

CHANNELS = (("none", _("Send me nothing")), ("email", _("E-mail")), ("sms", _("Text message")))
HOURS = tuple((hour, f"{hour}:00") for hour in range(24))
STOPS = (
    ("28", _("Pause for four weeks")),
    ("84", _("Pause for three months")),
    ("stop", _("Stop asking me")),
    ("", _("Ask me again")),
)
TAKE_BACK = ""
MOST_NUMBER = 2**31 - 1  # any database holds it


class OwnForm(forms.Form):
    """A form with an id."""

    form = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"form": uuid4(), **(initial or {})})


class DecideForm(OwnForm):
    """A yes or no to one thing."""

    consent = forms.ChoiceField(choices=[(one.value, one.label) for one in (Consent.CARE_NOTICE, *ON_HIS_PAGE)])
    given = forms.TypedChoiceField(choices=[("yes", "yes"), ("no", "no")], coerce=lambda said: said == "yes")


class StudyForm(OwnForm):
    """A yes or no to one study, in the words that he was shown."""

    study = forms.IntegerField(min_value=1, max_value=MOST_NUMBER)
    version = forms.IntegerField(min_value=1, max_value=MOST_NUMBER)
    given = forms.TypedChoiceField(choices=[("yes", "yes"), ("no", "no")], coerce=lambda said: said == "yes")


class ObjectForm(OwnForm):
    """He objects: one tap for all that is worked out about him."""

    objects = forms.CharField()


class StopForm(OwnForm):
    """Pause, stop, or go on."""

    stop = forms.ChoiceField(choices=STOPS, required=False)


class ReachForm(OwnForm):
    """How he is reached, and when."""

    name = forms.CharField(label=_("Your name"), max_length=200, required=False)
    email = forms.EmailField(label=_("E-mail address"), max_length=200, required=False)
    phone = forms.CharField(label=_("Phone number"), max_length=200, required=False)
    channel = forms.ChoiceField(label=_("How may we send you something?"), choices=CHANNELS, widget=forms.RadioSelect)
    safe_from = forms.TypedChoiceField(label=_("Send nothing before"), choices=HOURS, coerce=int)
    safe_until = forms.TypedChoiceField(label=_("Send nothing after"), choices=[*HOURS[1:], (24, "24:00")], coerce=int)
    wishes = forms.CharField(
        label=_("Anything to mind, such as: never ring the landline"), max_length=200, required=False
    )

    def clean(self) -> dict[str, Any]:
        """An address for the way he chose, and hours that are some."""
        told = super().clean() or {}
        refuse_what_no_message_can_go_by(self, told, no_address=gettext("For that way we need this."))
        return told

    def card(self, before: ContactCard) -> ContactCard:
        """The card with what he changed.

        Raises
        ------
        forms.ValidationError
            If something in it cannot be.
        """
        told = {name: value for name, value in self.cleaned_data.items() if name != "form"}
        try:
            return ContactCard.model_validate({**before.model_dump(), **told})
        except ValidationError as error:
            raise forms.ValidationError(_("That could not be kept.")) from error


class CorrectForm(OwnForm):
    """The answers in one box, each with what can be chosen in its place."""

    def __init__(self, standing: Mapping[str, Value], data: Any = None) -> None:
        super().__init__(data, initial=dict(standing))
        self.names = [name for name in ORDER if name in standing]
        for name in self.names:
            self.fields[name] = _field(name)

    def values(self) -> Mapping[str, Value | None]:
        """What he says now. A question that the page did not send is left as it was."""
        sent = [name for name in self.names if name in self.data]
        return {name: self.cleaned_data[name] if self.cleaned_data[name] != TAKE_BACK else None for name in sent}


def _field(name: str) -> forms.Field:
    if name == WORDS:
        return forms.CharField(label=asks(name), max_length=MOST_WORDS, required=False)
    values = CHANGES if name == CHANGE else QUESTIONS[name].values
    choices = [(TAKE_BACK, _("Take this answer back")), *((value, says(name, value)) for value in values)]
    if name == CHANGE:
        return forms.ChoiceField(label=asks(name), choices=choices, required=False)
    return forms.TypedChoiceField(label=asks(name), choices=choices, coerce=int, empty_value=TAKE_BACK, required=False)
