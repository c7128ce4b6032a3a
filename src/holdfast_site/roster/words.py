"""The two ends of each axis, as somebody would say how he works."""

from holdfast_site.languages import N_

AXIS_ENDS = {
    "approach": (N_("Staying with feelings"), N_("Doing: tools, steps, plans")),
    "language": (N_("Everyday words"), N_("Clinical words")),
    "tone": (N_("Gentle"), N_("Blunt")),
    "posture": (N_("Follows the client"), N_("Leads the client")),
    "pace": (N_("Slow, at the surface"), N_("Fast, deep")),
    "energy": (N_("Calm"), N_("Lively")),
}
