"""Therapists, clients, and their appointments: the practice's own ids, and for each client a key of his own."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from holdfast.tables.schema import Certainty, InitiatedBy, Modality, Status
from holdfast.tables.schema import Ending as EndingKind


def _choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    return [(word.value, word.value) for word in words]


class Therapist(models.Model):
    """Who treats."""

    id = models.CharField(primary_key=True, max_length=100)

    def __str__(self) -> str:
        return self.id


class Client(models.Model):
    """A person in treatment. ``wrapped_key`` is empty once he has been erased."""

    id = models.CharField(primary_key=True, max_length=100)
    wrapped_key = models.BinaryField(max_length=128)

    def __str__(self) -> str:
        return self.id


class Contact(models.Model):
    """A client's name, how he may be reached, and what is safe for him: sealed with his own key."""

    client = models.OneToOneField(Client, on_delete=models.PROTECT, related_name="contact")
    sealed = models.BinaryField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"contact {self.pk}"

    @property
    def place(self) -> str:
        """Where it is sealed for."""
        return f"people_contact/{self.client_id}"


class Appointment(models.Model):
    """A planned meeting. Two clients who come together share an ``appointment_id``, one row each."""

    appointment_id = models.CharField(max_length=100)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="appointments")
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="appointments")
    starts_at = models.DateTimeField()
    status = models.CharField(max_length=20, choices=_choices(Status))
    initiated_by = models.CharField(max_length=20, choices=_choices(InitiatedBy), blank=True)
    certainty = models.CharField(max_length=20, choices=_choices(Certainty), blank=True)
    modality = models.CharField(max_length=20, choices=_choices(Modality), blank=True)
    booked_at = models.DateTimeField(null=True)
    status_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["appointment_id", "client"], name="one_row_a_client_and_appointment"),
            models.CheckConstraint(condition=models.Q(status__in=list(Status)), name="status_is_known"),
        ]
        indexes = [models.Index(fields=["client", "starts_at"])]

    def __str__(self) -> str:
        return self.appointment_id


class Ending(models.Model):
    """How a course ended, as the practice recorded it."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="endings")
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="endings")
    ended_on = models.DateField()
    kind = models.CharField(max_length=20, choices=_choices(EndingKind))
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "therapist", "ended_on"], name="one_ending_a_day"),
            models.CheckConstraint(condition=models.Q(kind__in=list(EndingKind)), name="ending_is_known"),
        ]

    def __str__(self) -> str:
        return f"ending {self.pk}"


class Pause(models.Model):
    """An agreed break: it is not silence."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="pauses")
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="pauses")
    at = models.DateTimeField()
    until = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "therapist", "at"], name="one_pause_a_moment")]

    def __str__(self) -> str:
        return f"pause {self.pk}"
