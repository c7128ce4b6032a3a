"""What a client can do by a link beside answering: saying something to his therapist, and coming back."""

from __future__ import annotations

from django.db import models

from holdfast_site.checkins.models import Invitation, Submission


class Word(models.Model):
    """Something he said to his therapist by a link, once for each link. The words stand sealed in the matter."""

    invitation = models.OneToOneField(Invitation, on_delete=models.PROTECT, related_name="word")
    form = models.UUIDField(unique=True)
    said_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"word {self.pk}"


class WayBack(models.Model):
    """The door that stays open for somebody who said that he is done. Like any link it is not stored."""

    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="way_back")
    link = models.BinaryField(max_length=32, unique=True)

    def __str__(self) -> str:
        return f"way back {self.pk}"


class Knock(models.Model):
    """He asked to come back. ``form`` is the id of the form that was sent in, once or many times."""

    way_back = models.ForeignKey(WayBack, on_delete=models.PROTECT, related_name="knocks")
    form = models.UUIDField(unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"knock {self.pk}"
