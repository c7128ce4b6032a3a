"""Telephone numbers as a gateway wants them, and what is kept of wherever something went."""

from __future__ import annotations

from django.conf import settings

FEWEST, MOST = 8, 15  # digits of a number with its country (E.164)


def international(typed: str, country: str) -> str:
    """A number as it was typed, with its country's; blank if that cannot be told."""
    number = "".join(sign for sign in typed if sign.isdigit() or sign == "+")
    if number.startswith("00"):
        number = f"+{number[2:]}"
    elif number.startswith("0") and country:
        number = f"{country}{number[1:]}"
    digits = number.removeprefix("+")
    right = number.startswith("+") and digits.isascii() and digits.isdigit() and FEWEST <= len(digits) <= MOST
    return number if right else ""


def digest(to: str) -> bytes:
    """What is kept of a number or an address: enough to recognise it when it is seen again.

    Telephones write the first letter large by themselves, and mail servers change capitals: these make no other one.
    """
    return bytes(settings.VAULT.print_of("phones", to.lower().encode()))
