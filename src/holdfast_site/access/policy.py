"""Who may reach which page: one table. What is not in it cannot be reached (safety rule 10).

``owns`` says whose things a page shows. It is kept where they are fetched: the selectors of each app take the actor
first, and find nothing that is not his.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from holdfast_site.access.actors import Role


class Owns(StrEnum):
    """Whose things a page is about."""

    NOTHING = "nothing of anybody's"
    THIS_CHECKIN = "the one check-in that his link is for"
    THIS_LINK = "the one session or ending that his link is for"
    OWN_CASELOAD = "the clients whom he treats now"
    OWN_UPLOADS = "the exports that he uploaded himself"
    KEPT_FROM_THERAPISTS = "what clients kept from their therapist"


@dataclass(frozen=True, slots=True)
class Rule:
    """One page: its name in the address table, what may be done with it, and by whom."""

    view: str
    methods: frozenset[str]
    roles: frozenset[Role]
    owns: Owns


READ = frozenset({"GET", "HEAD"})
SEND = frozenset({"POST"})
READ_AND_SEND = READ | SEND
EVERYBODY = frozenset(Role)
SIGNED_IN = EVERYBODY - {Role.ANYONE, Role.LINK_HOLDER}
THERAPIST, CARE_CONTACT = frozenset({Role.THERAPIST}), frozenset({Role.CARE_CONTACT})
IMPORTERS = frozenset({Role.LEAD, Role.DESK})
LINK_HOLDER = frozenset({Role.LINK_HOLDER})

POLICY: Mapping[str, Rule] = {
    rule.view: rule
    for rule in (
        Rule("home", READ, EVERYBODY, Owns.NOTHING),
        Rule("help_now", READ, EVERYBODY, Owns.NOTHING),
        Rule("blank", READ, EVERYBODY, Owns.NOTHING),
        Rule("sign_in", READ_AND_SEND, EVERYBODY, Owns.NOTHING),
        Rule("enter_demo", SEND, EVERYBODY, Owns.NOTHING),
        Rule("sign_out", SEND, SIGNED_IN, Owns.NOTHING),
        Rule("checkins:answer", READ_AND_SEND, LINK_HOLDER, Owns.THIS_CHECKIN),
        Rule("before:ask", READ_AND_SEND, LINK_HOLDER, Owns.THIS_LINK),
        Rule("before:say", READ_AND_SEND, LINK_HOLDER, Owns.THIS_LINK),
        Rule("before:back", READ_AND_SEND, LINK_HOLDER, Owns.THIS_LINK),
        Rule("messages:stop", READ_AND_SEND, LINK_HOLDER, Owns.THIS_LINK),
        Rule("messages:gateway", SEND, EVERYBODY, Owns.NOTHING),  # signed by the gateway, or absent
        Rule("messages:outbox", READ, EVERYBODY, Owns.NOTHING),  # only in the demo
        Rule("caseload:today", READ, THERAPIST, Owns.OWN_CASELOAD),
        Rule("caseload:client", READ, THERAPIST, Owns.OWN_CASELOAD),
        Rule("caseload:came", SEND, THERAPIST, Owns.OWN_CASELOAD),
        Rule("exchange:upload", READ_AND_SEND, IMPORTERS, Owns.OWN_UPLOADS),
        Rule("exchange:look", READ, IMPORTERS, Owns.OWN_UPLOADS),
        Rule("exchange:answer", SEND, IMPORTERS, Owns.OWN_UPLOADS),
        Rule("exchange:take", SEND, IMPORTERS, Owns.OWN_UPLOADS),
        Rule("exchange:forget", SEND, IMPORTERS, Owns.OWN_UPLOADS),
        Rule("handover:kept", READ, CARE_CONTACT, Owns.KEPT_FROM_THERAPISTS),
    )
}


def rule_for(view: str) -> Rule | None:
    """The rule of a page, or none: then nobody may reach it."""
    return POLICY.get(view)


def may(rule: Rule | None, role: Role) -> bool:
    """Say whether a role may reach a page."""
    return rule is not None and role in rule.roles
