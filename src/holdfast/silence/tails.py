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

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from holdfast.silence.clock import BINS, EVENTS, LEFT_EVENTS, NONE, STAY_EVENTS, Clock, Flags, Floats, Ints, cell_codes

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

    def some(self, kept: Flags | slice) -> Stages:
        return Stages(self.contact[kept], self.cell[kept], self.event[kept], self.bin[kept], self.part[kept])


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
        kept = stages.some(held)
        return Tails(self.first[mine], self.how[mine], self.asked[mine], replace(kept, contact=kept.contact - begin))


HAPPENING = EVENTS[: EVENTS.index(NONE)]
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


@dataclass(frozen=True, slots=True)
class Odds:
    """How much likelier each thing is from someone who stays than from someone who has left, looked up by its place.

    Leading dimensions are draws from the posterior.
    """

    happened: Floats  # (…, cells × events × bins): logarithms, of an event in a bin
    stay_quiet: Floats  # (…, cells × edges): chance that nothing has happened yet
    left_quiet: Floats  # the same, of someone who has left
    answers: Floats  # (…, ANSWERS): logarithms, of the answer before the next session

    @classmethod
    def of(cls, clock: Clock, answers: Floats) -> Odds:
        """Work them out once.

        Parameters
        ----------
        answers
            (…, 2, len(ANSWERS)): chance of each answer before the next session, of those who stay and who left.
        """
        stay, left = _of_events(clock.stay_density(), STAY_EVENTS), _of_events(clock.left_density(), LEFT_EVENTS)
        told = _log(answers[..., 0, :]) - _log(answers[..., 1, :])
        told[..., 0] = 0.0  # not asked: says nothing
        return cls(_flat(_log(stay) - _log(left), 3), _flat(clock.stay_quiet(), 2), _flat(clock.left_quiet(), 2), told)

    def of_events(self, stages: Stages) -> Floats:
        """Logarithms, of stages that are over: (…, stages)."""
        place = (stages.cell * len(HAPPENING) + stages.event) * BINS + stages.bin
        return np.take(self.happened, place, axis=-1)

    def of_quiet(self, stages: Stages) -> Floats:
        """Logarithms, of stages in which nothing has happened yet: (…, stages)."""
        edge = stages.cell * (BINS + 1) + stages.bin
        return _log(_between(self.stay_quiet, edge, stages.part)) - _log(_between(self.left_quiet, edge, stages.part))


def _of_events(density: Floats, events: tuple[str, ...]) -> Floats:
    """The chances by the place of each event in HAPPENING; nought where it cannot be."""
    found = np.zeros((*density.shape[:-2], len(HAPPENING), density.shape[-1]))
    found[..., [HAPPENING.index(event) for event in events], :] = density
    return found


def _log(chances: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(chances, TINY)))


def _flat(table: Floats, dimensions: int) -> Floats:
    return table.reshape(*table.shape[:-dimensions], -1)


def _between(quiet: Floats, edge: Ints, part: Floats) -> Floats:
    """The chance that it is still quiet so far into a bin."""
    start, end = np.take(quiet, edge, axis=-1), np.take(quiet, edge + 1, axis=-1)
    return np.asarray(start + (end - start) * part)


def seen(tails: Tails, odds: Odds) -> Floats:
    """Log odds of what was seen right after each contact, of staying to having left: (…, contacts)."""
    stages, total = tails.stages, np.take(odds.answers, tails.asked, axis=-1)
    over = stages.some(stages.over)
    starts = np.flatnonzero(np.r_[True, over.contact[1:] != over.contact[:-1]][: len(over.contact)])
    if len(starts):
        total[..., over.contact[starts]] += np.add.reduceat(odds.of_events(over), starts, axis=-1)
    quiet = stages.some(~stages.over)  # the last of a tail, if any
    total[..., quiet.contact] += odds.of_quiet(quiet)
    return total


def stage_odds(stages: Stages, odds: Odds) -> Floats:
    """The same for each stage on its own: (…, stages)."""
    found = np.empty((*odds.happened.shape[:-1], len(stages.contact)))
    found[..., stages.over] = odds.of_events(stages.some(stages.over))
    found[..., ~stages.over] = odds.of_quiet(stages.some(~stages.over))
    return found


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


def judge(tails: Tails, chance: Floats, took_place: Floats, odds: Floats) -> Judged:
    """Work out, contact by contact, where he may have left.

    Parameters
    ----------
    chance
        (…, contacts): *p*, the chance of leaving after a contact that took place.
    took_place
        (…, contacts): *a*; 1 for a recorded session.
    odds
        (…, contacts): log odds from :func:`seen`.
    """
    log_ratio = _ratios(tails, chance, took_place, odds)
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
