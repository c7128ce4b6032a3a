"""What an import did, in a few lines for the person who asked for it."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.tables.importing import Account
from holdfast.tables.reassigned import notes
from holdfast.tables.schema import REQUIRED_TABLE, Certainty, Status


def account_lines(account: Account) -> list[str]:
    """Say what was read, kept and left out, how each outcome is known, and what that means for the figures."""
    return [
        *_what_happened(account),
        *_left_out(account),
        *_how_it_is_known(account),
        *account.notes,
        *notes(account.reassigned),
    ]


def _what_happened(account: Account) -> Iterator[str]:
    kept = account.kept.get(REQUIRED_TABLE, 0)
    yield f"{account.source}, as of {account.now:%d %B %Y %H:%M} ({account.now.tzinfo})"
    yield f"{_count(account.rows_read, 'row')} read, {_count(kept, 'appointment')} kept" + _others(account) + "."
    changes = [
        f"{number:,} {word}"
        for number, word in (
            (account.added, "new"),
            (account.updated, "changed"),
            (account.unchanged, "as before"),
            (account.not_replaced, "older than what is here, so left as they were"),
        )
        if number
    ]
    if changes and account.added != kept:
        yield f"Of those appointments: {', '.join(changes)}."


def _others(account: Account) -> str:
    others = [
        _count(number, name.removesuffix("s"), name) for name, number in account.kept.items() if name != REQUIRED_TABLE
    ]
    return f"; also {', '.join(others)}" if others else ""


def _left_out(account: Account) -> Iterator[str]:
    for reason, number in sorted(account.skipped.items(), key=lambda item: (-item[1], item[0])):
        yield f"Left out: {number:,} - {reason}."


def _how_it_is_known(account: Account) -> Iterator[str]:
    known = account.certainty
    total = sum(account.statuses.values())
    if not total:
        return
    yield (
        "Outcomes: "
        + ", ".join(f"{number:,} {word.replace('_', ' ')}" for word, number in account.statuses.items())
        + "."
    )
    defaulted, inferred = known.get(Certainty.DEFAULTED, 0), known.get(Certainty.INFERRED, 0)
    unmarked = account.statuses.get(Status.UNKNOWN, 0)
    if defaulted:
        yield (
            f"{defaulted:,} of {total:,} outcomes are what the system fills in by itself: if a missed session was not "
            "always marked, people left earlier than the figures show."
        )
    if inferred:
        yield f"{inferred:,} of {total:,} outcomes were worked out, not recorded: weaker evidence than a mark."
    if unmarked:
        those = "1 past appointment was" if unmarked == 1 else f"{unmarked:,} past appointments were"
        yield (
            f"{those} never marked. What nobody marked counts neither as attended nor as missed; "
            "marking it makes the figures surer."
        )
    if not (defaulted or inferred or unmarked):
        outcomes = "The one outcome was" if total == 1 else f"All {total:,} outcomes were"
        yield f"{outcomes} recorded by somebody: nothing had to be assumed."


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
