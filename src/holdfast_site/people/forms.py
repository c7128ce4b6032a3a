"""What the forms of a contact card share: the client's own, and the desk's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext

from holdfast_site.people.contacts import WAYS


def refuse_what_no_message_can_go_by(form: forms.Form, told: Mapping[str, Any], *, no_address: str) -> None:
    """Say what is missing for the way that was chosen, and that hours are none."""
    needed = WAYS.get(told.get("channel", ""))
    if needed and not told.get(needed) and needed not in form.errors:
        form.add_error(needed, no_address)
    if told.get("safe_from", 0) >= told.get("safe_until", 24):
        form.add_error("safe_until", gettext("This has to be later than the hour before it."))
