"""The two ends of each axis, as somebody would say how he works."""

AXIS_ENDS = {
    "approach": ("Staying with feelings", "Doing: tools, steps, plans"),
    "language": ("Everyday words", "Clinical words"),
    "tone": ("Gentle", "Blunt"),
    "posture": ("Follows the client", "Leads the client"),
    "pace": ("Slow, at the surface", "Fast, deep"),
    "energy": ("Calm", "Lively"),
}
