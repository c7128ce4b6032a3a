"""The shape of signing in."""

from __future__ import annotations

from django import forms

from holdfast_site.access.actors import Role

ROLES = ((Role.THERAPIST.value, "Therapist"), (Role.CARE_CONTACT.value, "Care contact"))


class SignInForm(forms.Form):
    """Who, with which password, in which role."""

    login = forms.CharField(max_length=100)
    password = forms.CharField(max_length=200, widget=forms.PasswordInput, strip=False)
    role = forms.ChoiceField(choices=ROLES)
