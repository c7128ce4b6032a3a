"""Therapists, clients, and their appointments: the practice's own ids, and for each client a key of his own."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.db import models

from holdfast.tables.schema import AXES, Certainty, InitiatedBy, Modality, Status
from holdfast.tables.schema import Ending as EndingKind
from holdfast_site.people.contacts import Way

MOST_ID = 70  # signs of a practice's own id: the audit has room for what it is, and this


def _choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    return [(word.value, word.value) for word in words]


def _axis() -> models.SmallIntegerField[int | None, int | None]:
    """From −3 to 3; blank: not known."""
    return models.SmallIntegerField(null=True)


class Therapist(models.Model):
    """Who treats, and how: on the six axes, and in which frameworks (separated by ;). And for how many clients."""

    id = models.CharField(primary_key=True, max_length=100)
    name = models.CharField(max_length=100, blank=True)  # as clients and colleagues know them; blank: nobody said
    style_approach = _axis()
    style_language = _axis()
    style_tone = _axis()
    style_posture = _axis()
    style_pace = _axis()
    style_energy = _axis()
    frameworks = models.CharField(max_length=300, blank=True)
    capacity = models.PositiveSmallIntegerField(null=True)  # clients at a time; blank: nobody said
    gender = models.CharField(max_length=50, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(**{f"style_{axis}__range": (-3, 3)}) | models.Q(**{f"style_{axis}": None}),
                name=f"style_{axis}_is_on_the_scale",
            )
            for axis in AXES
        ]

    def __str__(self) -> str:
        return self.name or self.id


class Client(models.Model):
    """A person in treatment. ``wrapped_key`` is empty once he has been erased, and grows with each new master key.

    How he would like to be worked with is sealed with his own key; none: it is not known. ``other_ids`` are those under
    which the practice's other system knows him as well: an export that has one of them means him.
    """

    id = models.CharField(primary_key=True, max_length=100)
    wrapped_key = models.BinaryField()
    sealed_wishes = models.BinaryField(null=True)
    other_ids = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return self.id

    @property
    def wishes_place(self) -> str:
        """Where his wishes are sealed for."""
        return f"people_client/{self.pk}/wishes"

    @property
    def is_erased(self) -> bool:
        """Whether his key was destroyed: nothing that he said can be read any more, by anybody."""
        return not self.wrapped_key


class Hand(NamedTuple):
    """Whose hand one address of a client is from, and whether it is known to be his."""

    by: str  # the audit's mark of who entered it; blank: not known
    to_confirm: bool  # somebody else changed it; he has not said that it is his
    good_from: datetime | None  # opens no way in before, so that he can object where he was told


class Contact(models.Model):
    """A client's name, how he may be reached, and what is safe for him: sealed with his own key.

    Whose hand an address is from stands beside it: what is sent there is half of a way in to his own page (H-16). Each
    of the two ways has its own state: a yes about one says nothing of the other.
    """

    client = models.OneToOneField(Client, on_delete=models.PROTECT, related_name="contact")
    sealed = models.BinaryField()
    changed_at = models.DateTimeField()
    email_by = models.CharField(max_length=60, blank=True)  # these six: see Hand
    phone_by = models.CharField(max_length=60, blank=True)
    email_to_confirm = models.BooleanField(default=True)
    phone_to_confirm = models.BooleanField(default=True)
    email_good_from = models.DateTimeField(null=True)
    phone_good_from = models.DateTimeField(null=True)
    codes_from = models.DateTimeField(null=True)  # he was told of a change nowhere: older codes open nothing by a link
    confirms = models.BinaryField(max_length=32, null=True, unique=True)  # the link that asks him, as a fingerprint
    asks = models.CharField(max_length=5, blank=True)  # which of the two it asks about: email or phone
    asked_at = models.DateTimeField(null=True)  # when that was made

    def __str__(self) -> str:
        return f"contact {self.pk}"

    def hand(self, way: Way) -> Hand:
        """Whose hand the address of one way is from."""
        if way == "email":
            return Hand(self.email_by, self.email_to_confirm, self.email_good_from)
        return Hand(self.phone_by, self.phone_to_confirm, self.phone_good_from)

    def note_hand(self, way: Way, hand: Hand) -> None:
        """Note that of one way; kept with the card."""
        if way == "email":
            self.email_by, self.email_to_confirm, self.email_good_from = hand
        else:
            self.phone_by, self.phone_to_confirm, self.phone_good_from = hand

    @property
    def place(self) -> str:
        """Where it is sealed for."""
        return f"people_contact/{self.client_id}"


class KnownFrom(models.TextChoices):
    """Who said so: a person on this site, or an export."""

    SITE = "site", "Somebody here"
    EXPORT = "export", "An export"


class Appointment(models.Model):
    """A planned meeting. Two clients who come together share an ``appointment_id``, one row each.

    ``known_from`` and ``known_at`` say from where its time and status are known, and as of when: the moment at which
    somebody here said so, or of the newest export that says so. Of what somebody here said, ``agreed_at`` is the newest
    export that says the same. What was booked here and in another system too has its id there as ``elsewhere_id``.
    """

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
    known_from = models.CharField(max_length=10, choices=KnownFrom.choices, default=KnownFrom.EXPORT)
    known_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)
    elsewhere_id = models.CharField(max_length=100, blank=True)  # blank: it has none, or its own is that

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(known_from__in=KnownFrom.values), name="known_from_is_known"),
            models.CheckConstraint(
                condition=models.Q(known_from=KnownFrom.EXPORT) | models.Q(known_at__isnull=False),
                name="what_was_said_here_was_said_at_some_time",
            ),
            models.UniqueConstraint(fields=["appointment_id", "client"], name="one_row_a_client_and_appointment"),
            models.UniqueConstraint(
                fields=["elsewhere_id", "client"],
                condition=~models.Q(elsewhere_id=""),
                name="one_row_a_client_and_appointment_elsewhere",
            ),
            models.CheckConstraint(condition=models.Q(status__in=list(Status)), name="status_is_known"),
        ]
        indexes = [
            models.Index(fields=["client", "starts_at"]),
            models.Index(fields=["client", "therapist"]),
            models.Index(fields=["therapist", "status", "starts_at"]),
        ]

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
