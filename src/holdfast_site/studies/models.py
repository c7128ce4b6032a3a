"""Studies: what each says to the clients it asks, and which files were made for it.

Nothing in a file is kept here, only who was in it, by ids that the study alone knows.
"""

from __future__ import annotations

from django.db import models

from holdfast_site.people.models import Client

SECRET_BYTES = 32


class Study(models.Model):
    """One study. ``secret`` is what its ids are made from; empty: it was destroyed, and no id leads to anybody."""

    secret = models.BinaryField(max_length=SECRET_BYTES)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(secret=b"") | models.Q(closed_at__isnull=False), name="an_open_study_has_its_key"
            ),
        ]

    def __str__(self) -> str:
        return f"study {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether clients are asked, and files made."""
        return self.closed_at is None


class Text(models.Model):
    """What a study says of itself, in one version. A changed text is a new one, and everybody is asked anew."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="texts")
    version = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    by = models.CharField(max_length=200)
    about = models.TextField()
    contact = models.CharField(max_length=200)
    at = models.DateTimeField()
    form = models.UUIDField(unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "version"], name="one_text_a_version")]

    def __str__(self) -> str:
        return self.name


class File(models.Model):
    """A file that was handed out: when, to whom and why, for which text, and who was in it, by the ids in the file."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="files")
    version = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    why = models.CharField(max_length=200)
    ids = models.JSONField()  # each with digests of what the file tells of him and of what is behind that
    checksum = models.CharField(max_length=64)
    form = models.UUIDField(unique=True)

    def __str__(self) -> str:
        return f"file {self.pk}"


class InFile(models.Model):
    """That a client was in a file, for him to see. It does not say which of its ids is his, and goes when he goes."""

    file = models.ForeignKey(File, on_delete=models.PROTECT, related_name="clients")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="in_files")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "client"], name="once_in_a_file")]

    def __str__(self) -> str:
        return f"in file {self.file_id}"
