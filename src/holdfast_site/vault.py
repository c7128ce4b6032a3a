"""Sealing what clients say: one key for each client, wrapped by a master key that is kept outside the database.

AES-256-GCM throughout. What is sealed is bound to its place (table, row, column), so that a box moved to another row
does not open. Destroying a client's wrapped key destroys everything he said, in every backup whose key is gone too.
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from holdfast_site.errors import VaultError

VERSION = b"\x01"
KEY_BYTES, NONCE_BYTES = 32, 12
Sealed = bytes | memoryview  # databases hand out either
PRIVATE_MODE = 0o600


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """Holds the master key and everything that follows from it."""

    master: bytes

    @classmethod
    def read(cls, path: Path) -> Vault:
        """Read the master key from its file.

        Raises
        ------
        VaultError
            If there is no such file, or it holds no key.
        """
        try:
            master = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            raise VaultError(f"There is no master key in {path}. Put the key file back where it was.") from error
        if len(master) != KEY_BYTES:
            raise VaultError(f"{path} holds no master key. Put the key file back as it was.")
        return cls(master)

    @classmethod
    def create(cls, path: Path) -> Vault:
        """Make a new master key in a file that only its owner can read. An existing file is never replaced."""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
        except FileExistsError as error:
            raise VaultError(f"{path} exists already, and a key file is never replaced. Name another.") from error
        master = secrets.token_bytes(KEY_BYTES)
        with os.fdopen(file, "w", encoding="ascii") as opened:
            opened.write(master.hex() + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        return cls(master)

    def derived(self, purpose: str) -> bytes:
        """A key for one purpose only. Whoever learns it learns nothing of the others."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"holdfast {purpose}".encode()).derive(
            self.master
        )

    @property
    def fingerprint(self) -> str:
        """Tells whether a key file belongs to a site, and nothing about the key."""
        return self.derived("fingerprint").hex()[:16]

    def fingerprint_of_link(self, token: str) -> bytes:
        """What is stored of a link: enough to recognise it, not enough to make it."""
        return hmac.digest(self.derived("links"), token.encode(), sha256)

    def new_client_key(self, client: str) -> bytes:
        """Make a client's own key, wrapped for the database."""
        return _seal(self.derived("client keys"), secrets.token_bytes(KEY_BYTES), f"client {client}")

    def client_box(self, client: str, wrapped: Sealed) -> ClientBox:
        """Unwrap a client's key, to seal and open what he said.

        Raises
        ------
        VaultError
            If the key is not this client's, or the master key is another.
        """
        return ClientBox(_open(self.derived("client keys"), wrapped, f"client {client}"))


@dataclass(frozen=True, slots=True, repr=False)
class ClientBox:
    """Seals and opens what one client said."""

    key: bytes

    def seal(self, plain: bytes, *, place: str) -> bytes:
        """Seal for one place: ``table/row/column``."""
        return _seal(self.key, plain, place)

    def open(self, sealed: Sealed, *, place: str) -> bytes:
        """Open what was sealed for that place.

        Raises
        ------
        VaultError
            If it was changed, cut short, or sealed for another place or client.
        """
        return _open(self.key, sealed, place)


def _seal(key: bytes, plain: bytes, place: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, plain, VERSION + place.encode())


def _open(key: bytes, sealed: Sealed, place: str) -> bytes:
    whole = bytes(sealed)
    nonce, box = whole[1 : 1 + NONCE_BYTES], whole[1 + NONCE_BYTES :]
    if whole[:1] != VERSION or len(nonce) != NONCE_BYTES:
        raise VaultError("Something sealed was changed or cut short: it does not open.")
    try:
        return AESGCM(key).decrypt(nonce, box, VERSION + place.encode())
    except InvalidTag as error:
        raise VaultError("Something sealed does not open: it was changed or moved, or the key is another's.") from error
