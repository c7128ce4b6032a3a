"""Several files as one zip, and back: how uploads and what importers remember are sealed and laid out again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext

MOST_BYTES = 100  # of a file's name


def packed(files: Mapping[str, bytes]) -> bytes:
    """One zip of all of them."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return whole.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """What ``packed`` made one of."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def laid_out(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Write the files into a folder; their names in order."""
    paths = []
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        paths.append(path)
    return paths


def own_name(told: str, number: int) -> str:
    """A name for an uploaded file that cannot point anywhere else. Importers know some files by their names."""
    plain = PurePosixPath(told.replace("\\", "/")).name
    kept = "".join(sign for sign in plain if sign.isprintable() and sign not in '/:*?"<>|')
    while len(kept.encode()) > MOST_BYTES:
        kept = kept[1:]  # its ending tells more
    return kept.lstrip(".") or f"file-{number}"


def names(files: Sequence[str]) -> str:
    """Names of files in a sentence."""
    if len(files) == 1:
        return files[0]
    return gettext("%(files)s and %(last)s") % {"files": ", ".join(files[:-1]), "last": files[-1]}
