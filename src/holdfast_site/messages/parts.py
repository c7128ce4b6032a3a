"""How many parts a text message has: each is paid for, and more than one may come apart.

In the alphabet that every telephone has, 160 signs fit into one part, or 153 where there are several; a few of them
count twice. One sign of any other alphabet, and all of the message is sent in one of which 70 fit, or 67.
"""

from __future__ import annotations

from math import ceil

PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWICE = frozenset("^{}\\[~]|€\f")
PLAIN_ONE, PLAIN_EACH = 160, 153
WIDE_ONE, WIDE_EACH = 70, 67


def parts(text: str) -> int:
    """How many parts it has."""
    if other_sign(text):
        return _parts(len(text.encode("utf-16-le")) // 2, WIDE_ONE, WIDE_EACH)
    return _parts(len(text) + sum(sign in TWICE for sign in text), PLAIN_ONE, PLAIN_EACH)


def other_sign(text: str) -> str:
    """The first sign that is of another alphabet; blank if none is."""
    return next((sign for sign in text if sign not in PLAIN and sign not in TWICE), "")


def _parts(signs: int, one: int, each: int) -> int:
    return 1 if signs <= one else ceil(signs / each)
