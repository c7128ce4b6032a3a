"""Silences that are not over: the chance of having left, given all that was and was not seen since.

The last contact after which a client was surely there, and whatever came later, make a *tail*. After each
contact that took place he has left with chance *p*. What follows is then seen with one chance if he stays
and with another if he has left (``clock``). A past appointment that nobody marked is a contact that took
place with chance *a*; if it did, he may have left after it too.

Working back from now, with S and L the chances of what was seen right after a contact by someone who stays
and by someone who has left:

    at an earlier contact, followed by one that took place with chance a:
        S = s · [ (1 − a·p') · S' + a·p' · L' ]        L = l · L'

where s and l are the clock's chances of this contact's own stages, and p', S', L' belong to the next one.
For a plain silence there is one contact and one stage, and the chance of having left is

    p·L / (p·L + (1 − p)·S)

which is design.md section 6 with L = 1 and S the chance that nothing has happened yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from holdfast.silence.clock import EVENTS, LEFT_EVENTS, NONE, STAY_EVENTS, Clock, Flags, Floats, Ints, cell_codes

CONTACT = ["client_id", "therapist_id", "episode", "contact"]
TINY = 1e-12  # an event that cannot be: a chance of nought would forbid what dirty records do hold


@dataclass(frozen=True, slots=True)
class Stages:
    """Stages of silences as whole numbers: whose contact each belongs to, its cell, event, bin and part."""

    contact: Ints  # place among the tail's contacts
    cell: Ints
    event: Ints  # place in EVENTS
    bin: Ints
    part: Floats

    @property
    def over(self) -> Flags:
        return np.asarray(self.event != EVENTS.index(NONE))


@dataclass(frozen=True, slots=True)
class Tails:
    """Contacts of silences that are not over (or ended in a recorded silence), in order, with their stages.

    ``first`` marks the first contact of each tail; ``asked`` the answer to the question before the next
    session, as a place in ANSWERS.
    """

    first: Flags
    how: Ints  # place in HOW
    asked: Ints
    stages: Stages

    @property
    def size(self) -> int:
        return len(self.first)

    def last(self) -> Flags:
        """Mark the last contact of each tail."""
        return np.r_[self.first[1:], True] if self.size else np.zeros(0, dtype=bool)

    def part(self, begin: int, end: int) -> Tails:
        """The contacts from one place up to another, which must be where tails begin."""
        mine, stages = slice(begin, end), self.stages
        held = slice(*np.searchsorted(stages.contact, (begin, end)))
        kept = Stages(
            stages.contact[held] - begin, stages.cell[held], stages.event[held], stages.bin[held], stages.part[held]
        )
        return Tails(self.first[mine], self.how[mine], self.asked[mine], kept)


HOW = ("recorded", "defaulted", "unmarked")
ANSWERS = ("none", "high", "middle", "low", "unanswered")


def tails_of(contacts: pl.DataFrame, stages: pl.DataFrame) -> Tails:
    """Turn the two frames of ``Moments`` into arrays; ``contacts`` must be sorted by episode and link."""
    places = contacts.select(CONTACT).with_row_index("place")
    joined = stages.join(places, on=CONTACT, how="inner", maintain_order="left")
    return Tails(
        first=(contacts["link"] == 0).to_numpy(),
        how=_coded(contacts["how"], HOW),
        asked=_coded(contacts["before"], ANSWERS),
        stages=Stages(
            contact=joined["place"].cast(pl.Int64).to_numpy(),
            cell=_coded(joined["cell"], tuple(cell_codes())),
            event=_coded(joined["event"], EVENTS),
            bin=joined["bin"].cast(pl.Int64).to_numpy(),
            part=joined["part"].cast(pl.Float64).to_numpy(),
        ),
    )


def _coded(words: pl.Series, known: tuple[str, ...]) -> Ints:
    return words.cast(pl.Enum(known)).to_physical().cast(pl.Int64).to_numpy()


def seen(tails: Tails, clock: Clock, answers: Floats) -> tuple[Floats, Floats]:
    """Log chance of what each contact's own stages show, for someone who stays and for someone who has left.

    Parameters
    ----------
    answers
        (…, 2, len(ANSWERS)): chance of each answer before the next session, of those who stay and who left.

    Returns
    -------
    Two arrays (…, contacts).
    """
    stay, left = stage_chances(tails.stages, clock)
    lead = stay.shape[:-1]
    logs = []
    for place, chances in enumerate((stay, left)):
        total = np.zeros((*lead, tails.size))
        _add_to(total, tails.stages.contact, np.log(np.maximum(chances, TINY)))
        told = np.log(np.maximum(answers[..., place, :], TINY))
        told[..., 0] = 0.0  # not asked: says nothing
        logs.append(total + told[..., tails.asked])
    return logs[0], logs[1]


def _add_to(total: Floats, places: Ints, values: Floats) -> None:
    """Sum ``values`` into ``places`` along the last axis; the places are in order."""
    if not len(places):
        return
    starts = np.flatnonzero(np.r_[True, places[1:] != places[:-1]])
    total[..., places[starts]] = np.add.reduceat(values, starts, axis=-1)


def stage_chances(stages: Stages, clock: Clock) -> tuple[Floats, Floats]:
    """Chance of what each stage shows: its event in its bin, or nothing yet."""
    return (
        _chances(stages, clock.stay_density(), clock.stay_quiet(), STAY_EVENTS),
        _chances(stages, clock.left_density(), clock.left_quiet(), LEFT_EVENTS),
    )


def _chances(stages: Stages, density: Floats, quiet: Floats, events: tuple[str, ...]) -> Floats:
    cell, bins, part = stages.cell, stages.bin, stages.part
    at_start, at_end = quiet[..., cell, bins], quiet[..., cell, bins + 1]
    found = at_start + (at_end - at_start) * part
    of_these = np.asarray([events.index(event) if event in events else -1 for event in EVENTS])
    place = of_these[stages.event]
    happened = density[..., cell, np.maximum(place, 0), bins] * (place >= 0)
    return np.where(stages.over, happened, found)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a tail says about each of its contacts. Arrays (…, contacts).

    ``ratio`` is S / L right after the contact; ``held`` the chance that it took place with him still there;
    ``left_here`` the chance that he left after it (of those for whom it was held); ``left`` the chance
    that he has left by then, after this contact or an earlier one.
    """

    ratio: Floats
    held: Floats
    left_here: Floats
    left: Floats


def judge(tails: Tails, chance: Floats, took_place: Floats, stay: Floats, left: Floats) -> Judged:
    """Work out, contact by contact, where he may have left.

    Parameters
    ----------
    chance
        (…, contacts): *p*, the chance of leaving after a contact that took place.
    took_place
        (…, contacts): *a*; 1 for a recorded session.
    stay, left
        Log chances from :func:`seen`.
    """
    log_ratio = _ratios(tails, chance, took_place, stay - left)
    ratio = np.exp(np.clip(log_ratio, -700, 700))
    left_here = chance / (chance + (1 - chance) * ratio)
    return _forward(tails, chance, took_place, ratio, left_here)


def _ratios(tails: Tails, chance: Floats, took_place: Floats, own: Floats) -> Floats:
    """Log of S / L right after each contact, from the last one back."""
    ratio = own.copy()
    follows = ~tails.last()
    for level in _levels(tails)[::-1]:
        here = level[follows[level]]
        following = here + 1
        leaves = took_place[..., following] * chance[..., following]
        after = np.log(leaves + (1 - leaves) * np.exp(np.clip(ratio[..., following], -700, 700)))
        ratio[..., here] = own[..., here] + after
    return ratio


def _levels(tails: Tails) -> list[Ints]:
    """Places of the first contacts of all tails, of the second ones, and so on."""
    if not tails.size:
        return []
    starts = np.flatnonzero(tails.first)
    link = np.arange(tails.size) - np.repeat(starts, np.diff(np.r_[starts, tails.size]))
    order = np.argsort(link, kind="stable")
    cuts = np.flatnonzero(np.diff(link[order])) + 1
    return [np.asarray(level) for level in np.split(order, cuts)]


def _forward(tails: Tails, chance: Floats, took_place: Floats, ratio: Floats, left_here: Floats) -> Judged:
    held, left = np.array(np.broadcast_to(took_place, ratio.shape)), left_here.copy()
    for number, level in enumerate(_levels(tails)):
        if number == 0:
            held[..., level] = 1.0
            continue
        before = 1 - left[..., level - 1]
        p, a, r = chance[..., level], took_place[..., level], ratio[..., level]
        if_held = a * (p + (1 - p) * r)
        was_held = if_held / (if_held + (1 - a) * r)
        held[..., level] = before * was_held
        left[..., level] = 1 - before * (1 - was_held * left_here[..., level])
    return Judged(ratio, held, left_here, left)
