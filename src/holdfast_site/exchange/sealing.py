"""What was brought, sealed as one: the files, and what somebody said about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from pydantic import BaseModel

from holdfast.tables.sources.mapping import Mapping as Columns
from holdfast_site.exchange.files import packed, unpacked
from holdfast_site.exchange.joining import Said
from holdfast_site.exchange.models import Upload
from holdfast_site.vault import ClientBox

TOLD, FILES = "told.json", "files/"


class Told(BaseModel):
    """How a table of no known system is read, when the files were exported, which of them are left out, and of clients
    under two ids, by the earlier one, whether they are one man or two."""

    columns: Columns | None = None
    exported_at: datetime | None = None
    left_out: tuple[str, ...] = ()
    said: dict[str, Said] = {}


@dataclass(frozen=True, slots=True)
class Brought:
    """One upload, opened."""

    files: Mapping[str, bytes]
    told: Told

    @property
    def wanted(self) -> Mapping[str, bytes]:
        """The files without those that are left out."""
        return {name: content for name, content in self.files.items() if name not in self.told.left_out}

    def but(self, **changes: object) -> Brought:
        """The same, with something else said about it."""
        return Brought(self.files, self.told.model_copy(update=changes))


def sealed(upload: Upload, brought: Brought) -> bytes:
    """All of it for the database."""
    named = {f"{FILES}{name}": content for name, content in brought.files.items()}
    return box().seal(packed({**named, TOLD: brought.told.model_dump_json().encode()}), place=upload.place)


def opened(upload: Upload) -> Brought:
    """The same, opened again."""
    whole = unpacked(box().open(upload.sealed, place=upload.place))
    told = Told.model_validate_json(whole.get(TOLD, b"{}"))
    files = {name.removeprefix(FILES): content for name, content in whole.items() if name.startswith(FILES)}
    return Brought(files, told)


def box() -> ClientBox:
    """The key for uploads and for what importers remember."""
    return ClientBox(settings.VAULT.derived("uploads"))
