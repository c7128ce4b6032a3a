"""What a mail says that came back: which of our messages it is about, and whether to try that address again.

Only reports as RFC 3464 describes them are understood; every mail server of today writes these. Whatever else arrives
in that mailbox, such as "I am on holiday", says nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from uuid import UUID

MOST_MAIL = 1_000_000  # bytes that are read of one
FOR_GOOD = "5"  # how a status begins that will be the same tomorrow


@dataclass(frozen=True, slots=True)
class CameBack:
    """One of our messages did not arrive."""

    mark: UUID
    for_good: bool  # the address does not work; else a server gave up waiting for another
    recipients: frozenset[str] = frozenset()  # for whom it failed, where the report says so


def read(mail: bytes) -> CameBack | None:
    """Read one mail; none if it does not say that a message of ours did not arrive.

    A stranger can send one that is nested too deeply to be read: that says nothing either.
    """
    try:
        return _read(mail)
    except RecursionError:
        return None


def _read(mail: bytes) -> CameBack | None:
    found = message_from_bytes(mail[:MOST_MAIL])  # not by Python's newer rules: these break on some broken headers
    if found.get_content_type() != "multipart/report":
        return None
    parts = list(found.walk())
    failed = [one for part in parts for one in _failed(part)]
    mark = next((mark for part in parts if (mark := _mark(part)) is not None), None)
    if mark is None or not failed:
        return None
    for_good = any(str(one.get("Status", "")).strip().startswith(FOR_GOOD) for one in failed)
    return CameBack(mark, for_good, frozenset(address for one in failed for address in _recipients(one)))


def _failed(part: Message) -> list[Message]:
    """What a report says of each address for which it failed."""
    if part.get_content_type() != "message/delivery-status":
        return []
    return [one for one in _within(part) if str(one.get("Action", "")).strip().lower() == "failed"]


def _recipients(failed: Message) -> list[str]:
    """For whom it failed: such as it stood on the message, and where that led."""
    told = (str(failed.get(name, "")).rpartition(";")[2] for name in ("Original-Recipient", "Final-Recipient"))
    return [address for one in told if (address := one.strip().strip("<>"))]


def _mark(part: Message) -> UUID | None:
    """The mark of the message that came back, from the copy of it, or of its headers, in the report."""
    kind = part.get_content_type()
    if kind == "text/rfc822-headers":
        text = part.get_payload(decode=True)
        copies = [message_from_bytes(text)] if isinstance(text, bytes) else []
    else:
        copies = _within(part) if kind == "message/rfc822" else []
    for copy in copies:
        try:
            return UUID(str(copy.get("Message-ID", "")).strip().strip("<>").partition("@")[0])
        except ValueError:
            continue
    return None


def _within(part: Message) -> list[Message]:
    inner = part.get_payload()
    return [one for one in inner if isinstance(one, Message)] if isinstance(inner, list) else []
