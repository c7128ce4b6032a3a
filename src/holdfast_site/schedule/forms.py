"""The shapes of what the desk does."""

from __future__ import annotations

from typing import Any

from django import forms

from holdfast.tables.schema import InitiatedBy
from holdfast_site.dates import DayField
from holdfast_site.messages.wording import WORDINGS
from holdfast_site.people.forms import PhoneField, refuse_what_no_message_can_go_by
from holdfast_site.people.models import MOST_ID

WHO_OPTIONS = (
    (InitiatedBy.CLIENT.value, "The client"),
    (InitiatedBy.PROVIDER.value, "The practice"),
    (InitiatedBy.UNKNOWN.value, "Not known"),
)
WORDING_OPTIONS = tuple((name, subject) for name, (subject, _) in WORDINGS.items())
CHANNEL_OPTIONS = (("none", "Send nothing"), ("email", "E-mail"), ("sms", "Text message"))


class WhenForm(forms.Form):
    """A day and a time; the form's own id, so that it can be sent twice."""

    form = forms.UUIDField()
    on = DayField()
    at = forms.TimeField()
    though_away = forms.BooleanField(required=False)  # he was told that nobody is there on that day


class BookForm(WhenForm):
    """Who comes to whom, and when."""

    client = forms.CharField(max_length=100)
    therapist = forms.CharField(max_length=100)
    though_unread = forms.BooleanField(required=False)  # he was told that what is kept from therapists reaches nobody


class OffForm(forms.Form):
    """Who called it off."""

    who = forms.ChoiceField(choices=WHO_OPTIONS)


class CardForm(forms.Form):
    """How a client may be reached. Blank is not known."""

    name = forms.CharField(max_length=200, required=False)
    email = forms.EmailField(max_length=200, required=False)
    phone = PhoneField()
    channel = forms.ChoiceField(choices=CHANNEL_OPTIONS)
    wording = forms.ChoiceField(choices=WORDING_OPTIONS)
    safe_from = forms.IntegerField(min_value=0, max_value=23)
    safe_until = forms.IntegerField(min_value=1, max_value=24)
    wishes = forms.CharField(max_length=200, required=False)
    is_unsafe = forms.BooleanField(required=False)  # somebody else may read what goes to the old address (H-08)
    seen = forms.CharField(max_length=40, required=False)  # how old the card was that he had before him

    def clean(self) -> dict[str, Any]:
        """An address for the way he chose, and hours that are some."""
        told = super().clean() or {}
        refuse_what_no_message_can_go_by(self, told, no_address="He chose to be written to here, so this is needed.")
        return told


class NewForm(forms.Form):
    """A client under the practice's own id."""

    id = forms.RegexField(r"^[^\s/?#]+$", max_length=MOST_ID)
    name = forms.CharField(max_length=200)
