"""Who is acting: one person, or one link, in one role at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The roles of the site. A person with two of them acts in one at a time."""

    ANYONE = "anyone"
    LINK_HOLDER = "link_holder"
    CLIENT = "client"  # signed in, to see his own
    THERAPIST = "therapist"
    SUPERVISOR = "supervisor"
    CARE_CONTACT = "care_contact"
    LEAD = "lead"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody in a role. ``id`` is opaque: a number of a row, never a name."""

    role: Role
    id: str = ""
    invitation_id: int | None = None
    therapist_id: str | None = None
    client_id: str | None = None  # of a client who signed in
    way_back_id: int | None = None  # of the link by which he can come back
    contact_id: int | None = None  # of the link that asks whether an address is his

    @property
    def mark(self) -> str:
        """How the audit names him."""
        return f"{self.role}:{self.id}" if self.id else str(self.role)


ANYONE = Actor(Role.ANYONE)
OPERATOR = Actor(Role.ANYONE, id="operator")  # whoever runs the site, at its command line
WORKER = Actor(Role.ANYONE, id="worker")  # what the site does by itself
GATEWAY = Actor(Role.ANYONE, id="gateway")  # the SMS gateway, once its signature was checked
