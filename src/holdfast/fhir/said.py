"""What he asked for, what was sent, what was noted and worked out: Task, Communication, Procedure, Observation."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.fhir.elements import OURS, Body, coded, filled, himself, moment, practice, resource, therapist
from holdfast.fhir.record import Asked, Record

DAYS = {"unit": "days", "system": "http://unitsofmeasure.org", "code": "d"}


def tasks(record: Record) -> Iterator[Body]:
    """What he asked the practice for, or what it saw to of its own accord; with his words and every step."""
    named: Body = {"for": himself(record)}  # a word of Python's own
    for one in record.asked:
        yield resource(
            record,
            "Task",
            one.id,
            withheld=one.withheld,
            status=_how_far(one),
            businessStatus={"text": one.outcome} if one.outcome else None,
            intent="proposal" if one.by_himself else "plan",
            code=coded(f"{OURS}asked-for", one.kind, one.words),
            **named,
            authoredOn=moment(one.at),
            lastModified=moment(max(filter(None, [one.at, *(at for at, _ in one.done), one.closed_at]))),
            requester=himself(record) if one.by_himself else practice(record),
            note=[
                *({"authorReference": himself(record), "text": words} for words in one.said),
                *({"time": moment(at), "text": words} for at, words in one.done),
            ],
        )


def _how_far(one: Asked) -> str:
    if one.closed_at:
        return "completed"
    return "in-progress" if one.done else "requested"


def communications(record: Record) -> Iterator[Body]:
    """What went from one to the other, in the words that stand on his page."""
    for one in record.messages:
        ends = (himself(record), practice(record))
        sender, recipient = ends if one.from_him else reversed(ends)
        yield resource(
            record,
            "Communication",
            one.id,
            withheld=one.withheld,
            status=one.state,
            subject=himself(record),
            sent=moment(one.at),
            recipient=[recipient],
            sender=sender,
            payload=[{"contentString": one.words}],
        )


def procedures(record: Record) -> Iterator[Body]:
    """What his therapist noted as said or done."""
    for one in record.noted:
        yield resource(
            record,
            "Procedure",
            one.id,
            status="completed",
            code={"text": one.words},
            subject=himself(record),
            performedDateTime=moment(one.at),
            performer=[{"actor": therapist(record, one.therapist)}],
        )


def rhythms(record: Record) -> Iterator[Body]:
    """How many days apart he usually comes: worked out from his appointments, or taken from how others come."""
    for one in record.rhythms:
        yield resource(
            record,
            "Observation",
            f"rhythm/{one.therapist}",
            status="final",
            code=coded(f"{OURS}observation", "rhythm", one.words),
            subject=himself(record),
            focus=[therapist(record, one.therapist)],
            valueQuantity=filled({"value": round(one.days, 1), **DAYS}),
        )
