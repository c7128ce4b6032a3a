"""When somebody is not there: a therapist's leave, and days on which the whole practice is closed."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from holdfast_site.people.models import Therapist


class Leave(models.Model):
    """Days on which a therapist is away, and who stands in."""

    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="leaves")
    stand_in = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()

    class Meta:
        db_table = "oversight_leave"  # as it was called when it was made
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="a_leave_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(therapist=F("stand_in")), name="nobody_stands_in_for_himself"),
            models.UniqueConstraint(fields=["therapist", "first_day"], name="one_leave_a_first_day"),
        ]

    def __str__(self) -> str:
        return f"leave {self.pk}"


class Closed(models.Model):
    """Days on which nobody is there."""

    first_day = models.DateField(unique=True)
    last_day = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="it_opens_again_after_it_closed")
        ]

    def __str__(self) -> str:
        return f"closed {self.pk}"
