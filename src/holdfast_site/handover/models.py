"""A matter: something about a client that somebody has to hold until it is settled."""

from __future__ import annotations

from django.db import models

from holdfast_site.access.actors import Role
from holdfast_site.accounts.models import Post
from holdfast_site.people.models import Client, Therapist


class Kind(models.TextChoices):
    """What it is about: what he asked for himself, or what nobody has seen to."""

    SLOWER = "slower", "Asked to go slower"
    SOMEONE_ELSE = "someone_else", "Asked for someone else"
    PAUSE = "pause", "Asked for a pause"
    DONE = "done", "Said he is done"
    CALL = "call", "Asked to be called"
    CANCEL = "cancel", "Asked to cancel an appointment"
    SAID = "said", "Has something to say about how it goes"
    BACK = "back", "Would like to come back"
    NOTHING_BOOKED = "nothing_booked", "Nothing booked"
    MISSED = "missed", "Did not come, and nobody has spoken to him since"
    PAUSE_OVER = "pause_over", "The pause he agreed is over"


HOLDERS = (Role.THERAPIST, Role.CARE_CONTACT)


class Matter(models.Model):
    """One matter. ``holder`` is the role that sees it; ``owner`` who has taken it on. What was said is sealed."""

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="matters")
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, related_name="matters")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    holder = models.CharField(max_length=20, choices=[(role.value, role.value) for role in HOLDERS])
    opened_at = models.DateTimeField()
    due_on = models.DateField()
    owner = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, related_name="matters")
    sealed = models.BinaryField(default=bytes)
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

    def __str__(self) -> str:
        return f"matter {self.pk}"

    @property
    def place(self) -> str:
        """Where it is sealed for."""
        return f"handover_matter/{self.client_id}/{self.therapist_id}/{self.kind}/{self.holder}"
