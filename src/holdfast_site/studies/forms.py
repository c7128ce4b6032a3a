"""The shapes of what a study says, of making a file, and of closing it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

MOST_WORDS = 1500


class TextForm(forms.Form):
    """What a study says to those whom it asks."""

    form = forms.UUIDField()
    name = forms.CharField(label=_("Name of the study"), max_length=100)
    by = forms.CharField(label=_("Who does it"), max_length=200)
    about = forms.CharField(label=_("What it is about, and what for"), max_length=MOST_WORDS, widget=forms.Textarea)
    contact = forms.CharField(label=_("Whom to ask about it, and how"), max_length=200)

    def __init__(self, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial={"form": uuid4(), **(initial or {})})


class FileForm(forms.Form):
    """Why a file is made, and that whoever gets it has promised to look for nobody in it."""

    form = forms.UUIDField()
    why = forms.CharField(label=_("What is it for, and who gets it?"), max_length=200)
    promised = forms.ChoiceField(choices=[("yes", "yes")])

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"form": uuid4()})


class CloseForm(forms.Form):
    """To close it, or to destroy its key as well; each has to be said twice."""

    do = forms.ChoiceField(choices=[("close", "close"), ("forget", "forget")])
    sure = forms.ChoiceField(choices=[("yes", "yes")])
