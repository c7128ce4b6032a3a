"""Where somebody can go in his role: the first is where he comes in, all of them stand at the top of his pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast_site.access.actors import Role
from holdfast_site.languages import N_

PLACES: Mapping[Role, Sequence[tuple[str, str]]] = {
    Role.CLIENT: (("own:mine", N_("Yours")),),
    Role.THERAPIST: (
        ("caseload:today", N_("Today")),
        ("handover:holding", N_("Asked for")),
        ("oversight:standing_in", N_("Standing in")),
    ),
    Role.CARE_CONTACT: (("handover:holding", N_("Nobody is holding")), ("handover:kept", N_("Not for the therapist"))),
    Role.DESK: (
        ("schedule:day", N_("Schedule")),
        ("schedule:sent", N_("Check-ins")),
        ("schedule:clients", N_("Clients")),
        ("exchange:upload", N_("Import")),
    ),
    Role.LEAD: (
        ("insight:practice", N_("The practice")),
        ("roster:people", N_("People")),
        ("oversight:arranged", N_("Supervision and leave")),
        ("studies:studies", N_("Studies")),
        ("exchange:upload", N_("Import")),
    ),
    Role.SUPERVISOR: (("oversight:supervised", N_("Supervision")),),
}


def first_place(role: Role) -> str:
    """Where somebody in this role comes in."""
    return PLACES[role][0][0]
