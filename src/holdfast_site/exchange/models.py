"""Files that were uploaded and not taken over yet, and what an import leaves for the next one."""

from __future__ import annotations

from django.db import models

from holdfast_site.accounts.models import Post

CARDS = "cards"  # the source of a table of names and addresses: it is no export, and pages of its own are about it


class Upload(models.Model):
    """Files as they came, sealed, until they are taken over or an hour has passed. ``form`` makes it one upload."""

    form = models.UUIDField(unique=True)
    by = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="uploads")
    at = models.DateTimeField()
    source = models.CharField(max_length=30)
    sealed = models.BinaryField()  # a zip of the files, and what was answered about them
    account = models.JSONField(null=True)  # once it was taken over: what happened, in counts

    def __str__(self) -> str:
        return f"upload {self.pk}"

    @property
    def place(self) -> str:
        """Where it is sealed for."""
        return f"exchange_upload/{self.form}"


class Memory(models.Model):
    """What the last import left, so that a newer export can be compared with it; one row, sealed."""

    sealed = models.BinaryField()
    at = models.DateTimeField()

    place = "exchange_memory"  # where it is sealed for

    def __str__(self) -> str:
        return f"memory {self.pk}"
