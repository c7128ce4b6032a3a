"""What cannot wait for a client's therapist: his page, opened for an hour to somebody who does not treat him."""

from __future__ import annotations

from uuid import uuid4

from django.db import models

from holdfast_site.accounts.models import Post
from holdfast_site.people.models import Client


class Opening(models.Model):
    """One page, opened to one clinician. Why is sealed with the client's key: a reason in own words may tell of him.

    ``form`` is the id of the form that was sent in, once or many times. The lead and his therapist are told until each
    has said that it is known.
    """

    key = models.UUIDField(unique=True, default=uuid4, editable=False)  # in addresses: a number would tell of others
    form = models.UUIDField(unique=True)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="openings")
    by = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="openings")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # before its hour was over
    sealed = models.BinaryField(default=bytes)
    lead_knows_at = models.DateTimeField(null=True)
    therapist_knows_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"opening {self.pk}"

    @property
    def place(self) -> str:
        """Where the reason is sealed for."""
        return f"emergency_opening/{self.client_id}/{self.form}"
