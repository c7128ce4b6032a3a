"""What the SMS gateway sends to us: replies, and what became of a message. Only what carries its signature is heard."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha1
from xml.sax.saxutils import escape

STOP_WORDS = frozenset({"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
FAILED = frozenset({"failed", "undelivered"})
SILENCE = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


def is_signed(token: str, url: str, form: Mapping[str, Sequence[str]], signature: str) -> bool:
    """Check a signature as the gateway makes it: over the address and every field in order of its name."""
    fields = "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    made = base64.b64encode(hmac.digest(token.encode(), (url + fields).encode(), sha1)).decode()
    return bool(token) and hmac.compare_digest(made.encode(), signature.encode())


def wants_to_stop(text: str) -> bool:
    """Whether a reply asks for an end of the messages."""
    return text.strip().strip(".!").lower() in STOP_WORDS


def answer(text: str) -> str:
    """One message back."""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response><Message>{escape(text)}</Message></Response>'
