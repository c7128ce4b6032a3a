"""Say it for me: from what is off to two plain sentences that he can change, send or read out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_PICKED = 3


@dataclass(frozen=True, slots=True)
class Off:
    """One thing that is off: how he picks it, how he would say it, and what would help."""

    name: str
    pick: str
    says: str
    helps: str


OFF: Sequence[Off] = (
    Off("too_fast", "It goes too fast", "it goes too fast for me", "to go slower"),
    Off("too_slow", "It goes too slowly", "it goes too slowly for me", "to get to the point sooner"),
    Off(
        "too_much_feeling",
        "Too much about feelings",
        "we stay with feelings for longer than helps me",
        "to have something practical to try",
    ),
    Off(
        "too_much_doing",
        "Too much doing, too little talking",
        "we do a lot and I get to say little",
        "to have more room to talk",
    ),
    Off("too_gentle", "Too gentle with me", "you are gentler with me than I need", "to hear it straight"),
    Off("too_blunt", "Too blunt", "some of what you say lands hard", "to hear it a bit more gently"),
    Off("left_to_me", "Too much is left to me", "too much is left to me", "to have more of a plan"),
    Off("set_for_me", "Too much is set for me", "too much is decided for me", "to choose more of it myself"),
    Off("too_technical", "Words I don’t follow", "some of the words go past me", "to hear it in plain words"),
    Off("too_flat", "Not much energy in the room", "it feels flat to me", "to have more life in it"),
    Off("too_lively", "Too lively", "there is too much going on for me", "to have it calmer"),
    Off(
        "not_understood",
        "You don’t get what I mean",
        "I don’t think you have got what I mean",
        "to explain it once more",
    ),
    Off("no_point", "I don’t see where it’s going", "I don’t see where this is going", "to know what we do and why"),
    Off("talked_down", "I feel talked down to", "I have felt talked down to", "to talk on a level"),
)
BY_NAME: Mapping[str, Off] = {one.name: one for one in OFF}


def sentences(names: Sequence[str]) -> str:
    """Two sentences that say what is off and what would help; nothing for nothing."""
    picked = [BY_NAME[name] for name in names]
    if not picked:
        return ""
    return (
        f"I’d like to say something about how it’s going: {_joined([one.says for one in picked])}. "
        f"It would help me {_joined([one.helps for one in picked])}."
    )


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"
