"""A check-in that was sent, the answers that came, and the sealed boxes that hold what was said."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from holdfast_site.people.models import Appointment


class Audience(models.TextChoices):
    """Who may see an answer. Each reads a box of its own, so that nothing has to be filtered out of another's."""

    THERAPIST = "therapist", _("My therapist")
    PROMPT = "prompt", _("My therapist sees only that I want to be asked about it")
    CARE_CONTACT = "care_contact", _("Only the practice's care contact, not my therapist")


class Asks(models.TextChoices):
    """What a link asks: how the session was, or whether he comes to the next one."""

    CHECKIN = "checkin", _("About a session that was")
    BEFORE = "before", _("Before a session that is booked")


class Invitation(models.Model):
    """One set of questions about one appointment. The link is not stored, only enough to recognise it."""

    asks = models.CharField(max_length=10, choices=Asks.choices, default=Asks.CHECKIN)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="invitations")
    link = models.BinaryField(max_length=32, unique=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    version = models.PositiveSmallIntegerField()  # of the questions
    rotating = models.JSONField()
    came_back_at = models.DateTimeField(null=True)  # the message with the link did not arrive: he was not asked

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("sent_at")), name="a_link_closes_after_it_was_sent"
            ),
            models.UniqueConstraint(fields=["appointment", "sent_at"], name="one_checkin_a_moment"),
            models.CheckConstraint(condition=models.Q(asks__in=Asks.values), name="what_is_asked_is_known"),
        ]

    def __str__(self) -> str:
        return f"check-in {self.pk}"


class Submission(models.Model):
    """The one set of answers to a check-in. ``form`` is the id of the form that was sent in, once or many times."""

    invitation = models.OneToOneField(Invitation, on_delete=models.PROTECT, related_name="submission")
    form = models.UUIDField(unique=True)
    answered_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"answers {self.pk}"


class SealedBox(models.Model):
    """What one audience may read of a submission, sealed with the client's key. No box: nothing for that audience."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="boxes")
    audience = models.CharField(max_length=20, choices=Audience.choices)
    sealed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "audience"], name="one_box_an_audience"),
            models.CheckConstraint(condition=models.Q(audience__in=Audience.values), name="audience_is_known"),
        ]

    def __str__(self) -> str:
        return f"box {self.pk}"

    @property
    def place(self) -> str:
        """Where it is sealed for: a box that is moved to another row does not open."""
        return f"checkins_sealedbox/{self.submission_id}/{self.audience}"


class Correction(models.Model):
    """What a client put right in a box afterwards. The box stays as it was; null in here takes an answer back."""

    box = models.ForeignKey(SealedBox, on_delete=models.PROTECT, related_name="corrections")
    form = models.UUIDField(unique=True)
    at = models.DateTimeField()
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"correction {self.pk}"

    @property
    def place(self) -> str:
        """Where it is sealed for."""
        return f"checkins_correction/{self.box_id}/{self.form}"
