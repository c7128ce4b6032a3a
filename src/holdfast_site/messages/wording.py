"""The words of messages. None of them says what this is about, whose it is or who treats him (safety rule 13)."""

from __future__ import annotations

from collections.abc import Mapping

TELLING = (
    "therap", "session", "psych", "mental", "counsel", "clinic", "patient", "client", "check-in", "checkin",
    "wellbeing", "well-being", "anxi", "depress", "addict", "trauma", "health", "treatment", "doctor", "appointment",
)  # fmt: skip
WORDINGS: Mapping[str, tuple[str, str]] = {
    "message": ("You have a message", "There is a message for you:"),
    "question": ("A short question", "There is a short question for you:"),
    "note": ("For you", "This is for you:"),
}

SHORT = {"message": "A message:", "question": "A question:", "note": "For you:"}  # where two links are to be one part


def worded(wording: str, link: str, stop: str, *, by_sms: bool, hears_replies: bool = True) -> tuple[str, str]:
    """Subject and text of a message. A text message from a name cannot be replied to: it brings the link instead."""
    subject, says = WORDINGS[wording]
    if by_sms:
        if not hears_replies:
            return subject, f"{SHORT[wording]} {link} Stop: {stop}"
        return subject, f"{says} {link} Reply STOP to end these."
    return subject, f"{says}\n\n{link}\n\nIf you don’t want any more of these: {stop}\n"


def confirming(link: str, *, by_sms: bool) -> tuple[str, str]:
    """The same of what asks whether a new address is his."""
    if by_sms:
        return "", f"Is this your number? Please say yes or no here: {link}"
    return (
        "Is this your address?",
        f"Please say yes or no here:\n\n{link}\n\nIf you say no, nothing more is sent here.\n",
    )


def moved(phone: str) -> tuple[str, str]:
    """The same of what tells him at his old address that another one is used now."""
    call = f"call {phone}" if phone else "say so the next time you talk to us"
    return "Your address was changed", f"Messages for you go somewhere else from now on. If that was not you, {call}."


def telling(words: str) -> str:
    """The first part of some words that tells what this is about; blank if none does."""
    lower = words.lower()
    return next((part for part in TELLING if part in lower), "")
