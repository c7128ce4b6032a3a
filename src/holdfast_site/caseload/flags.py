"""Reading flags: which stand, whether they may be shown yet, what became of them, and the therapist's own guesses."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from holdfast.insight.result import TOO_FEW
from holdfast.repair.followed import long_quiet
from holdfast.silence.policy import EVERYONE, OwnRecord, own_record
from holdfast.tables.schema import Ending as EndingKind
from holdfast.tables.schema import Status
from holdfast_site.access.actors import Actor
from holdfast_site.caseload.models import Calibration, Course, Flag, Guess, Summary
from holdfast_site.caseload.words import chance, how_often
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import left_out
from holdfast_site.people.models import Appointment, Client, Ending
from holdfast_site.saying import Kept, aged, heard, said

SHOWN_FOR = timedelta(days=14)  # how long a flag stays
MOST_FLAGS = 3
LEAST_GUESSES = 10  # of which it is known who was right
HALF = 0.5


class Said(StrEnum):
    """What a therapist may say before he sees why: will he come back?"""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Content:
    """What a flag holds: reasons, the chance with its range, and the groups for muting.

    What an earlier version kept has its words and its ``chance`` in English, and may know no number.
    """

    signals: Sequence[str]
    words: Sequence[Kept]
    chance: str = ""
    p_left: float | None = None
    groups: Sequence[str] = ()
    between: Sequence[float] = ()

    @property
    def reasons(self) -> Sequence[str]:
        """The reasons in the site's language."""
        return [said(heard(words)) for words in self.words]

    @property
    def how_likely(self) -> str:
        """The chance in words."""
        if self.p_left is None or not self.between:
            return self.chance
        low, high = self.between
        return chance(low, self.p_left, high)


@dataclass(frozen=True, slots=True)
class Worth:
    """Somebody who is worth a conversation. ``told`` is none until the therapist has guessed, or has not wanted to."""

    flag_id: int
    client: Client
    at: datetime
    told: Content | None
    guess: Said | None


@dataclass(frozen=True, slots=True)
class Muted:
    """For whom flags are off, in words; and whether the chances have been judged here at all."""

    groups: frozenset[str]
    words: Sequence[str]
    is_judged: bool

    @property
    def is_off(self) -> bool:
        return EVERYONE in self.groups


def muted() -> Muted:
    """The latest judgement of the chances here."""
    last = Calibration.objects.order_by("-at", "-pk").first()
    if last is None:
        return Muted(frozenset(), (), is_judged=False)
    words = [said(heard(words)) for _, words in last.muted]
    return Muted(frozenset(name for name, _ in last.muted), words, last.is_judged)


def worth_a_conversation(actor: Actor, clients: Iterable[str], off: Muted, *, now: datetime) -> Sequence[Worth]:
    """At most three that stand, for the therapist whose they are: each told once he has guessed, or did not want to."""
    return [_worth(flag, told) for flag, told in standing(actor.therapist_id or "", clients, off, now=now)]


def standing(therapist_id: str, clients: Iterable[str], off: Muted, *, now: datetime) -> Sequence[tuple[Flag, Content]]:
    """At most three that still stand: shown within two weeks, not muted, and nobody knows yet what came of them."""
    if not settings.SITE.early_warning or off.is_off:
        return []
    lately = Flag.objects.filter(client__in=list(clients), therapist=therapist_id, at__range=(now - SHOWN_FOR, now))
    unwilling = left_out(Consent.EARLY_WARNING, at=now, among=Client.objects.filter(pk__in=list(clients)))
    flags = list(lately.exclude(client__in=unwilling).select_related("client", "guess").order_by("-at", "pk"))
    fates = had_left(flags, now=now)
    open_ones = ((flag, _by_now(flag, now)) for flag in flags if fates[flag.pk] is None)
    return [(flag, told) for flag, told in open_ones if off.groups.isdisjoint(told.groups)][:MOST_FLAGS]


def _worth(flag: Flag, told: Content) -> Worth:
    guess = guess_of(flag)
    return Worth(flag.pk, flag.client, flag.at, told if guess is not None else None, guess)


def _by_now(flag: Flag, now: datetime) -> Content:
    """What it holds, with how long it has been quiet by now."""
    told, days = opened(flag), (timezone.localdate(now) - timezone.localdate(flag.at)).days
    return replace(told, words=[aged(words, days) for words in told.words])


def opened(flag: Flag) -> Content:
    """What it holds. What older flags did not keep is not known."""
    box = settings.VAULT.client_box(flag.client_id, flag.client.wrapped_key)
    return Content(**json.loads(box.open(flag.sealed, place=flag.place)))


def guess_of(flag: Flag) -> Said | None:
    """What the therapist said before he saw it; none while he has not been shown it."""
    guess: Guess | None = getattr(flag, "guess", None)
    if guess is None:
        return None
    box = settings.VAULT.client_box(flag.client_id, flag.client.wrapped_key)
    return Said(box.open(guess.sealed, place=guess.place).decode())


# --- what became of them ----------------------------------------------------------------------------


def record_here() -> OwnRecord:
    """What became of all flags that were shown at this practice, as it was last counted."""
    last = Summary.objects.order_by("-at", "-pk").first()
    return own_record(_fates(**last.record) if last else ())


def _fates(left: int, stayed: int, waiting: int) -> Iterable[bool | None]:
    return [*[True] * left, *[False] * stayed, *[None] * waiting]


def count_record(*, now: datetime) -> Mapping[str, int]:
    """Count it anew."""
    fates = list(had_left(list(Flag.objects.filter(at__lte=now)), now=now).values())
    return {"left": fates.count(True), "stayed": fates.count(False), "waiting": fates.count(None)}


def had_left(flags: Sequence[Flag], *, now: datetime) -> Mapping[int, bool | None]:
    """Of each flag, whether he had left when it was shown; none while nobody knows.

    He had if the practice recorded that he went silent, or if nothing came for 60 days and six of his own rhythms: the
    rule by which the model is judged. Without it only those who came back would ever count.
    """
    clients = {flag.client_id for flag in flags}
    came: dict[str, datetime] = {}
    sessions = Appointment.objects.filter(client__in=clients, status=Status.ATTENDED, starts_at__lte=now)
    for client_id, starts_at in sessions.order_by("starts_at").values_list("client", "starts_at"):
        came[client_id] = starts_at
    ended: dict[tuple[str, str], Ending] = {}
    for ending in Ending.objects.filter(client__in=clients, ended_on__lte=now.date()).order_by("ended_on", "pk"):
        ended[ending.client_id, ending.therapist_id] = ending
    gone = _gone(clients, came, now)
    return {
        flag.pk: _fate(
            flag,
            came.get(flag.client_id),
            ended.get((flag.client_id, flag.therapist_id)),
            is_gone=(flag.client_id, flag.therapist_id) in gone,
        )
        for flag in flags
    }


def _gone(clients: Collection[str], came: Mapping[str, datetime], now: datetime) -> frozenset[tuple[str, str]]:
    """With nothing booked, and quiet for so long that the rule calls it leaving: clients, each with his therapist."""
    ahead = Appointment.objects.filter(client__in=clients, status=Status.BOOKED, starts_at__gt=now)
    booked = set(ahead.values_list("client", flat=True))
    courses = Course.objects.filter(client__in=clients).values_list("client", "therapist", "rhythm_days")
    return frozenset(
        (client, therapist)
        for client, therapist, rhythm_days in courses
        if client in came and client not in booked and (now - came[client]).days >= long_quiet(rhythm_days)
    )


def _fate(flag: Flag, came: datetime | None, ending: Ending | None, *, is_gone: bool) -> bool | None:
    if came is not None and came > flag.at:
        return False
    if ending is not None and ending.ended_on >= flag.at.date():
        return ending.kind == EndingKind.SILENT
    return True if is_gone else None


# --- the own guess ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnGuesses:
    """Of so many guesses of which it is known who was right: the therapist's, and what the signs made likelier."""

    known: int
    right: int
    signs_right: int
    unsure: int

    @property
    def words(self) -> str:
        """For the therapist alone."""
        if not self.known and not self.unsure:
            return ""
        if self.known < LEAST_GUESSES:
            told = gettext("The outcome of %(known)s of your guesses is known so far: %(too_few)s.")
        else:
            told = gettext("Of %(known)s guesses, you were right %(right)s, the signs %(signs)s.")
        unsure = gettext("You did not know %(times)s.") % {"times": how_often(self.unsure)} if self.unsure else ""
        counts = {
            "known": self.known,
            "right": how_often(self.right),
            "signs": self.signs_right,
            "too_few": said(TOO_FEW),
        }
        return " ".join(filter(None, [told % counts, unsure]))


def unseen(actor: Actor, clients: Iterable[str], *, now: datetime) -> QuerySet[Flag]:
    """Flags about which he may still give a guess."""
    lately = (now - SHOWN_FOR, now)
    return Flag.objects.filter(client__in=list(clients), therapist=actor.therapist_id, at__range=lately, guess=None)


def own_guesses(actor: Actor, *, now: datetime) -> OwnGuesses:
    """His own guesses beside the signs. Nobody else's, and nobody else sees them."""
    mine = Flag.objects.filter(therapist=actor.therapist_id or "", guess__isnull=False)
    flags = list(mine.select_related("client", "guess"))
    fates = had_left(flags, now=now)
    told = [(guess_of(flag), fates[flag.pk], opened(flag).p_left) for flag in flags if fates[flag.pk] is not None]
    clear = [(said is Said.NO, left, p_left) for said, left, p_left in told if said in (Said.YES, Said.NO)]
    both = [(thought_left, left, p_left >= HALF) for thought_left, left, p_left in clear if p_left is not None]
    return OwnGuesses(
        known=len(both),
        right=sum(thought == left for thought, left, _ in both),
        signs_right=sum(signs == left for _, left, signs in both),
        unsure=sum(said is Said.UNSURE for said, _, _ in told),
    )


def whose(actor: Actor, flag_id: int) -> str:
    """About which client one of his flags is."""
    return Flag.objects.values_list("client_id", flat=True).get(pk=flag_id, therapist=actor.therapist_id)
