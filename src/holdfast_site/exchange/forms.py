"""The shape of what is uploaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.translation import gettext

from holdfast.tables.sources import all_sources
from holdfast_site.dates import DayField
from holdfast_site.exchange.services import ANY, FIND_OUT
from holdfast_site.saying import said

FORM_ID = "form"


def sources() -> Iterator[tuple[str, str]]:
    """Where an export can be from, by the name that the practice knows; read once somebody wants to bring one."""
    yield FIND_OUT, gettext("Find out by itself")
    yield from ((one.name, said(one.title)) for one in all_sources() if one.name != ANY)
    yield ANY, gettext("any other table")


class ManyFiles(forms.ClearableFileInput):
    """Several at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or many."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> Any:
        return [super(FilesField, self).clean(one, initial) for one in data or [None]]


class MomentForm(forms.Form):
    """When an export was made, by the practice's clock."""

    on = DayField()
    at = forms.TimeField()

    def clean(self) -> dict[str, Any]:
        """Both as one moment."""
        told = super().clean() or {}
        if "on" in told and "at" in told:
            told["moment"] = datetime.combine(told["on"], told["at"], ZoneInfo(settings.SITE.timezone))
        return told


class UploadForm(forms.Form):
    """An export, and where it is from."""

    form = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    export = FilesField()
    source = forms.ChoiceField(choices=sources, required=False)

    @property
    def brought(self) -> Sequence[tuple[str, bytes]]:
        """The files, each with its name."""
        return [(one.name, one.read()) for one in self.cleaned_data["export"]]
