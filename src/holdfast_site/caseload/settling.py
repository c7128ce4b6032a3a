"""What stands when an export says otherwise than somebody on this site.

What somebody said here stands against an export made before that, or at the same moment. It stands against a later one
too that has merely not heard of it: nobody marked the appointment there, the system filled its outcome in by itself, it
was written down there before, or it is still booked for the time that was moved or called off here. What somebody wrote
down there later wins; so does what stands there as it did before, once an export had said the same as somebody here.
What an export said, or agreed with, stands against one that was made before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time
from enum import Enum

from django.utils.formats import number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext

from holdfast.tables.schema import Certainty, Status
from holdfast_site.people.models import Appointment, KnownFrom

TAKEN = ("therapist_id", "starts_at", "status", "initiated_by", "certainty", "modality", "booked_at", "status_at")
SAID_BY_NOBODY = (Certainty.DEFAULTED, Certainty.INFERRED, Certainty.NOT_UPDATED)


class Fate(Enum):
    """What becomes of one appointment of an export."""

    NEW = "new"
    SAME = "as before"
    CHANGED = "changed"
    OVERRULED = "changed, though somebody said otherwise here"
    KEPT = "kept as somebody said here"
    OLDER = "kept as a newer export has it"


@dataclass(frozen=True, slots=True)
class Settled:
    """How many appointments of an export were new to the site, changed there, or stayed as somebody said there."""

    new: int = 0
    changed: int = 0
    overruled: int = 0  # of those changed: somebody had said otherwise here, before that export
    kept: int = 0
    older: int = 0  # stayed as an export has them that was made later
    left: int = 0  # called off: in the other system they have moved onto another that was booked here


def fate(told: Appointment, here: Appointment | None) -> Fate:
    """Decide about one appointment. ``told`` is as the export has it; its ``known_at`` is the export's moment."""
    if here is None:
        return Fate.NEW
    if here.known_from == KnownFrom.EXPORT:
        if all(getattr(told, name) == getattr(here, name) for name in TAKEN):
            return Fate.SAME
        return Fate.OLDER if is_later(here.known_at, told.known_at) else Fate.CHANGED
    if (told.status, told.starts_at, told.therapist_id) == (here.status, here.starts_at, here.therapist_id):
        return Fate.SAME
    if here.agreed_at is not None and not is_later(told.known_at, here.agreed_at):
        return Fate.OLDER
    return Fate.OVERRULED if is_later(told.known_at, here.known_at) and _is_news(told, here) else Fate.KEPT


def counted(fates: Mapping[Fate, int], *, left: int) -> Settled:
    """How many of each."""
    overruled = fates.get(Fate.OVERRULED, 0)
    changed = fates.get(Fate.CHANGED, 0) + overruled
    kept, older = fates.get(Fate.KEPT, 0), fates.get(Fate.OLDER, 0)
    return Settled(fates.get(Fate.NEW, 0), changed, overruled, kept, older, left)


def lines(settled: Settled) -> Iterator[str]:
    """The same in words, for the account of an import; nothing where nothing was here before."""
    counts = {name: number_format(count, force_grouping=True) for name, count in asdict(settled).items()}
    if settled.changed or settled.kept:
        words = gettext(
            "On this site: %(new)s new, %(changed)s changed, %(kept)s kept as somebody marked, moved or called off "
            "here."
        )
        yield words % counts
    if settled.overruled:
        words = gettext(
            "%(overruled)s of those changed had been marked, moved or called off here before this export was made, and "
            "somebody wrote something else into the other system."
        )
        yield words % counts
    if settled.left:
        words = gettext(
            "%(left)s called off here: the other system has moved what it was to a time that was booked here as well."
        )
        yield words % counts
    if settled.older:
        yield gettext("%(older)s kept as an export has them that was made after this one.") % counts


def is_later(one: datetime | None, other: datetime | None) -> bool:
    """Whether one moment is known to be later than the other."""
    return one is not None and other is not None and one > other


def _is_news(told: Appointment, here: Appointment) -> bool:
    """Whether somebody wrote something down there."""
    if told.status == Status.UNKNOWN or told.certainty in SAID_BY_NOBODY or _was_said_before(told, here):
        return False
    if here.agreed_at is not None:  # it had heard of it
        return True
    return told.status != Status.BOOKED or (told.starts_at, told.therapist_id) != (here.starts_at, here.therapist_id)


def _was_said_before(told: Appointment, here: Appointment) -> bool:
    """Whether the export says itself that its outcome was written down before somebody spoke here.

    A day without a time says nothing of that: it may have been in the evening.
    """
    said_at = told.status_at
    if said_at is None or here.known_at is None or told.status == Status.BOOKED:
        return False
    return localtime(said_at).time() != time() and said_at < here.known_at
