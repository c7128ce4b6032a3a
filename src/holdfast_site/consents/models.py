"""What a client decided about what is his: each thing by itself, with its date; nothing is ever written over."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from holdfast_site.people.models import Client


class Consent(models.TextChoices):
    """Each can be given and taken back by itself. Refusing one never changes his care."""

    CARE_NOTICE = "care_notice", _("What is held, and why")
    CHECKINS = "checkins", _("Questions after sessions")
    MESSAGES = "messages", _("Messages")
    SUPERVISOR_READS = "supervisor_reads", _("The supervisor reads my words")
    PRIVATE_ROUTE = "private_route", _("Answers only for the care contact")
    EARLY_WARNING = "early_warning", _("The early warning uses my answers")
    LISTS = "lists", _("Lists of who has gone quiet")
    STATISTICS = "statistics", _("I am counted in the practice's figures")
    ANSWERS = "answers", _("What I said is used")
    RESEARCH = "research", _("A study")


class Decision(models.Model):
    """One yes or no, to one wording, at one moment. ``form`` is the id of the form that was sent in, once or often."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="decisions")
    consent = models.CharField(max_length=20, choices=Consent.choices)
    study = models.CharField(max_length=100, blank=True)  # which one, where it is about a study
    version = models.PositiveSmallIntegerField()  # of the words he was shown
    given = models.BooleanField()
    until = models.DateField(null=True)  # a no that ends by itself: a pause
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    form = models.UUIDField(unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(consent__in=Consent.values), name="consent_is_known"),
            models.CheckConstraint(
                condition=models.Q(consent=Consent.RESEARCH) ^ models.Q(study=""), name="only_a_study_is_named"
            ),
            models.CheckConstraint(
                condition=models.Q(until__isnull=True) | models.Q(given=False), name="only_a_no_ends_by_itself"
            ),
        ]
        indexes = [models.Index(fields=["client", "consent"])]

    def __str__(self) -> str:
        return f"decision {self.pk}"

    def is_over(self, today: date) -> bool:
        """Whether it was for a time, and the time is over."""
        return self.until is not None and today >= self.until
