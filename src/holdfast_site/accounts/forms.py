"""The shape of signing in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

LONG = 200


class SignInForm(forms.Form):
    """Who, with which password and which code."""

    login = forms.CharField(max_length=100)
    password = forms.CharField(max_length=LONG, strip=False)
    code = forms.CharField(max_length=20)


class CodeForm(forms.Form):
    """One code."""

    code = forms.CharField(max_length=20)


class AddressForm(forms.Form):
    """An address at which somebody hears by mail. ``form`` is the id of the page on which he typed it."""

    form = forms.UUIDField()
    address = forms.EmailField(max_length=LONG)


class CodeAppForm(CodeForm):
    """A new password, and the first code of an app that was just set up."""

    password = forms.CharField(max_length=LONG, strip=False)

    def clean_password(self) -> Any:
        """Refuse what is short or common."""
        validate_password(self.cleaned_data["password"])
        return self.cleaned_data["password"]


class PasswordForm(forms.Form):
    """The password that somebody has, and the one he wants."""

    current = forms.CharField(max_length=LONG, strip=False)
    new = forms.CharField(max_length=LONG, strip=False)

    def clean_new(self) -> Any:
        """Refuse what is short or common."""
        validate_password(self.cleaned_data["new"])
        return self.cleaned_data["new"]
