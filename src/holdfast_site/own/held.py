"""Everything in the database that leads to a client: where he is shown it, and what becomes of it when he is erased.

One table, so that neither is forgotten: a test walks every model, and finds one that is missing here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from django.db.models import Model, QuerySet

from holdfast_site.accounts.models import (
    Assignment,
    CodeApp,
    Mailbox,
    Member,
    PaperCode,
    Passkey,
    Post,
    Session,
    Welcome,
)
from holdfast_site.before.models import Knock, WayBack, Word
from holdfast_site.caseload.models import Course, Flag, Guess, Overdue, Repair
from holdfast_site.checkins.models import Correction, Invitation, SealedBox, Submission
from holdfast_site.consents.models import Decision
from holdfast_site.emergency.models import Opening
from holdfast_site.exchange.models import Upload
from holdfast_site.handover.models import Matter, Step, Switch
from holdfast_site.messages.models import Message, Undelivered
from holdfast_site.people.models import Appointment, Client, Contact, Ending, Pause
from holdfast_site.studies.models import InFile


class Erasing(Enum):
    """What becomes of the rows of whoever is erased."""

    DELETED = "deleted"
    EMPTIED = "the row stays, what was sealed in it is gone"
    SHUT = "the row stays, and what it opened is opened by nothing any more"
    STAYS = "stays: it says that and when, not what"


@dataclass(frozen=True, slots=True)
class Held:
    """One model. ``path`` is how it leads to him."""

    model: type[Model]
    path: str
    erasing: Erasing
    part: str = ""  # of what he is shown and can take away
    emptied: Mapping[str, bytes | None] = field(default_factory=dict)  # what is left of a row that stays
    why_not: str = ""  # it is in no part

    def rows_of(self, client: Client) -> QuerySet[Model]:
        """The rows that are his."""
        return self.model._default_manager.filter(**{self.path: client.pk})


DELETED, EMPTIED, SHUT, STAYS = Erasing.DELETED, Erasing.EMPTIED, Erasing.SHUT, Erasing.STAYS
BY_APPOINTMENT, BY_INVITATION = "appointment__client", "invitation__appointment__client"
BY_SUBMISSION = "submission__invitation__appointment__client"
SEEN_ELSEWHERE = "Where he is signed in stands on the page of his ways in, where he can end it; all end within a day."
NO_FLAG = "No flag is ever shown to a client (safety rule 8); that there is a calculation is said, and he can leave it."

HELD: Sequence[Held] = (  # what is deleted is deleted in this order
    Held(Knock, f"way_back__{BY_SUBMISSION}", DELETED, "asked_for"),
    Held(WayBack, BY_SUBMISSION, DELETED, "asked_for"),
    Held(Message, "client", DELETED, "messages"),
    Held(Undelivered, "client", DELETED, "messages"),
    Held(Correction, f"box__{BY_SUBMISSION}", DELETED, "answers"),
    Held(SealedBox, BY_SUBMISSION, DELETED, "answers"),
    Held(Contact, "client", DELETED, "how_you_are_reached"),
    Held(Guess, "flag__client", DELETED, why_not="What a therapist thought before the flag was shown. " + NO_FLAG),
    Held(Flag, "client", DELETED, why_not=NO_FLAG),
    Held(Repair, "client", DELETED, "noted"),
    Held(Course, "client", DELETED, "worked_out"),
    Held(Overdue, "client", DELETED, why_not="Made anew every hour from his appointments, which he has. " + NO_FLAG),
    Held(Passkey, "member__posts__client", DELETED, "ways_in"),
    Held(CodeApp, "member__posts__client", DELETED, "ways_in"),
    Held(PaperCode, "member__posts__client", DELETED, "ways_in"),
    Held(Mailbox, "member__posts__client", DELETED, why_not="Only who works here has one; messages to him are his."),
    Held(Session, "member__posts__client", DELETED, why_not=SEEN_ELSEWHERE),
    Held(InFile, "client", DELETED, "study_files"),
    Held(Matter, "client", EMPTIED, "asked_for", {"sealed": b""}),
    Held(Opening, "client", EMPTIED, "emergencies", {"sealed": b""}),
    Held(Switch, "client", EMPTIED, "story", {"sealed": b""}),
    Held(Client, "pk", EMPTIED, "wishes", {"wrapped_key": b"", "sealed_wishes": None}),
    Held(Invitation, BY_APPOINTMENT, SHUT, "questions_sent"),
    Held(Welcome, "post__client", SHUT, "ways_in"),
    Held(Member, "posts__client", SHUT, "ways_in"),
    Held(Post, "client", STAYS, "ways_in"),
    Held(Submission, BY_INVITATION, STAYS, "answers"),
    Held(Word, BY_INVITATION, STAYS, "asked_for"),
    Held(Step, "matter__client", STAYS, "asked_for"),
    Held(Decision, "client", STAYS, "decisions"),
    Held(Appointment, "client", STAYS, "appointments"),
    Held(Ending, "client", STAYS, "endings"),
    Held(Pause, "client", STAYS, "pauses"),
    Held(Assignment, "client", STAYS, "supervised"),
    Held(Upload, "by__client", STAYS, why_not="Only staff bring exports; it is sealed, and gone within the hour."),
)
