"""What nobody would send, from a die: for the very many, where a search for the smallest example would take hours."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence

SIGNS = (
    string.ascii_letters,
    string.digits,
    string.punctuation + " \t\r\n",
    "\x00\x01\x1f\x7f\u202e\u200b\ufeff",
    "éßЖ語٣۵🙂́",
)
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "application/json", "x")
MOST_NAMES, MOST_VALUES = 9, 3


class Nonsense:
    """Texts, forms and bodies: the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def text(self, most: int = 40) -> str:
        """Signs of one kind or of all, among them what ends a string, turns the writing round or is not seen."""
        signs = self.dice.choice([*SIGNS, "".join(SIGNS)])
        return "".join(self.dice.choices(signs, k=self.dice.randint(0, most)))

    def form(self, names: Sequence[str], known: Sequence[str]) -> dict[str, str | list[str]]:
        """Some of the names of a page, with what it knows in wrong places, with anything, or several times."""
        chosen = self.dice.sample(names, self.dice.randint(0, min(MOST_NAMES, len(names))))
        return {name: self._value(known) for name in chosen}

    def _value(self, known: Sequence[str]) -> str | list[str]:
        many = [self._one(known) for _ in range(self.dice.randint(0, MOST_VALUES))]
        return many if self.dice.random() < 0.2 else self._one(known)

    def _one(self, known: Sequence[str]) -> str:
        return self.dice.choice(known) if self.dice.random() < 0.7 else self.text()

    def body(self) -> tuple[str, bytes]:
        """What kind of body it says it is, and bytes: any, or a form that was cut, doubled or has a byte changed."""
        if self.dice.random() < 0.5:
            return self.dice.choice(KINDS), self.dice.randbytes(self.dice.randint(0, 200))
        whole = bytearray(
            b"form=6f9619ff-8b86-d011-b42d-00cf4fc964ff&pace=1&words=%E2%82%AC+x&reply=done&who=therapist"
        )
        for _ in range(self.dice.randint(1, 4)):
            whole[self.dice.randrange(len(whole))] = self.dice.randrange(256)
        return self.dice.choice(KINDS), bytes(whole[: self.dice.randint(0, len(whole))] * self.dice.randint(1, 2))
