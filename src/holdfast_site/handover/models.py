"""A matter: something about a client that somebody has to hold until it is settled."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from holdfast_site.access.actors import Role
from holdfast_site.accounts.models import Post
from holdfast_site.people.models import Client, Therapist


class Kind(models.TextChoices):
    """What it is about: what he asked for himself, or what nobody has seen to."""

    SLOWER = "slower", _("Asked to go slower")
    SOMEONE_ELSE = "someone_else", _("Asked for someone else")
    PAUSE = "pause", _("Asked for a pause")
    DONE = "done", _("Said he is done")
    CALL = "call", _("Asked to be called")
    CANCEL = "cancel", _("Asked to cancel an appointment")
    SAID = "said", _("Has something to say about how it goes")
    BACK = "back", _("Would like to come back")
    KEPT = "kept", _("Kept something from his therapist")
    NOTHING_BOOKED = "nothing_booked", _("Nothing booked")
    MISSED = "missed", _("An appointment was missed or called off late, and nobody has spoken to him since")
    PAUSE_OVER = "pause_over", _("The pause he agreed is over")


NOTICED = (Kind.NOTHING_BOOKED, Kind.MISSED, Kind.PAUSE_OVER)  # every other kind he asked for himself


class NextStep(models.TextChoices):
    """What is to be done about it, by its date."""

    CALL = "call", _("Call him")
    WRITE = "write", _("Write to him")
    ASK = "ask", _("Ask his therapist")
    OFFER = "offer", _("Offer him times")
    WAIT = "wait", _("Wait until then")


class Outcome(models.TextChoices):
    """How it was settled. Some of these become rows of the tables: an ending, an agreed break, an appointment."""

    BOOKED = "booked", _("Booked again")
    SWITCHED = "switched", _("Goes on with another therapist here")
    PAUSED = "paused", _("A break is agreed")
    TOLD = "told", _("He stopped, and said so")
    PLANNED = "planned", _("Finished as planned")
    REFERRED = "referred", _("Goes on elsewhere")
    UNREACHED = "unreached", _("Could not be reached")
    AGREED = "agreed", _("Agreed: from now on as he asked")
    TALKED = "talked", _("Talked; he goes on as it is")
    BY_ITSELF = "by_itself", _("It settled itself")


class Did(models.TextChoices):
    """What somebody did about a matter."""

    TOOK = "took", _("took it on")
    PLANNED = "planned", _("planned the next step")
    SETTLED = "settled", _("settled it")


CAN_BE_AGREED = (Kind.SLOWER, Kind.CALL, Kind.SAID, Kind.KEPT)  # the other wishes have outcomes of their own
HOLDERS = (Role.THERAPIST, Role.CARE_CONTACT)


class Matter(models.Model):
    """One matter. ``holder`` is the role that sees it; ``owner`` who has taken it on. What was said is sealed."""

    key = models.UUIDField(unique=True, default=uuid4, editable=False)  # in addresses: a number would tell of others
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="matters")
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="matters")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    holder = models.CharField(max_length=20, choices=[(role.value, role.value) for role in HOLDERS])
    opened_at = models.DateTimeField()
    due_on = models.DateField()
    owner = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="matters")
    next_step = models.CharField(max_length=20, choices=NextStep.choices, blank=True)
    sealed = models.BinaryField(default=bytes)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "therapist", "kind", "holder"],
                condition=models.Q(closed_at__isnull=True),
                name="one_open_matter_of_a_kind",
            ),
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="matter_kind_is_known"),
            models.CheckConstraint(condition=models.Q(holder__in=list(HOLDERS)), name="matter_holder_is_known"),
        ]
        indexes = [models.Index(fields=["holder", "closed_at", "due_on"])]

    def __str__(self) -> str:
        return f"matter {self.pk}"

    @property
    def place(self) -> str:
        """Where it is sealed for."""
        return f"handover_matter/{self.client_id}/{self.therapist_id}/{self.kind}/{self.holder}"

    @property
    def was_asked_for(self) -> bool:
        """Whether he asked for it himself; else somebody or nobody did, and it was noticed."""
        return self.kind not in NOTICED


class Step(models.Model):
    """What one person did about a matter, in order. Nothing done is ever lost: two cannot be the same step.

    ``form`` is the id of the form that was sent in, once or many times. Without ``by`` it was the site itself.
    """

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveIntegerField()
    form = models.UUIDField(unique=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="steps")
    did = models.CharField(max_length=20, choices=Did.choices)
    what = models.CharField(max_length=20, blank=True)  # a next step, or an outcome
    on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["matter", "number"], name="one_step_at_a_time")]

    def __str__(self) -> str:
        return f"step {self.number} of {self.matter_id}"

    @property
    def what_words(self) -> str:
        """The next step or the outcome, as it is shown."""
        return str(dict([*NextStep.choices, *Outcome.choices]).get(self.what, ""))


class Switch(models.Model):
    """One client's way from one therapist here to another: asked, decided, and what he lets the new one know.

    The story is sealed with his key; empty: he lets nothing go along.
    """

    matter = models.OneToOneField(Matter, on_delete=models.PROTECT, null=True, related_name="switch")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="switches")
    leaves = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="+")
    goes_to = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField()
    sealed = models.BinaryField(default=bytes)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(leaves=models.F("goes_to")), name="a_switch_is_to_another")
        ]

    def __str__(self) -> str:
        return f"switch {self.pk}"

    @property
    def place(self) -> str:
        """Where the story is sealed for."""
        return f"handover_switch/{self.client_id}/{self.matter_id}"


class Room(models.Model):
    """How many open episodes a therapist had when it was last worked out. Made anew each time."""

    therapist = models.OneToOneField(Therapist, on_delete=models.CASCADE, related_name="room")
    clients = models.PositiveIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"room of {self.therapist_id}"
