"""When to speak: which quiet clients are worth a conversation this week, kept apart from the model.

A flag is a wish for a therapist's attention, of which there is little. So it has to be worth more now than in
a week, there are few of them, and the same reason does not come twice in four weeks. What that is worth is an
assumption (``Speaking``), not an estimate: nobody has measured how quickly the chance to reach a man falls
with his silence. Why it is still better than a list by probability: docs/explanation/when-to-speak.md.

Pure functions: the chances of one day and the flags so far give the new flags. Nothing here books, sends,
closes or changes anything (safety rule 8), and nothing is shown to a client.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from holdfast.insight.uncertainty import Interval, proportion, z_for
from holdfast.silence.groups import groups_of
from holdfast.words import Value, Words

WEEK = timedelta(days=7)
LEAST_FLAGS = 20  # of which the outcome is known: with fewer, the own record says nothing
EVERYONE = Words("everyone")
NO_REASON = "quiet"  # nothing but the silence itself speaks for it


@dataclass(frozen=True, slots=True)
class Speaking:
    """What a word from the therapist is taken to be worth, in units of one silent exit turned.

    The chance to reach someone who has left is ``reach`` on the day he leaves and halves with every
    ``half_life_days`` of silence. A conversation with someone who would have come anyway costs ``cost``. A flag
    has to be worth at least ``least_gain`` more now than in a week.

    These are judgements. They set where the line lies, not whether a chance is right: at a week of silence the
    line is a chance of about 0.25, after a month 0.4, and after thirteen weeks a week more or less changes nothing.
    """

    reach: float = 0.5
    half_life_days: float = 21.0
    cost: float = 0.02
    least_gain: float = 0.005
    wait: timedelta = WEEK
    same_reason_after: timedelta = timedelta(days=28)
    clients_per_flag: int = 8  # and week
    active_days: float = 28.0  # who came within this, or within two of his own rhythms, is an active client

    def reach_after(self, days_silent: float) -> float:
        """Chance to reach someone who left so many days ago."""
        return self.reach * math.exp2(-max(days_silent, 0.0) / self.half_life_days)

    def gain(self, p_left: float, days_silent: float) -> float:
        """Say what speaking now is worth beyond speaking in a week.

        ``p · (reach now − reach in a week) − (1 − p) · cost``: whoever has left is harder to reach in a week;
        whoever has not will by then mostly have come by himself, and the conversation was not needed.
        """
        later = days_silent + self.wait / timedelta(days=1)
        falls_by = self.reach_after(days_silent) - self.reach_after(later)
        return p_left * falls_by - (1 - p_left) * self.cost


SPEAKING = Speaking()


@dataclass(frozen=True, slots=True)
class Quiet:
    """One open episode on one day: what the policy has to know of it."""

    client_id: str
    therapist_id: str
    episode: int
    days_silent: float
    rhythm_days: float
    p_left: float
    reasons: tuple[str, ...] = ()  # names of signals, the strongest first
    groups: tuple[str, ...] = ()  # for muting: "men", "under 30" …

    @property
    def reason(self) -> str:
        return self.reasons[0] if self.reasons else NO_REASON


def quiet_ones(predictions: pl.DataFrame) -> list[Quiet]:
    """Turn what ``predict`` says of one evening into what the policy has to know.

    Parameters
    ----------
    predictions
        client_id, therapist_id, episode, days_silent, rhythm_days, p_left; reasons, if there are any; and for
        muting whichever columns of ``holdfast.silence.groups.GROUPS`` are there.
    """
    names = pl.col("reasons").list.eval(pl.element().struct.field("signal"))
    told = predictions.with_columns(names=names if "reasons" in predictions.columns else pl.lit(None))
    return [
        Quiet(
            client_id=row["client_id"],
            therapist_id=row["therapist_id"],
            episode=row["episode"],
            days_silent=row["days_silent"],
            rhythm_days=row["rhythm_days"],
            p_left=row["p_left"],
            reasons=tuple(row["names"] or ()),
            groups=groups_of(row),
        )
        for row in told.iter_rows(named=True)
    ]


@dataclass(frozen=True, slots=True)
class Flag:
    """A wish for attention that was shown, and why."""

    client_id: str
    therapist_id: str
    episode: int
    at: datetime
    reasons: tuple[str, ...]
    p_left: float
    gain: float


# --- what may be shown ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Muting:
    """For whom flags are off, each with the reason in words. ``everyone`` is off for all."""

    groups: tuple[tuple[str, str], ...] = ()

    def silences(self, quiet: Quiet) -> bool:
        off = {name for name, _ in self.groups}
        return EVERYONE in off or not off.isdisjoint(quiet.groups)

    @property
    def words(self) -> list[str]:
        return [words for _, words in self.groups]


NOTHING_MUTED = Muting()


@dataclass(frozen=True, slots=True)
class Counted:
    """One group's record: of ``clients``, how many exits there were and how many had been expected.

    ``low`` and ``high`` are the 95 % limits of observed to expected.
    """

    group: str
    clients: int
    observed: float
    expected: float
    low: float
    high: float


OVERALL_BOUNDS = (0.8, 1.25)
GROUP_BOUNDS = (0.67, 1.5)
LEAST_CLIENTS = 100


def muting(counted: Sequence[Counted]) -> Muting:
    """Say for whom the chances are so far off that flags have to be off.

    Out of bounds is an observed-to-expected ratio outside 0.8 to 1.25 for everyone, or outside 0.67 to 1.5 for
    a group of at least 100 clients, that chance alone does not explain. Of twelve small groups some are always
    outside by chance; so each interval is widened for the number of groups looked at (Bonferroni) and has to
    leave 1 out as well. In a practice whose chances are right, that goes wrong in at most one of twenty.
    """
    looked_at = [one for one in counted if one.group == EVERYONE or one.clients >= LEAST_CLIENTS]
    rare = 0.05 / max(len(looked_at), 1)
    off = [(one.group, _why_off(one)) for one in looked_at if _out_of_bounds(one, rare)]
    return Muting(tuple(off))


def _out_of_bounds(one: Counted, rare: float) -> bool:
    """``rare`` is the chance at which chance alone no longer explains it."""
    if one.observed == 0 or one.low <= 0:
        return one.observed == 0 and math.exp(-one.expected) < rare  # none, where some would have been seen
    low, high = OVERALL_BOUNDS if one.group == EVERYONE else GROUP_BOUNDS
    ratio = one.observed / one.expected
    by_chance = z_for(1 - rare) * math.log(one.high / one.low) / (2 * z_for(0.95))
    return not low <= ratio <= high and abs(math.log(ratio)) > by_chance


def _why_off(one: Counted) -> Words:
    told: Mapping[str, Value] = {
        "group": one.group,
        "observed": round(one.observed),
        "expected": round(one.expected),
        "clients": one.clients,
    }
    if one.observed > one.expected:
        return Words(
            "Flags are off for {group}: more had left than the model expected here "
            "({observed} where it expected {expected}, of {clients} clients).",
            **told,
        )
    return Words(
        "Flags are off for {group}: fewer had left than the model expected here "
        "({observed} where it expected {expected}, of {clients} clients).",
        **told,
    )


# --- how many may be shown --------------------------------------------------------------------------


def budget(active: int, speaking: Speaking = SPEAKING) -> tuple[int, timedelta]:
    """Say how many new flags a therapist with so many active clients gets, and within what time.

    One per eight active clients and week, rounded down. With fewer than eight clients that would be none, so
    it is one within as many weeks as it takes: two weeks with five clients, four with two.

    >>> budget(20), budget(5), budget(2)
    ((2, datetime.timedelta(days=7)), (1, datetime.timedelta(days=14)), (1, datetime.timedelta(days=28)))
    """
    if active <= 0:
        return 0, WEEK
    if active >= speaking.clients_per_flag:
        return active // speaking.clients_per_flag, WEEK
    return 1, math.ceil(speaking.clients_per_flag / active) * WEEK


def is_active(quiet: Quiet, speaking: Speaking = SPEAKING) -> bool:
    """Say whether he came lately: within four weeks, or within two of his own rhythms."""
    return quiet.days_silent <= max(speaking.active_days, 2 * quiet.rhythm_days)


def new_flags(
    today: Iterable[Quiet],
    flags: Iterable[Flag],
    *,
    at: datetime,
    muted: Muting = NOTHING_MUTED,
    speaking: Speaking = SPEAKING,
) -> list[Flag]:
    """Choose who is worth a conversation now.

    Parameters
    ----------
    today
        Every open episode with a session, with its chances as known at ``at``.
    flags
        The flags shown so far, those of the last two months at least.
    at
        A wall clock of the practice.
    muted
        For whom flags are off, from :func:`muting`.

    Returns
    -------
    list
        The new flags, for each therapist the one worth most first. At most as many as :func:`budget` leaves
        room for, however often this is asked.
    """
    everyone, shown = list(today), _Shown.of(flags, at)
    candidates = [flag for one in everyone if (flag := _candidate(one, shown, muted, speaking)) is not None]
    candidates.sort(key=lambda flag: (flag.therapist_id, -flag.gain, flag.client_id, flag.episode))
    room = {name: shown.room(name, clients, speaking) for name, clients in _active(everyone, speaking).items()}
    chosen: list[Flag] = []
    for flag in candidates:
        if room.get(flag.therapist_id, 0) > 0:
            room[flag.therapist_id] -= 1
            chosen.append(flag)
    return chosen


@dataclass(frozen=True, slots=True)
class _Shown:
    """The flags so far, by therapist, as seen from one moment."""

    at: datetime
    flags: Mapping[str, Sequence[Flag]]

    @classmethod
    def of(cls, flags: Iterable[Flag], at: datetime) -> _Shown:
        found: dict[str, list[Flag]] = {}
        for flag in flags:
            if flag.at <= at:
                found.setdefault(flag.therapist_id, []).append(flag)
        return cls(at, found)

    def said(self, quiet: Quiet, speaking: Speaking) -> bool:
        """Whether his main reason was among those of a flag in the last four weeks, whatever came first there."""
        since = self.at - speaking.same_reason_after
        lately = (one for one in self.flags.get(quiet.therapist_id, ()) if one.at > since)
        return any(one.client_id == quiet.client_id and quiet.reason in one.reasons for one in lately)

    def room(self, therapist_id: str, active: int, speaking: Speaking) -> int:
        """How many more the therapist may be shown now."""
        most, within = budget(active, speaking)
        lately = sum(flag.at > self.at - within for flag in self.flags.get(therapist_id, ()))
        return max(most - lately, 0)


def _candidate(quiet: Quiet, shown: _Shown, muted: Muting, speaking: Speaking) -> Flag | None:
    gain = speaking.gain(quiet.p_left, quiet.days_silent)
    if gain < speaking.least_gain or muted.silences(quiet) or shown.said(quiet, speaking):
        return None
    reasons = quiet.reasons or (NO_REASON,)
    return Flag(quiet.client_id, quiet.therapist_id, quiet.episode, shown.at, reasons, quiet.p_left, gain)


def _active(everyone: Iterable[Quiet], speaking: Speaking) -> dict[str, int]:
    clients: dict[str, set[str]] = {}
    for one in everyone:
        if is_active(one, speaking):
            clients.setdefault(one.therapist_id, set()).add(one.client_id)
    return {name: len(found) for name, found in clients.items()}


# --- its own record ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """Of so many flags here whose outcome is known, how many had left. ``share`` only from twenty flags on."""

    flags: int
    left: int
    waiting: int  # of which nobody knows yet
    share: Interval | None

    @property
    def words(self) -> Words:
        if self.share is None and not self.flags:
            return Words("Its record here: too few to tell (none of these flags so far whose outcome is known).")
        if self.share is None:
            return Words(
                "Its record here: too few to tell ({flags} of these flags so far whose outcome is known).",
                flags=self.flags,
            )
        return Words(
            "Of {flags} such flags here, {left} had left ({low} to {high} of 100).",
            flags=self.flags,
            left=self.left,
            low=round(100 * self.share.lower),
            high=round(100 * self.share.upper),
        )


def own_record(left: Iterable[bool | None]) -> OwnRecord:
    """Count what became of flags: had he left, had he not, or does nobody know yet (``None``)?"""
    told = list(left)
    known = [one for one in told if one is not None]
    share = proportion(sum(known), len(known)) if len(known) >= LEAST_FLAGS else None
    found = share if isinstance(share, Interval) else None
    return OwnRecord(len(known), sum(known), len(told) - len(known), found)
