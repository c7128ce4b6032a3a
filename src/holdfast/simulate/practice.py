"""Everybody's episodes in one practice: who gets which therapist, who is handed over, who comes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from holdfast.simulate.clients import Person, arrivals, partner, person, unseen
from holdfast.simulate.dice import Dice
from holdfast.simulate.episode import Episode
from holdfast.simulate.histories import Course
from holdfast.simulate.therapists import Therapist, hire
from holdfast.simulate.world import World
from holdfast.tables.schema import AXES, Ending

_MOST_EPISODES = 4


def simulate(world: World, seed: int) -> tuple[list[Therapist], list[Episode]]:
    """Live through a practice's months, client by client."""
    staff = hire(world, seed)
    episodes: list[Episode] = []
    for people, dice in _clients(world, seed):
        episodes.extend(_life(world, dice, people, staff))
    return staff, episodes


def _clients(world: World, seed: int) -> Iterator[tuple[tuple[Person, ...], Dice]]:
    """Draw each client, or couple, with a stream of chance of their own."""
    times = arrivals(world, seed)
    index = 0
    while index < len(times):
        dice = Dice(seed, 3, index)
        people: tuple[Person, ...] = (unseen(world, Dice(seed, 4, index), person(world, dice, index, times[index])),)
        if dice.chance(world.share_couples / (2 - world.share_couples)) and index + 1 < len(times):
            people = (people[0], partner(world, dice, index + 1, people[0]))
        index += len(people)
        yield people, dice


def _life(world: World, dice: Dice, people: tuple[Person, ...], staff: Sequence[Therapist]) -> Iterator[Episode]:
    asked_at: datetime | None = people[0].asked_at
    therapist = _assigned(dice, people[0], staff, people[0].asked_at.date())
    for number in range(1, _MOST_EPISODES + 1):
        if asked_at is None or asked_at >= world.clock_now:
            return
        episode = Course(world, dice, people, therapist, asked_at=asked_at, number=number).run()
        yield episode
        asked_at = episode.ended_at
        if episode.kind is Ending.SWITCHED and asked_at:
            therapist = _better_fit(dice, people[0], therapist, staff, asked_at.date())
        elif episode.kind is Ending.PLANNED and asked_at and dice.chance(world.rates.returned):
            asked_at += timedelta(days=dice.whole(80, 300), minutes=dice.whole(0, 200) - 100)
            people[0].came_for = 4
        else:
            return


def _here(staff: Sequence[Therapist], day: date) -> list[Therapist]:
    return [one for one in staff if one.leaves_on is None or day + timedelta(days=60) < one.leaves_on]


def _assigned(dice: Dice, person: Person, staff: Sequence[Therapist], day: date) -> Therapist:
    """Whoever has room, by how much room; a wish about gender is nearly always met."""
    here = _here(staff, day)
    wished = [one for one in here if one.gender == person.wants_therapist_gender]
    among = wished if wished and dice.chance(0.9) else here
    return dice.pick(among, [float(one.capacity) for one in among])


def _better_fit(dice: Dice, person: Person, before: Therapist, staff: Sequence[Therapist], day: date) -> Therapist:
    """Of four who have room, the one whose way of working is nearest to what he would like."""
    others = [one for one in _here(staff, day) if one is not before]
    if not others:
        return before
    return min(dice.shuffled(others)[:4], key=lambda one: (_distance(person, one), one.id))


def _distance(person: Person, therapist: Therapist) -> int:
    return sum(abs(person.prefers[axis] - therapist.style[axis]) for axis in AXES)
