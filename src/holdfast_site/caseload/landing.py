"""Which appointments of an export are ones that were booked or moved to here: the same client, therapist and time.

What is written down in both systems, each under an id of its own, is one appointment and not two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast.asof import CALLED_OFF
from holdfast_site.caseload.settling import is_later
from holdfast_site.people.booking import MADE_HERE
from holdfast_site.people.models import Appointment

Key = tuple[str, str]  # of an appointment and its client


def landed(told: Sequence[Appointment], here: Mapping[Key, Appointment]) -> Mapping[Key, str]:
    """The ids under which they stand here, for those that stand under another than their own."""
    made_here = {_place(one): one for one in here.values() if one.appointment_id.startswith(MADE_HERE)}
    found: dict[Key, str] = {}
    for one in sorted(told, key=lambda one: one.status in CALLED_OFF):  # of two at one time, the one that stands
        key, other = (one.appointment_id, one.client_id), made_here.get(_place(one))
        if other is not None and key not in found and _may_land(one, here.get(key), other):
            found[key] = made_here.pop(_place(one)).appointment_id
    return found


def _may_land(told: Appointment, own: Appointment | None, other: Appointment) -> bool:
    """Not what stands here by itself at that time; nor if one was called off before the other was booked."""
    if told.appointment_id.startswith(MADE_HERE):
        return False
    if own is not None and own.status not in CALLED_OFF and _place(own) == _place(told):
        return False
    if told.status not in CALLED_OFF:
        return other.status not in CALLED_OFF or not is_later(told.booked_at, other.known_at)
    return is_later(told.status_at, other.booked_at)


def _place(one: Appointment) -> tuple[object, ...]:
    return one.client_id, one.therapist_id, one.starts_at
