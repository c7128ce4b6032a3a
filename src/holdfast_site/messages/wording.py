"""The words of messages. None of them says what this is about, whose it is or who treats him (safety rule 13).

``say`` says them in the language of the site; or in another one, to see how long they become.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext

from holdfast_site.languages import N_

Say = Callable[[str], str]
WORDINGS: Mapping[str, tuple[str, str]] = {
    "message": (N_("You have a message"), N_("There is a message for you:")),
    "question": (N_("A short question"), N_("There is a short question for you:")),
    "note": (N_("For you"), N_("This is for you:")),
}
STOP, REPLY_STOP = N_("Stop:"), N_("Reply STOP to end these.")
NO_MORE = N_("If you don't want any more of these:")
YOUR_NUMBER = N_("Is this your number? Please say yes or no here:")
LINK_SIGNS = 43  # of the random part of a link

SHORT = {
    "message": N_("A message:"),
    "question": N_("A question:"),
    "note": N_("For you:"),
}  # where two links are to be one part


def worded(
    wording: str, link: str, stop: str, *, by_sms: bool, hears_replies: bool = True, say: Say = gettext
) -> tuple[str, str]:
    """Subject and text of a message. A text message from a name cannot be replied to: it brings the link instead."""
    subject, says = (say(words) for words in WORDINGS[wording])
    if by_sms:
        if not hears_replies:
            return subject, f"{say(SHORT[wording])} {link} {say(STOP)} {stop}"
        return subject, f"{says} {link} {say(REPLY_STOP)}"
    return subject, f"{says}\n\n{link}\n\n{say(NO_MORE)} {stop}\n"


def confirming(link: str, *, by_sms: bool, say: Say = gettext) -> tuple[str, str]:
    """The same of what asks whether a new address is his."""
    if by_sms:
        return "", f"{say(YOUR_NUMBER)} {link}"
    asks, says = say(N_("Please say yes or no here:")), say(N_("If you say no, nothing more is sent here."))
    return say(N_("Is this your address?")), f"{asks}\n\n{link}\n\n{says}\n"


def ways_changed(phone: str, *, say: Say = gettext) -> tuple[str, str]:
    """The same of what tells him that how he signs in was changed."""
    if phone:
        says = N_("How you sign in was changed. If that was not you, call %(phone)s.")
    else:
        says = N_("How you sign in was changed. If that was not you, say so the next time you talk to us.")
    return say(N_("How you sign in was changed")), say(says) % {"phone": phone}


def staff_code(code: str, *, say: Say = gettext) -> tuple[str, str]:
    """The same of what brings somebody who works here the code for a new address of his own."""
    says = say(N_("Type it where you entered this address. If you entered none, nothing more is sent here."))
    return say(N_("Your code")), f"{code[:4]} {code[4:]}\n\n{says}\n"


def waits(address: str, *, say: Say = gettext) -> tuple[str, str]:
    """The same of what tells him that something is waiting: always these words, whatever it is."""
    says = N_("Something is waiting at %(address)s. Sign in to see it.")
    return say(N_("Something is waiting")), f"{say(says) % {'address': address}}\n"


def moved(phone: str, *, say: Say = gettext) -> tuple[str, str]:
    """The same of what tells him at his old address that another one is used now."""
    if phone:
        says = N_("Messages for you go somewhere else from now on. If that was not you, call %(phone)s.")
    else:
        says = N_(
            "Messages for you go somewhere else from now on. If that was not you, say so the next time you talk to us."
        )
    return say(N_("Your address was changed")), say(says) % {"phone": phone}


def text_messages(address: str, phone: str, *, hears_replies: bool, say: Say = gettext) -> list[str]:
    """One of each that can go out by SMS, from a site at this address."""
    link, stop, yours = (f"{address}/{path}/{'x' * LINK_SIGNS}" for path in ("c", "stop", "yours"))
    asking = [worded(one, link, stop, by_sms=True, hears_replies=hears_replies, say=say) for one in WORDINGS]
    told = [*asking, confirming(yours, by_sms=True, say=say), moved(phone, say=say), ways_changed(phone, say=say)]
    return [text for _, text in told]
