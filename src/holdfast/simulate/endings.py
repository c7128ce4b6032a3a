"""How an episode may end openly, and what of it the practice writes down."""

from __future__ import annotations

import math
from collections.abc import Iterator

from holdfast.simulate.therapists import Therapist
from holdfast.simulate.world import Rates, World
from holdfast.tables.schema import Ending

HANDED_OVER = ((Ending.SWITCHED, 0.75), (Ending.PLANNED, 0.2), (Ending.REFERRED, 0.05))  # when a therapist leaves


def unplanned(rates: Rates, *, unhappy: bool) -> tuple[tuple[Ending, float], ...]:
    """The chances of each open ending after a session, beside a planned one."""
    return (
        (Ending.TOLD, rates.told_if_unhappy if unhappy else rates.told),
        (Ending.SWITCHED, rates.switched_if_unhappy if unhappy else rates.switched),
        (Ending.REFERRED, rates.referred),
        (Ending.OTHER, rates.other),
    )


def recorded_share(world: World, therapist: Therapist, kind: Ending) -> float:
    """How many endings of a kind this therapist writes down."""
    records = world.records
    share = records.switches if kind is Ending.SWITCHED else records.endings
    return min(share, records.careless_endings) if therapist.careless else share


def unsaid_chance(world: World, therapist: Therapist, *, unhappy: bool, due: bool, handed_over: bool) -> float:
    """The chance of an open ending after a session that nobody will ever write down.

    Who switches is seen elsewhere in the practice, which says it as well as a record.
    """
    kinds = HANDED_OVER if handed_over else _kinds(world.rates, unhappy=unhappy, due=due)
    lost = (share * (1 - recorded_share(world, therapist, kind)) for kind, share in kinds if kind != Ending.SWITCHED)
    return math.fsum(lost)


def _kinds(rates: Rates, *, unhappy: bool, due: bool) -> Iterator[tuple[Ending, float]]:
    planned = rates.planned_when_due if due else 0.0
    yield Ending.PLANNED, planned
    yield from ((kind, share * (1 - planned)) for kind, share in unplanned(rates, unhappy=unhappy))
