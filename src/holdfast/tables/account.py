"""What an import did, in a few lines for the person who asked for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from holdfast.tables.importing import Account
from holdfast.tables.reassigned import notes
from holdfast.tables.schema import REQUIRED_TABLE, Certainty, Status
from holdfast.words import Words, plural

OUTCOMES: Mapping[str, Words] = {
    Status.BOOKED: Words("booked"),
    Status.ATTENDED: Words("attended"),
    Status.LATE_CANCELLED: Words("late cancelled"),
    Status.CANCELLED: Words("cancelled"),
    Status.RESCHEDULED: Words("rescheduled"),
    Status.NO_SHOW: Words("no show"),
    Status.UNKNOWN: Words("unknown"),
}


def account_lines(account: Account) -> list[Words]:
    """Say what was read, kept and left out, how each outcome is known, and what that means for the figures."""
    return [
        *_what_happened(account),
        *_left_out(account),
        *_how_it_is_known(account),
        *account.notes,
        *notes(account.reassigned),
    ]


def _what_happened(account: Account) -> Iterator[Words]:
    kept = account.kept.get(REQUIRED_TABLE, 0)
    yield Words(
        "{source}, as of {moment} ({zone})",
        source=account.source,
        moment=account.now,
        zone=str(account.now.tzinfo),
    )
    read = plural("{count} row", "{count} rows", account.rows_read)
    appointments = plural("{count} appointment", "{count} appointments", kept)
    others = [_of_table(name, number) for name, number in account.kept.items() if name != REQUIRED_TABLE]
    if others:
        yield Words("{read} read, {kept} kept; also {others}.", read=read, kept=appointments, others=others)
    else:
        yield Words("{read} read, {kept} kept.", read=read, kept=appointments)
    changes = [
        words
        for number, words in (
            (account.added, Words("{count} new", count=account.added)),
            (account.updated, Words("{count} changed", count=account.updated)),
            (account.unchanged, Words("{count} as before", count=account.unchanged)),
            (
                account.not_replaced,
                Words("{count} older than what is here, so left as they were", count=account.not_replaced),
            ),
        )
        if number
    ]
    if changes and account.added != kept:
        yield Words("Of those appointments: {changes}.", changes=changes)


def _of_table(name: str, number: int) -> Words:
    """So many rows of a table, by its name."""
    return {
        "clients": plural("{count} client", "{count} clients", number),
        "therapists": plural("{count} therapist", "{count} therapists", number),
        "checkins": plural("{count} checkin", "{count} checkins", number),
        "scores": plural("{count} score", "{count} scores", number),
        "endings": plural("{count} ending", "{count} endings", number),
        "repairs": plural("{count} repair", "{count} repairs", number),
    }[name]


def _left_out(account: Account) -> Iterator[Words]:
    for reason, number in sorted(account.skipped.items(), key=lambda item: (-item[1], item[0])):
        yield Words("Left out: {count} - {reason}.", count=number, reason=reason)


def _how_it_is_known(account: Account) -> Iterator[Words]:
    known = account.certainty
    total = sum(account.statuses.values())
    if not total:
        return
    statuses = [
        Words("{count} {status}", count=number, status=OUTCOMES.get(word, word))
        for word, number in account.statuses.items()
    ]
    yield Words("Outcomes: {statuses}.", statuses=statuses)
    defaulted, inferred = known.get(Certainty.DEFAULTED, 0), known.get(Certainty.INFERRED, 0)
    unmarked = account.statuses.get(Status.UNKNOWN, 0)
    if defaulted:
        yield Words(
            "{defaulted} of {total} outcomes are what the system fills in by itself: if a missed session was not "
            "always marked, people left earlier than the figures show.",
            defaulted=defaulted,
            total=total,
        )
    if inferred:
        yield Words(
            "{inferred} of {total} outcomes were worked out, not recorded: weaker evidence than a mark.",
            inferred=inferred,
            total=total,
        )
    if unmarked:
        yield plural(
            "{count} past appointment was never marked. What nobody marked counts neither as attended nor as missed; "
            "marking it makes the figures surer.",
            "{count} past appointments were never marked. What nobody marked counts neither as attended nor as missed; "
            "marking it makes the figures surer.",
            unmarked,
        )
    if not (defaulted or inferred or unmarked):
        yield plural(
            "The one outcome was recorded by somebody: nothing had to be assumed.",
            "All {count} outcomes were recorded by somebody: nothing had to be assumed.",
            total,
        )
