"""What the forms of a contact card share: the client's own, and the desk's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy

from holdfast_site.people.contacts import WAYS

FEWEST_DIGITS = 7  # of a number that somebody can be called by from elsewhere
TOO_SHORT = gettext_lazy("A phone number has seven digits or more. Enter it with the code of its area or country.")


class PhoneField(forms.RegexField):
    """A telephone number as people write it; blank is not known."""

    def __init__(self) -> None:
        super().__init__(r"^[0-9+ ()/.-]*$", max_length=200, required=False)

    def validate(self, value: str) -> None:
        """Refuse what is too short to be one.

        Raises
        ------
        ValidationError
            If it has fewer than seven digits.
        """
        super().validate(value)
        if value and sum(sign.isdigit() for sign in value) < FEWEST_DIGITS:
            raise ValidationError(TOO_SHORT)


def refuse_what_no_message_can_go_by(form: forms.Form, told: Mapping[str, Any], *, no_address: str) -> None:
    """Say what is missing for the way that was chosen, and that hours are none."""
    needed = WAYS.get(told.get("channel", ""))
    if needed and not told.get(needed) and needed not in form.errors:
        form.add_error(needed, no_address)
    if told.get("safe_from", 0) >= told.get("safe_until", 24):
        form.add_error("safe_until", gettext("This has to be later than the hour before it."))
