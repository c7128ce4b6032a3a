"""Who else may look into a caseload, and since when: assigned supervisors."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from holdfast_site.accounts.models import Post
from holdfast_site.people.models import Client, Therapist


class Assignment(models.Model):
    """A supervisor of one therapist's clients, or of one client. It holds from the day on which they were told."""

    supervisor = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="assignments")
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, null=True, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, related_name="+")
    told_on = models.DateField()  # when the client, or every client of the therapist, was told
    assigned_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(therapist__isnull=True, client__isnull=False)
                | Q(therapist__isnull=False, client__isnull=True),
                name="assigned_to_a_therapist_or_to_a_client",
            ),
            models.UniqueConstraint(
                fields=["supervisor", "therapist"],
                condition=Q(ended_at__isnull=True),
                name="one_assignment_a_therapist",
            ),
            models.UniqueConstraint(
                fields=["supervisor", "client"], condition=Q(ended_at__isnull=True), name="one_assignment_a_client"
            ),
        ]

    def __str__(self) -> str:
        return f"assignment {self.pk}"
