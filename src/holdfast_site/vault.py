"""Sealing what clients say: one key for each client, wrapped by a master key that is kept outside the database.

AES-256-GCM throughout. What is sealed is bound to its place (table, row, column), so that a box moved to another row
does not open. Destroying a client's wrapped key destroys everything he said, in every backup whose key is gone too.

A master key can be replaced (``new_key.py``). Of the one before, the new key file keeps what is needed to recognise
what was written under it, such as links that are on their way, and nothing that opens what was sealed.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from holdfast.files import synced
from holdfast_site.errors import VaultError

VERSION = b"\x01"
KEY_BYTES, NONCE_BYTES = 32, 12
Sealed = bytes | memoryview  # databases hand out either
PRIVATE_MODE = 0o600
LASTING = (
    "erased",
    "fhir",
    "links",
    "passkeys",
    "studies",
    "ways back",
)  # recognised by the first key for ever: it is worth nothing alone
LAID_OVER = ("paper codes", "phones", "tries", "welcomes")  # what could be guessed by whoever had an earlier key
KEPT = ("audit", *LASTING, *LAID_OVER)  # of an earlier master key


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """Holds the master key and everything that follows from it.

    ``earlier``: of each master key before it, the first one first, the keys that are kept (``KEPT``).
    """

    master: bytes
    earlier: tuple[Mapping[str, bytes], ...] = ()

    @classmethod
    def read(cls, path: Path) -> Vault:
        """Read the master key from its file; and, on lines below it, what is kept of earlier ones.

        Raises
        ------
        VaultError
            If there is no such file, or it holds no key.
        """
        try:
            first, *below = path.read_text(encoding="ascii").strip().split("\n")
            master, earlier = bytes.fromhex(first), tuple(_kept(line) for line in below if line.strip())
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise VaultError(f"There is no master key in {path}. Put the key file back where it was.") from error
        if len(master) != KEY_BYTES:
            raise VaultError(f"{path} holds no master key. Put the key file back as it was.")
        return cls(master, earlier)

    @classmethod
    def create(cls, path: Path) -> Vault:
        """Make a new master key in a file that only its owner can read. An existing file is never replaced."""
        made = cls(secrets.token_bytes(KEY_BYTES))
        made.write(path)
        return made

    def successor(self) -> Vault:
        """Make a new master key that follows this one."""
        return Vault(secrets.token_bytes(KEY_BYTES), (*self.earlier, {one: self.derived(one) for one in KEPT}))

    def write(self, path: Path) -> None:
        """Write it into a new file that only its owner can read, so that it is on disk when this returns.

        Raises
        ------
        VaultError
            If there is such a file already.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
        except FileExistsError as error:
            raise VaultError(f"{path} exists already, and a key file is never replaced. Name another.") from error
        lines = [json.dumps({name: key.hex() for name, key in kept.items()}) for kept in self.earlier]
        with os.fdopen(file, "w", encoding="ascii") as opened:
            opened.write("".join(f"{line}\n" for line in (self.master.hex(), *lines)))
            opened.flush()
            os.fsync(opened.fileno())
        synced(path.parent)

    def derived(self, purpose: str) -> bytes:
        """A key for one purpose only. Whoever learns it learns nothing of the others."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"holdfast {purpose}".encode()).derive(
            self.master
        )

    def keys(self, purpose: str) -> Sequence[bytes]:
        """The keys for one purpose of every master key that was used for it, the first one first."""
        return [*(kept[purpose] for kept in self.earlier if purpose in kept), self.derived(purpose)]

    def lasting(self, purpose: str, what: bytes) -> bytes:
        """A print of something by which it is recognised whatever becomes of the master key. See ``LASTING``."""
        return hmac.digest(self.keys(purpose)[0], what, sha256)

    def print_of(self, purpose: str, what: bytes) -> bytes:
        """A print of something that could be guessed: made with the first key, and laid over with each later one."""
        for key in self.keys(purpose):
            what = hmac.digest(key, what, sha256)
        return what

    def laid_over(self, purpose: str, earlier: Sealed) -> bytes:
        """What such a print of the master key before becomes under this one."""
        return hmac.digest(self.derived(purpose), bytes(earlier), sha256)

    @property
    def fingerprint(self) -> str:
        """Tells whether a key file belongs to a site, and nothing about the key."""
        return self.derived("fingerprint").hex()[:16]

    def fingerprint_of_link(self, token: str) -> bytes:
        """What is stored of a link: enough to recognise it, not enough to make it."""
        return self.lasting("links", token.encode())

    def new_client_key(self, client: str) -> bytes:
        """Make a client's own key, wrapped for the database."""
        return _seal(self.derived("client keys"), secrets.token_bytes(KEY_BYTES), f"client {client}")

    def rewrapped(self, before: Vault, client: str, wrapped: Sealed) -> bytes:
        """A client's keys, wrapped by this master key instead of the one before; with one more, for what comes.

        Whoever had the key before, and a copy of the database from then, knows the older ones.
        """
        known = _open(before.derived("client keys"), wrapped, f"client {client}")
        return _seal(self.derived("client keys"), secrets.token_bytes(KEY_BYTES) + known, f"client {client}")

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
    """Seals and opens what one client said. ``key``: the newest, and behind it those before it."""

    key: bytes

    def seal(self, plain: bytes, *, place: str) -> bytes:
        """Seal for one place: ``table/row/column``."""
        return _seal(self.key[:KEY_BYTES], plain, place)

    def open(self, sealed: Sealed, *, place: str) -> bytes:
        """Open what was sealed for that place.

        Raises
        ------
        VaultError
            If it was changed, cut short, or sealed for another place or client.
        """
        *others, first = [self.key[at : at + KEY_BYTES] for at in range(0, len(self.key), KEY_BYTES)]
        for key in others:
            try:
                return _open(key, sealed, place)
            except VaultError:
                continue
        return _open(first, sealed, place)


def _kept(line: str) -> Mapping[str, bytes]:
    """What is kept of one earlier key."""
    found = {str(name): bytes.fromhex(key) for name, key in json.loads(line).items()}
    if {len(key) for key in found.values()} != {KEY_BYTES}:
        raise ValueError("not what is kept of a key")
    return found


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
