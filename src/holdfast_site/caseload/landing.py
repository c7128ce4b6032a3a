"""Under which row of this site each appointment of an export stands.

What is written down in both systems is one appointment and not two, though each has an id of its own for it. The first
export that has it for the same client, therapist and time makes them one, and the row here keeps the other system's id.
From then on it is found by that, wherever it is moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.asof import CALLED_OFF
from holdfast.tables.schema import Status
from holdfast_site.caseload.settling import is_later
from holdfast_site.people.booking import MADE_HERE
from holdfast_site.people.models import Appointment, KnownFrom

Key = tuple[str, str]  # of an appointment and its client


@dataclass(frozen=True, slots=True)
class Landed:
    """Where appointments of an export stand here, by their own keys.

    ``rows``: those that are known here. ``joined``: of these, the ones that are one with a row made here as of now.
    ``left``: booked rows from which they have moved away onto another that was booked here; by the same keys.
    """

    rows: dict[Key, Appointment] = field(default_factory=dict)
    joined: dict[Key, Appointment] = field(default_factory=dict)
    left: dict[Key, Appointment] = field(default_factory=dict)


def landed(told: Sequence[Appointment], here: Mapping[Key, Appointment]) -> Landed:
    """Find for each appointment of an export the row that it is here, if it is known at all."""
    linked = {(one.elsewhere_id, one.client_id): one for one in here.values() if one.elsewhere_id}
    made_here = [one for one in here.values() if one.appointment_id.startswith(MADE_HERE) and not one.elsewhere_id]
    free = {_place(one): one for one in sorted(made_here, key=_stands)}  # of two at one time, the one that stands
    found = Landed()
    for one in sorted(told, key=_stands, reverse=True):
        key = one.appointment_id, one.client_id
        own = here.get(key)
        known = linked.get(key, own)
        there = own if own is not None and _place(own) == _place(one) else free.get(_place(one))
        if there is not None and _may_land(one, known, there):
            free.pop(_place(one), None)
            _land(found, key, known, there)
        elif known is not None:
            found.rows[key] = known
    return found


def _land(found: Landed, key: Key, known: Appointment | None, there: Appointment) -> None:
    found.rows[key] = there
    if there.appointment_id != key[0] and (known is None or _stands(there)):
        found.joined[key] = there
        if known is not None and known.status == Status.BOOKED:
            found.left[key] = known


def _may_land(told: Appointment, known: Appointment | None, there: Appointment) -> bool:
    """Whether it is what stands here at its time, though it was known as another row, or not at all."""
    if told.appointment_id.startswith(MADE_HERE):
        return False
    if known is not None and (_place(known) == _place(told) or not _may_leave(told, known, there)):
        return False
    if there.appointment_id == told.appointment_id:
        return True
    if _stands(told):
        return _stands(there) or not is_later(told.booked_at, there.known_at)
    return is_later(told.status_at, there.booked_at)


def _may_leave(told: Appointment, known: Appointment, there: Appointment) -> bool:
    """Whether an export can take it away from where it was known.

    Not one that is older than what is known. And not onto what was moved away from or called off here, once the other
    system had heard of that: then it was moved back there.
    """
    if known.known_from == KnownFrom.EXPORT:
        return _stands(there) and not is_later(known.known_at, told.known_at)
    if known.agreed_at is not None and not (_stands(there) and is_later(told.known_at, known.agreed_at)):
        return False
    return is_later(told.known_at, known.known_at)


def _stands(one: Appointment) -> bool:
    return one.status not in CALLED_OFF


def _place(one: Appointment) -> tuple[object, ...]:
    return one.client_id, one.therapist_id, one.starts_at
