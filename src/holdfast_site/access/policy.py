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
    THIS_LINK = "the one session, ending or address that his link is for"
    OWN_MAILBOX = "where he hears by mail that something is waiting; only himself"
    OWN_WAY_IN = "what somebody signs in with himself, and where"
    ABOUT_HIMSELF = "what is held about the client who signed in"
    OWN_CASELOAD = "the clients whom he treats now"
    OWN_UPLOADS = "the exports that he uploaded himself"
    OWN_TABLES = "the tables of names and addresses that he uploaded himself"
    KEPT_FROM_THERAPISTS = "what clients kept from their therapist"
    THE_PRACTICE = "the practice as a whole, in counts that are not small"
    THE_SCHEDULE = "appointments, what is due and sent, names and addresses; never what was said"
    ASSIGNED = "the clients whom he is assigned to, and who were told"
    STANDING_IN = "what is open with therapists who are away, while he stands in"
    EMERGENCY = "one client of somebody else's, for an hour, of which he, his therapist and the lead are told"
    STAFF = "who works here"
    STUDIES = "studies; of who is in them a number that is never small"
    MATTERS = "the clients of whom something is to be seen to"


@dataclass(frozen=True, slots=True)
class Rule:
    """One page: its name in the address table, what may be done with it, and by whom."""

    view: str
    methods: frozenset[str]
    roles: frozenset[Role]
    owns: Owns
    fresh: bool = False  # only within five minutes of having shown that it is he


READ = frozenset({"GET", "HEAD"})
SEND = frozenset({"POST"})
READ_AND_SEND = READ | SEND
EVERYBODY = frozenset(Role)
SIGNED_IN = EVERYBODY - {Role.ANYONE, Role.LINK_HOLDER}
STAFF = SIGNED_IN - {Role.CLIENT}
THERAPIST, CARE_CONTACT = frozenset({Role.THERAPIST}), frozenset({Role.CARE_CONTACT})
SUPERVISOR, LEAD, DESK = frozenset({Role.SUPERVISOR}), frozenset({Role.LEAD}), frozenset({Role.DESK})
IMPORTERS = frozenset({Role.LEAD, Role.DESK})
CLINICIANS = THERAPIST | SUPERVISOR
LINK_HOLDER = frozenset({Role.LINK_HOLDER})
CLIENT = frozenset({Role.CLIENT})

POLICY: Mapping[str, Rule] = {
    rule.view: rule
    for rule in (
        Rule("home", READ, EVERYBODY, Owns.NOTHING),
        Rule("help_now", READ, EVERYBODY, Owns.NOTHING),
        Rule("blank", READ, EVERYBODY, Owns.NOTHING),
        Rule("sign_in", READ_AND_SEND, EVERYBODY, Owns.NOTHING),
        Rule("ask_to_show", SEND, EVERYBODY, Owns.NOTHING),
        Rule("sign_in_with_passkey", SEND, EVERYBODY, Owns.NOTHING),
        Rule("choose_role", READ_AND_SEND, EVERYBODY, Owns.OWN_WAY_IN),
        Rule("prove", READ_AND_SEND, SIGNED_IN, Owns.NOTHING),
        Rule("ways", READ, SIGNED_IN, Owns.OWN_WAY_IN, fresh=True),
        Rule("ask_to_add", SEND, SIGNED_IN, Owns.OWN_WAY_IN, fresh=True),
        Rule("add_passkey", SEND, SIGNED_IN, Owns.OWN_WAY_IN, fresh=True),
        Rule("remove_passkey", SEND, SIGNED_IN, Owns.OWN_WAY_IN, fresh=True),
        Rule("change_password", READ_AND_SEND, SIGNED_IN, Owns.OWN_WAY_IN, fresh=True),
        Rule("know_changes", SEND, SIGNED_IN, Owns.OWN_WAY_IN, fresh=True),
        Rule("end_session", SEND, SIGNED_IN, Owns.OWN_WAY_IN, fresh=True),
        Rule("end_others", SEND, SIGNED_IN, Owns.OWN_WAY_IN, fresh=True),
        Rule("mailbox", READ_AND_SEND, STAFF, Owns.OWN_MAILBOX, fresh=True),
        Rule("welcome", READ_AND_SEND, EVERYBODY, Owns.OWN_WAY_IN),
        Rule("way_in", READ, EVERYBODY, Owns.OWN_WAY_IN),
        Rule("ask_to_make", SEND, EVERYBODY, Owns.OWN_WAY_IN),
        Rule("way_in_with_passkey", SEND, EVERYBODY, Owns.OWN_WAY_IN),
        Rule("way_in_with_code", READ_AND_SEND, EVERYBODY, Owns.OWN_WAY_IN),
        Rule("enter_demo", SEND, EVERYBODY, Owns.NOTHING),
        Rule("sign_out", SEND, SIGNED_IN, Owns.NOTHING),
        Rule("checkins:answer", READ_AND_SEND, LINK_HOLDER, Owns.THIS_CHECKIN),
        Rule("before:ask", READ_AND_SEND, LINK_HOLDER, Owns.THIS_LINK),
        Rule("before:say", READ_AND_SEND, LINK_HOLDER, Owns.THIS_LINK),
        Rule("before:back", READ_AND_SEND, LINK_HOLDER, Owns.THIS_LINK),
        Rule("messages:stop", READ_AND_SEND, LINK_HOLDER, Owns.THIS_LINK),
        Rule("messages:confirm", READ_AND_SEND, LINK_HOLDER, Owns.THIS_LINK),
        Rule("messages:gateway", SEND, EVERYBODY, Owns.NOTHING),  # signed by the gateway, or absent
        Rule("messages:outbox", READ, EVERYBODY, Owns.NOTHING),  # only in the demo
        Rule("gallery:clients", READ, EVERYBODY, Owns.NOTHING),  # only in the demo
        Rule("gallery:staff", READ, EVERYBODY, Owns.NOTHING),  # only in the demo
        Rule("gallery:figures", READ, EVERYBODY, Owns.NOTHING),  # only in the demo
        Rule("caseload:today", READ, THERAPIST, Owns.OWN_CASELOAD),
        Rule("caseload:client", READ, THERAPIST, Owns.OWN_CASELOAD),
        Rule("caseload:came", SEND, THERAPIST, Owns.OWN_CASELOAD),
        Rule("exchange:upload", READ_AND_SEND, IMPORTERS, Owns.OWN_UPLOADS),
        Rule("exchange:look", READ, IMPORTERS, Owns.OWN_UPLOADS),
        Rule("exchange:answer", SEND, IMPORTERS, Owns.OWN_UPLOADS),
        Rule("exchange:moment", SEND, IMPORTERS, Owns.OWN_UPLOADS),
        Rule("exchange:without", SEND, IMPORTERS, Owns.OWN_UPLOADS),
        Rule("exchange:same", SEND, IMPORTERS, Owns.OWN_UPLOADS),
        Rule("exchange:take", SEND, IMPORTERS, Owns.OWN_UPLOADS),
        Rule("exchange:forget", SEND, IMPORTERS, Owns.OWN_UPLOADS),
        Rule("come", READ_AND_SEND, frozenset({Role.LINK_HOLDER}), Owns.THIS_CHECKIN),
        Rule("own:mine", READ, CLIENT, Owns.ABOUT_HIMSELF),
        Rule("own:answers", READ, CLIENT, Owns.ABOUT_HIMSELF),
        Rule("own:correct", READ_AND_SEND, CLIENT, Owns.ABOUT_HIMSELF),
        Rule("own:held", READ, CLIENT, Owns.ABOUT_HIMSELF),
        Rule("own:looked", READ, CLIENT, Owns.ABOUT_HIMSELF),
        Rule("own:allowed", READ_AND_SEND, CLIENT, Owns.ABOUT_HIMSELF),
        Rule("own:reach", READ_AND_SEND, CLIENT, Owns.ABOUT_HIMSELF),
        Rule("own:questions", READ_AND_SEND, CLIENT, Owns.ABOUT_HIMSELF),
        Rule("own:download", READ, CLIENT, Owns.ABOUT_HIMSELF),
        Rule("own:take", READ, CLIENT, Owns.ABOUT_HIMSELF, fresh=True),
        Rule("own:before_erasing", READ, CLIENT, Owns.ABOUT_HIMSELF),
        Rule("own:erase_all", READ_AND_SEND, CLIENT, Owns.ABOUT_HIMSELF, fresh=True),
        Rule("own:give", READ_AND_SEND, THERAPIST, Owns.OWN_CASELOAD),
        Rule("caseload:log", SEND, THERAPIST, Owns.OWN_CASELOAD),
        Rule("caseload:take_back", SEND, THERAPIST, Owns.OWN_CASELOAD),
        Rule("caseload:guess", SEND, THERAPIST, Owns.OWN_CASELOAD),
        Rule("handover:kept", READ_AND_SEND, CARE_CONTACT, Owns.KEPT_FROM_THERAPISTS),
        Rule("handover:holding", READ, CARE_CONTACT | THERAPIST, Owns.MATTERS),
        Rule("handover:matter", READ_AND_SEND, CARE_CONTACT | THERAPIST, Owns.MATTERS),
        Rule("handover:another", READ_AND_SEND, CARE_CONTACT, Owns.MATTERS),
        Rule("insight:practice", READ, LEAD, Owns.THE_PRACTICE),
        Rule("studies:studies", READ_AND_SEND, LEAD, Owns.STUDIES),
        Rule("studies:study", READ_AND_SEND, LEAD, Owns.STUDIES),
        Rule("studies:file", READ_AND_SEND, LEAD, Owns.STUDIES, fresh=True),
        Rule("studies:close", READ_AND_SEND, LEAD, Owns.STUDIES, fresh=True),
        Rule("schedule:day", READ, DESK, Owns.THE_SCHEDULE),
        Rule("schedule:book", READ_AND_SEND, DESK, Owns.THE_SCHEDULE),
        Rule("schedule:appointment", READ_AND_SEND, DESK, Owns.THE_SCHEDULE),
        Rule("schedule:came", SEND, DESK, Owns.THE_SCHEDULE),
        Rule("schedule:sent", READ, DESK, Owns.THE_SCHEDULE),
        Rule("schedule:clients", READ_AND_SEND, DESK, Owns.THE_SCHEDULE),
        Rule("schedule:client", READ_AND_SEND, DESK, Owns.THE_SCHEDULE),
        Rule("cards:upload", READ_AND_SEND, DESK, Owns.OWN_TABLES),
        Rule("cards:look", READ, DESK, Owns.OWN_TABLES),
        Rule("cards:take", SEND, DESK, Owns.OWN_TABLES),
        Rule("cards:forget", SEND, DESK, Owns.OWN_TABLES),
        Rule("oversight:supervised", READ, SUPERVISOR, Owns.ASSIGNED),
        Rule("oversight:client", READ, SUPERVISOR, Owns.ASSIGNED),
        Rule("oversight:standing_in", READ, THERAPIST, Owns.STANDING_IN),
        Rule("oversight:arranged", READ_AND_SEND, LEAD, Owns.STAFF),
        Rule("oversight:emergency", READ_AND_SEND, CLINICIANS, Owns.EMERGENCY, fresh=True),
        Rule("oversight:opened", READ_AND_SEND, CLINICIANS, Owns.EMERGENCY),
        Rule("caseload:know", SEND, THERAPIST, Owns.OWN_CASELOAD),
        Rule("insight:know", SEND, LEAD, Owns.STAFF),
        Rule("roster:people", READ_AND_SEND, LEAD, Owns.STAFF),
        Rule("roster:access", SEND, LEAD, Owns.STAFF),
        Rule("roster:names", READ_AND_SEND, LEAD, Owns.STAFF),
        Rule("roster:therapist", READ_AND_SEND, LEAD, Owns.STAFF),
        Rule("handover:story", READ, THERAPIST, Owns.OWN_CASELOAD),
    )
}


def rule_for(view: str) -> Rule | None:
    """The rule of a page, or none: then nobody may reach it."""
    return POLICY.get(view)


def may(rule: Rule | None, role: Role) -> bool:
    """Say whether a role may reach a page."""
    return rule is not None and role in rule.roles
