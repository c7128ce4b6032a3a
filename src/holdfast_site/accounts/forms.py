"""The shape of signing in."""

from __future__ import annotations

from django import forms

from holdfast_site.access.places import PLACES
from holdfast_site.accounts.models import STAFF

ROLES = tuple((role.value, role.value.replace("_", " ").capitalize()) for role in STAFF if role in PLACES)


class SignInForm(forms.Form):
    """Who, with which password, in which role."""

    login = forms.CharField(max_length=100)
    password = forms.CharField(max_length=200, widget=forms.PasswordInput, strip=False)
    role = forms.ChoiceField(choices=ROLES)
