"""What was worked out for therapists, what they guessed before they looked, and what they said or did about it."""

from __future__ import annotations

from django.db import models

from holdfast.words import Words
from holdfast_site.people.models import Client, Therapist
from holdfast_site.saying import said


class Flag(models.Model):
    """A wish for a therapist's attention. Its reasons come from what the client said, so they are sealed like that."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="flags")
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="flags")
    at = models.DateTimeField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "therapist", "at"], name="one_flag_a_moment")]
        indexes = [models.Index(fields=["therapist", "at"])]

    def __str__(self) -> str:
        return f"flag {self.pk}"

    @property
    def place(self) -> str:
        """Where it is sealed for."""
        return f"caseload_flag/{self.client_id}/{self.therapist_id}/{self.at.isoformat()}"


class Overdue(models.Model):
    """Somebody on the plain overdue list, in its own order. It is made anew each time.

    ``form`` and ``values`` are the words of the library that say why.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="+")
    form = models.CharField(max_length=300)
    values = models.JSONField(default=dict)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"overdue {self.pk}"

    @property
    def words(self) -> str:
        """Why he stands here."""
        return said(Words(self.form, **self.values))


class Guess(models.Model):
    """What the therapist thought of it before he saw the reasons, or that he did not want to say. Nobody else sees it.

    It is about the client, so it is sealed like what the client said. Nothing is worked out from it but the record.
    """

    flag = models.OneToOneField(Flag, on_delete=models.PROTECT, related_name="guess")
    at = models.DateTimeField()
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"guess {self.pk}"

    @property
    def place(self) -> str:
        """Where it is sealed for."""
        return f"caseload_guess/{self.flag_id}"


class Repair(models.Model):
    """What was said or done about a reason. It tells of what the client said, so it is sealed like that.

    ``form`` is the id of the form that was sent in, once or many times; of what was loaded, it follows from the row.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="repairs")
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="repairs")
    at = models.DateTimeField()
    form = models.UUIDField(unique=True)
    sealed = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["client", "therapist", "at"])]

    def __str__(self) -> str:
        return f"repair {self.pk}"

    @property
    def place(self) -> str:
        """Where it is sealed for."""
        return f"caseload_repair/{self.form}"


class Course(models.Model):
    """How often a client comes to a therapist, from the library's episodes. It is made anew each time."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="+")
    rhythm_days = models.FloatField()
    rhythm_is_own = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "therapist"], name="one_course_a_pair")]

    def __str__(self) -> str:
        return f"course {self.pk}"


class Summary(models.Model):
    """Counts for the whole practice, with nobody's name in them. The latest one counts.

    ``record``: of all flags shown, how many had left, had not, are waiting. ``tallies``: what followed each action.
    """

    at = models.DateTimeField()
    record = models.JSONField()
    tallies = models.JSONField()

    def __str__(self) -> str:
        return f"summary {self.pk}"


class Calibration(models.Model):
    """Whether the model's chances have been right here, judged on the practice's own past. The latest one counts.

    ``muted``: for whom flags are off, each with the reason in words. Not judged: the history is too short.
    """

    at = models.DateTimeField()
    is_judged = models.BooleanField()
    muted = models.JSONField()

    def __str__(self) -> str:
        return f"calibration {self.pk}"
