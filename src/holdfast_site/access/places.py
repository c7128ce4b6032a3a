"""Where somebody can go in his role: the first is where he comes in, all of them stand at the top of his pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast_site.access.actors import Role

PLACES: Mapping[Role, Sequence[tuple[str, str]]] = {
    Role.CLIENT: (("own:mine", "Yours"),),
    Role.THERAPIST: (
        ("caseload:today", "Today"),
        ("handover:holding", "Asked for"),
        ("oversight:standing_in", "Standing in"),
    ),
    Role.CARE_CONTACT: (("handover:holding", "Nobody is holding"), ("handover:kept", "Not for the therapist")),
    Role.DESK: (
        ("schedule:day", "Schedule"),
        ("schedule:sent", "Check-ins"),
        ("schedule:clients", "Clients"),
        ("exchange:upload", "Import"),
    ),
    Role.LEAD: (
        ("insight:practice", "The practice"),
        ("roster:people", "People"),
        ("oversight:arranged", "Supervision and leave"),
        ("exchange:upload", "Import"),
    ),
    Role.SUPERVISOR: (("oversight:supervised", "Supervision"),),
}


def first_place(role: Role) -> str:
    """Where somebody in this role comes in."""
    return PLACES[role][0][0]
