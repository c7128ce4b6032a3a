"""The shape of a table that is brought, and of what is said when it is taken over."""

from __future__ import annotations

from uuid import uuid4

from django import forms


class TableForm(forms.Form):
    """One file."""

    form = forms.UUIDField(initial=uuid4)
    table = forms.FileField()


class TakeForm(forms.Form):
    """Whether these clients agreed to be written to as the table says."""

    agreed = forms.BooleanField(required=False)
