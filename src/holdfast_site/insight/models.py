"""Figures about the practice as a whole, as they stood at the beginning of a week."""

from __future__ import annotations

from django.db import models


class Figures(models.Model):
    """One week's figures, already without small counts: nothing in it is about one person, nor about one therapist.

    They change once a week: figures that change with every appointment would tell what somebody did (hazard H-19).
    """

    week = models.DateField(unique=True)  # its Monday
    at = models.DateTimeField()
    body = models.JSONField()

    def __str__(self) -> str:
        return f"figures of {self.week}"
