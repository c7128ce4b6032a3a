"""What was worked out for therapists: early-warning flags, and the plain overdue list."""

from __future__ import annotations

from django.db import models

from holdfast_site.people.models import Client, Therapist


class Flag(models.Model):
    """A wish for a therapist's attention. Its reasons come from what the client said, so they are sealed like that."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="flags")
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="flags")
    at = models.DateTimeField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "therapist", "at"], name="one_flag_a_moment")]

    def __str__(self) -> str:
        return f"flag {self.pk}"

    @property
    def place(self) -> str:
        """Where it is sealed for."""
        return f"caseload_flag/{self.client_id}/{self.therapist_id}/{self.at.isoformat()}"


class Overdue(models.Model):
    """Somebody on the plain overdue list, in its own order. It is made anew each time."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=300)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"overdue {self.pk}"
