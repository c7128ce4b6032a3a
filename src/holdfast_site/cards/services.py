"""Names and addresses of many clients from one table: looked at first, then kept as if each had been typed.

Of the file only what was read is kept, sealed, until it is taken over or forgotten: an hour at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from holdfast_site.access.actors import Actor
from holdfast_site.accounts.models import Post
from holdfast_site.audit.services import Action, record
from holdfast_site.cards.planning import TAKEN_AT_ONCE, Left, Plan, Step
from holdfast_site.cards.selectors import opened
from holdfast_site.cards.table import Table, read_table
from holdfast_site.exchange.models import CARDS, Upload
from holdfast_site.exchange.sealing import box
from holdfast_site.messages.confirming import change_card
from holdfast_site.people.contacts import ContactCard

MOST_EXAMPLES = 3


@dataclass(slots=True)
class Done:
    """What a table does, counted: how many clients, and of how many of them which part."""

    rows: int = 0
    clients: int = 0  # whose cards change
    same: int = 0  # nothing to change, and nothing that differs
    parts: Counter[str] = field(default_factory=Counter)  # name, email, phone; and by which channel he is written to
    left: list[Left] = field(default_factory=list)
    examples: list[Step] = field(default_factory=list)

    def add(self, steps: Sequence[Step]) -> None:
        """Count some rows more."""
        for step in steps:
            self.rows += 1
            self.left += step.left
            self.same += not step.changes and not step.left
            if step.changes and step.before is not None and step.after is not None:
                self.clients += 1
                self.parts.update(_new_parts(step.before, step.after))
                self.examples += [step] if len(self.examples) < MOST_EXAMPLES else []


def keep_table(*, by: Actor, form: UUID, name: str, content: bytes, now: datetime) -> Upload:
    """Keep what is read of a table until somebody has looked at it. The same form twice is one.

    Raises
    ------
    HoldfastError
        If it cannot be read. Nothing is kept then.
    """
    table = read_table(name, content)
    upload = Upload(form=form, by=Post.objects.get(member=int(by.id), role=by.role), at=now, source=CARDS)
    upload.sealed = box().seal(table.model_dump_json().encode(), place=upload.place)
    with transaction.atomic():
        before = Upload.objects.filter(form=form).first()
        if before is not None:
            return before
        upload.save(force_insert=True)
        record(Action.UPLOADED, by=by, about=f"upload:{upload.pk}", at=now)
    return upload


def looked_at(table: Table, *, by: Actor) -> Done:
    """What would happen, were everybody to be written to as the table says. Nothing has happened."""
    plan, done = Plan(table.rows, by=by, agreed=True), Done()
    for rows in plan.parts:
        done.add(plan.steps(rows))
    return done


def take_over(*, by: Actor, upload: Upload, agreed: bool, now: datetime) -> None:
    """Keep every card that changes, as if it had been typed; ``agreed``: these clients said how to write to them.

    Some rows at a time, so that nobody who answers meanwhile has to wait. Each of them is done once, however often
    this is begun anew: what stands already is not changed.
    """
    plan, done = Plan(opened(upload).rows, by=by, agreed=agreed, at_once=TAKEN_AT_ONCE), Done()
    for rows in plan.parts:
        with transaction.atomic():
            steps = plan.steps(rows)
            for step in steps:
                if step.changes and step.client is not None and step.after is not None:
                    change_card(by=by, client=step.client, card=step.after, now=now)
            done.add(steps)
    with transaction.atomic():
        still = Upload.objects.filter(pk=upload.pk, account__isnull=True)
        if still.update(account=_account(done), sealed=b""):
            record(Action.CARDS_TAKEN, by=by, about=f"upload:{upload.pk}", at=now)


@transaction.atomic
def forget(*, by: Actor, upload: Upload, now: datetime) -> None:
    """Throw it away."""
    Upload.objects.filter(pk=upload.pk, account__isnull=True).delete()
    record(Action.UPLOAD_FORGOTTEN, by=by, about=f"upload:{upload.pk}", at=now)


def _new_parts(before: ContactCard, after: ContactCard) -> Sequence[str]:
    """What of a card is new."""
    found = [part for part in ("name", "email", "phone") if getattr(before, part) != getattr(after, part)]
    return [*found, *([f"{after.channel}_channel"] if before.channel != after.channel else [])]


def _account(done: Done) -> dict[str, object]:
    """What stays of it: counts, and the rows that were not taken. No name and no address; an id only of a client."""
    left = [[one.row, one.client_id, one.why.value] for one in done.left]
    return {"rows": done.rows, "clients": done.clients, "same": done.same, "parts": done.parts, "left": left}
