"""Where somebody can go in his role: the first is where he comes in, all of them stand at the top of his pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast_site.access.actors import Role

PLACES: Mapping[Role, Sequence[tuple[str, str]]] = {
    Role.THERAPIST: (("caseload:today", "Today"),),
    Role.CARE_CONTACT: (("handover:kept", "Not for the therapist"),),
    Role.LEAD: (("exchange:upload", "Import"),),
    Role.DESK: (("exchange:upload", "Import"),),
}


def first_place(role: Role) -> str:
    """Where somebody in this role comes in."""
    return PLACES[role][0][0]
