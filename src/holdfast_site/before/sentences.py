"""Say it for me: from what is off to two plain sentences that he can change, send or read out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from holdfast_site.languages import N_

MOST_PICKED = 3


@dataclass(frozen=True, slots=True)
class Off:
    """One thing that is off: how he picks it, how he would say it, and what would help."""

    name: str
    pick: str
    says: str
    helps: str


OFF: Sequence[Off] = (
    Off("too_fast", N_("It goes too fast"), N_("it goes too fast for me"), N_("to go slower")),
    Off("too_slow", N_("It goes too slowly"), N_("it goes too slowly for me"), N_("to get to the point sooner")),
    Off(
        "too_much_feeling",
        N_("Too much about feelings"),
        N_("we stay with feelings for longer than helps me"),
        N_("to have something practical to try"),
    ),
    Off(
        "too_much_doing",
        N_("Too much doing, too little talking"),
        N_("we do a lot and I get to say little"),
        N_("to have more room to talk"),
    ),
    Off("too_gentle", N_("Too gentle with me"), N_("you are gentler with me than I need"), N_("to hear it straight")),
    Off("too_blunt", N_("Too blunt"), N_("some of what you say lands hard"), N_("to hear it a bit more gently")),
    Off("left_to_me", N_("Too much is left to me"), N_("too much is left to me"), N_("to have more of a plan")),
    Off(
        "set_for_me", N_("Too much is set for me"), N_("too much is decided for me"), N_("to choose more of it myself")
    ),
    Off(
        "too_technical", N_("Words I don't follow"), N_("some of the words go past me"), N_("to hear it in plain words")
    ),
    Off("too_flat", N_("Not much energy in the room"), N_("it feels flat to me"), N_("to have more life in it")),
    Off("too_lively", N_("Too lively"), N_("there is too much going on for me"), N_("to have it calmer")),
    Off(
        "not_understood",
        N_("You don't get what I mean"),
        N_("I don't think you have got what I mean"),
        N_("to explain it once more"),
    ),
    Off(
        "no_point",
        N_("I don't see where it's going"),
        N_("I don't see where this is going"),
        N_("to know what we do and why"),
    ),
    Off("talked_down", N_("I feel talked down to"), N_("I have felt talked down to"), N_("to talk on a level")),
)
BY_NAME: Mapping[str, Off] = {one.name: one for one in OFF}


def sentences(names: Sequence[str]) -> str:
    """Two sentences that say what is off and what would help; nothing for nothing."""
    picked = [BY_NAME[name] for name in names]
    if not picked:
        return ""
    words = gettext("I'd like to say something about how it's going: %(says)s. It would help me %(helps)s.")
    return words % {"says": _joined([one.says for one in picked]), "helps": _joined([one.helps for one in picked])}


def _joined(parts: Sequence[str]) -> str:
    *first, last = [gettext(part) for part in parts]
    return gettext("%(first)s, and %(last)s") % {"first": ", ".join(first), "last": last} if first else last
