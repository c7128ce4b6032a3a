"""When somebody is not there: a therapist's leave, and days on which the whole practice is closed."""

from __future__ import annotations

from datetime import date, datetime

from django.db import models
from django.db.models import F, Q

from holdfast_site.people.models import Therapist


class Days(models.Model):
    """From the first day to the last, and when which last day was told: what was not known yet must not count before.

    ``told`` is by last day, the earlier first; a moment that is not known is null, and means the first day.
    """

    first_day = models.DateField()
    last_day = models.DateField()
    told = models.JSONField(default=dict)

    class Meta:
        abstract = True

    def tell(self, last_day: date, now: datetime) -> None:
        """Set the last day. What was told before stands as far as it still holds."""
        told = self.told or ({} if self.pk is None else {self.last_day.isoformat(): None})
        day = last_day.isoformat()
        reach = [at for other, at in sorted(told.items()) if other >= day]  # who said longer said this as well
        self.told = {other: at for other, at in sorted(told.items()) if other < day}
        self.told[day] = reach[0] if reach else now.isoformat()
        self.last_day = last_day

    def told_at(self, day: date) -> datetime | None:
        """When it was first told that this day is one of them; none where nobody knows."""
        said = [at for last, at in sorted((self.told or {}).items()) if last >= day.isoformat()]
        return datetime.fromisoformat(said[0]) if said and said[0] else None


class Leave(Days):
    """Days on which a therapist is away, and who stands in."""

    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="leaves")
    stand_in = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "oversight_leave"  # as it was called when it was made
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="a_leave_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(therapist=F("stand_in")), name="nobody_stands_in_for_himself"),
            models.UniqueConstraint(fields=["therapist", "first_day"], name="one_leave_a_first_day"),
        ]

    def __str__(self) -> str:
        return f"leave {self.pk}"


class Closed(Days):
    """Days on which nobody is there."""

    first_day = models.DateField(unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="it_opens_again_after_it_closed")
        ]

    def __str__(self) -> str:
        return f"closed {self.pk}"
