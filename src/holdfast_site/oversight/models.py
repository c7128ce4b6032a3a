"""Who else may look into a caseload, and for how long: assigned supervisors, and stand-ins while somebody is away."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

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


class Leave(models.Model):
    """Days on which a therapist is away, and who stands in."""

    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="leaves")
    stand_in = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="a_leave_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(therapist=F("stand_in")), name="nobody_stands_in_for_himself"),
            models.UniqueConstraint(fields=["therapist", "first_day"], name="one_leave_a_first_day"),
        ]

    def __str__(self) -> str:
        return f"leave {self.pk}"
