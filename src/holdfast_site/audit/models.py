"""The audit: who did what, by opaque ids. Rows are added and never changed: the database itself refuses (triggers)."""

from __future__ import annotations

from django.db import models


class Refused(models.Model):
    """How often somebody was refused within one hour: the audit holds an event of each, up to a bound."""

    actor = models.CharField(max_length=80)
    hour = models.DateTimeField()
    times = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hour", "actor"], name="refusals_are_counted_by_the_hour")]

    def __str__(self) -> str:
        return f"refused {self.pk}"


class Event(models.Model):
    """One thing that was done or read. No foreign keys: it outlives what it is about."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    action = models.CharField(max_length=40)
    about = models.CharField(max_length=80)
    chain = models.BinaryField(max_length=32, unique=True)  # over this row and all before it

    class Meta:
        indexes = [  # to tell somebody who looked at what is his, and at lists that he was on
            models.Index(fields=["about"]),
            models.Index(fields=["action", "at"], name="audit_event_action_at"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.action}"
