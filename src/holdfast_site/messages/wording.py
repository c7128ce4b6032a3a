"""The words of messages. None of them says what this is about, whose it is or who treats him (safety rule 13)."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext

from holdfast_site.languages import N_

WORDINGS: Mapping[str, tuple[str, str]] = {
    "message": (N_("You have a message"), N_("There is a message for you:")),
    "question": (N_("A short question"), N_("There is a short question for you:")),
    "note": (N_("For you"), N_("This is for you:")),
}

SHORT = {
    "message": N_("A message:"),
    "question": N_("A question:"),
    "note": N_("For you:"),
}  # where two links are to be one part


def worded(wording: str, link: str, stop: str, *, by_sms: bool, hears_replies: bool = True) -> tuple[str, str]:
    """Subject and text of a message. A text message from a name cannot be replied to: it brings the link instead."""
    subject, says = (gettext(words) for words in WORDINGS[wording])
    if by_sms:
        if not hears_replies:
            return subject, f"{gettext(SHORT[wording])} {link} {gettext('Stop:')} {stop}"
        return subject, f"{says} {link} {gettext('Reply STOP to end these.')}"
    no_more = gettext("If you don't want any more of these:")
    return subject, f"{says}\n\n{link}\n\n{no_more} {stop}\n"


def confirming(link: str, *, by_sms: bool) -> tuple[str, str]:
    """The same of what asks whether a new address is his."""
    if by_sms:
        return "", f"{gettext('Is this your number? Please say yes or no here:')} {link}"
    asks, says = gettext("Please say yes or no here:"), gettext("If you say no, nothing more is sent here.")
    return gettext("Is this your address?"), f"{asks}\n\n{link}\n\n{says}\n"


def moved(phone: str) -> tuple[str, str]:
    """The same of what tells him at his old address that another one is used now."""
    if phone:
        says = gettext("Messages for you go somewhere else from now on. If that was not you, call %(phone)s.")
    else:
        says = gettext(
            "Messages for you go somewhere else from now on. If that was not you, say so the next time you talk to us."
        )
    return gettext("Your address was changed"), says % {"phone": phone}
