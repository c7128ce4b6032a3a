"""Who is acting: one person, or one link, in one role at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The roles of the table in safety.md that the site knows so far."""

    ANYONE = "anyone"
    LINK_HOLDER = "link_holder"
    THERAPIST = "therapist"
    CARE_CONTACT = "care_contact"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody in a role. ``id`` is opaque: a number of a row, never a name."""

    role: Role
    id: str = ""
    invitation_id: int | None = None
    therapist_id: str | None = None

    @property
    def mark(self) -> str:
        """How the audit names him."""
        return f"{self.role}:{self.id}" if self.id else str(self.role)


ANYONE = Actor(Role.ANYONE)
OPERATOR = Actor(Role.ANYONE, id="operator")  # whoever runs the site, at its command line
