"""What is to be sent, and what became of it. A message is written together with its cause, and sent by the worker."""

from __future__ import annotations

from django.db import models

from holdfast_site.accounts.models import Mailbox
from holdfast_site.checkins.models import Invitation
from holdfast_site.people.models import Client


class State(models.TextChoices):
    """What became of a message."""

    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    GIVEN_UP = "given_up", "Given up"


class Kind(models.TextChoices):
    """What a message brings."""

    LINK = "link", "A link with questions"
    CONFIRM = "confirm", "Asks whether a changed address is his"
    MOVED = "moved", "Tells him at his old address that it was changed"
    CHANGED = "changed", "Tells him that how he signs in was changed"
    CODE = "code", "Brings whoever works here the code for a new address of his own"
    WAITS = "waits", "Tells whoever works here that something is waiting"


class Message(models.Model):
    """One message. ``cause`` is what it is about, once: nothing is sent twice for it. No address stands here open.

    ``sealed`` is its link (of one to an old address: how he was reached there), sealed with the client's key and wiped
    once nothing more is to be sent. One to somebody who works here has a ``mailbox`` in a client's stead, and holds
    nothing that is to be sealed.
    """

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.LINK)
    cause = models.CharField(max_length=60, unique=True)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, related_name="messages")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, null=True, related_name="messages")
    invitation = models.ForeignKey(Invitation, on_delete=models.SET_NULL, null=True, related_name="messages")
    mark = models.UUIDField(unique=True)  # the same at each try: whoever gets it twice can tell
    sealed = models.BinaryField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    queued_at = models.DateTimeField()
    next_at = models.DateTimeField()  # when it may be tried
    ends_at = models.DateTimeField()  # after that it would be of no use
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    maybe_sent = models.BooleanField(default=False)  # a try of which nobody knows whether it went out
    sent_at = models.DateTimeField(null=True)
    gateway = models.CharField(max_length=64, blank=True)  # how the SMS gateway calls it
    went_to = models.BinaryField(max_length=32, default=bytes)  # keyed digest of the address or number it went to

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="message_state_is_known"),
            models.CheckConstraint(
                condition=models.Q(state__in=[State.WAITING, State.SENDING]) | models.Q(sealed=b""),
                name="a_link_is_wiped_when_nothing_more_is_sent",
            ),
            models.CheckConstraint(
                condition=models.Q(client__isnull=False) ^ models.Q(mailbox__isnull=False),
                name="a_message_goes_to_a_client_or_to_who_works_here",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "next_at"]),
            models.Index(fields=["went_to"]),
            models.Index(fields=["gateway"]),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"

    @property
    def whose(self) -> Client:
        """The client it goes to. One to somebody who works here has a mailbox, and is never asked this."""
        assert self.client is not None  # noqa: S101 - for the types: see the constraint
        return self.client

    @property
    def place(self) -> str:
        """Where its link is sealed for."""
        return f"messages_message/{self.cause}"


class Undelivered(models.Model):
    """An address of his that did not work, or of which whoever got something said that it is not his.

    Nothing more is sent to it, however often his card is kept, until he enters it himself. One that only did not work
    is good again once he says at it that it is his.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="undelivered")
    at = models.DateTimeField()
    went_to = models.BinaryField(max_length=32, default=bytes)  # keyed digest of it; blank: of before this was kept
    is_denied = models.BooleanField(default=False)  # somebody said that it is not his

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "went_to"], name="an_address_fails_a_client_once")]

    def __str__(self) -> str:
        return f"undelivered {self.pk}"


class Beat(models.Model):
    """The worker's sign of life: one row."""

    at = models.DateTimeField()
    refreshed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"beat {self.pk}"
