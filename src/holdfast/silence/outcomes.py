"""What became of someone after a session, as far as a later moment can tell: stayed, left, or not known yet.

This is the yardstick of ``evaluate``, and the label that every baseline learns from, so it is a rule and not the
model: he *stayed* if he came again or if it is known that and how it ended; he *left* if the practice recorded a
silent ending, or if nothing came for at least 60 days and six of his own rhythms. Anything between is *undecided*
and counts as neither. Where nobody marked whether he came, nobody can say when he left: undecided too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from holdfast.asof import seconds
from holdfast.engine import DAY
from holdfast.episodes import PAIR, Episodes
from holdfast.tables.schema import Ending

LEAST_DAYS, RHYTHMS = 60, 6
SPOKEN_OF = (Ending.PLANNED, Ending.TOLD, Ending.SWITCHED, Ending.REFERRED, Ending.OTHER)
RULE = (
    "he came again, or it became known how it ended: stayed; recorded as gone, or nothing for at least "
    f"{LEAST_DAYS} days and six of his own rhythms: left; anything between: undecided, and left out"
)
SOUGHT = ["client_id", "therapist_id", "contact_at"]


def seconds_to_tell() -> pl.Expr:
    """How long the rule has to wait before it calls a silence an exit, by rhythm_days."""
    return pl.max_horizontal(pl.lit(float(LEAST_DAYS)), RHYTHMS * pl.col("rhythm_days")) * DAY


def old_enough(at: int) -> pl.Expr:
    """Whether a session (contact_at, rhythm_days) is so long ago that the rule could have called its silence an exit.

    Only such sessions may be judged, whatever became of them: of later ones those who came back would count, and
    those who left could not, and every chance would look too high.
    """
    return pl.col("contact_at") + seconds_to_tell() <= at


class Outcome(StrEnum):
    STAYED = "stayed"
    LEFT = "left"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Everything that is known at one moment (``at``, s) and can tell what became of somebody.

    ``sessions``: client_id, therapist_id, at (s). ``endings``: client_id, therapist_id, day, kind, known_at (s).
    ``pairs``: the latest episode of a client with a therapist: quiet_days, rhythm_days, ahead, paused, unmarked_at (s).
    """

    sessions: pl.DataFrame
    endings: pl.DataFrame
    pairs: pl.DataFrame
    at: int

    @classmethod
    def of(cls, found: Episodes) -> Afterwards:
        fetch, rows = found.engine.fetch, found.episodes
        pairs = rows.select(
            *PAIR,
            "episode",
            "quiet_days",
            "rhythm_days",
            "paused",
            ahead=rows.next_at,
            unmarked_at=rows.last_unmarked_at,
        )
        latest = fetch(pairs).sort(*PAIR, "episode").group_by(PAIR, maintain_order=True).last()
        latest = latest.with_columns(ahead=pl.col("ahead").is_not_null())
        sessions = fetch(found.sessions.select(*PAIR, at=found.sessions.starts_at))
        endings = fetch(found.known.endings.select(*PAIR, "day", "kind", "known_at"))
        return cls(sessions, endings, latest, seconds(found.at))

    def judge(self, contacts: pl.DataFrame) -> pl.DataFrame:
        """Say what became of each.

        Parameters
        ----------
        contacts
            client_id, therapist_id, contact_at (s, a session), since (s: the evening from which it was asked;
            an unmarked appointment up to then does not matter any more).

        Returns
        -------
        The same rows in the same order with ``outcome``, and ``over_at`` (s): when the silence was over, because he
        was seen again, by anyone, or because an ending came to be known; null while it goes on.
        """
        told = contacts.with_columns(day=pl.col("contact_at") // DAY)
        for part in (self._seen_again(told), self._seen_elsewhere(told), self._ended(told)):
            told = told.join(part, on=SOUGHT, how="left", maintain_order="left")
        told = told.join(self.pairs, on=PAIR, how="left", maintain_order="left")
        return told.select(
            *contacts.columns, outcome=_outcome(), over_at=pl.min_horizontal("same_at", "other_at", "told_at")
        )

    def _seen_again(self, told: pl.DataFrame) -> pl.DataFrame:
        """The next session with the same therapist."""
        return _next_after(told, self.sessions, PAIR, "same_at")

    def _seen_elsewhere(self, told: pl.DataFrame) -> pl.DataFrame:
        """The next session with another therapist here."""
        others = self.sessions.rename({"therapist_id": "other"})
        pairs = told.select(SOUGHT).unique().join(others, on="client_id")
        later = pairs.filter((pl.col("other") != pl.col("therapist_id")) & (pl.col("at") > pl.col("contact_at")))
        return later.group_by(SOUGHT).agg(other_at=pl.col("at").min())

    def _ended(self, told: pl.DataFrame) -> pl.DataFrame:
        """Endings recorded from the session's day on, up to the next session with the same therapist."""
        kinds = [str(kind) for kind in SPOKEN_OF]
        pairs = told.select(*SOUGHT, started="day").unique().join(self.endings, on=PAIR)
        pairs = pairs.filter(pl.col("day") >= pl.col("started"))
        return pairs.group_by(SOUGHT).agg(
            spoken_of=pl.col("kind").is_in(kinds).any(),
            silent=(pl.col("kind") == str(Ending.SILENT)).any(),
            told_at=pl.max_horizontal("known_at", "contact_at").min(),
        )


def _next_after(told: pl.DataFrame, sessions: pl.DataFrame, by: list[str], name: str) -> pl.DataFrame:
    """The first session after each contact; both are sorted first, as the search needs."""
    wanted = told.select(SOUGHT).unique().sort("contact_at")
    offered = sessions.select(*by, "at").sort("at")
    found = wanted.join_asof(
        offered, left_on="contact_at", right_on="at", by=by, strategy="forward", allow_exact_matches=False,
        check_sortedness=False,
    )  # fmt: skip
    return found.select(*SOUGHT, pl.col("at").alias(name))


def _outcome() -> pl.Expr:
    came = pl.col("same_at").is_not_null() | pl.col("other_at").is_not_null()
    stayed = came | pl.col("spoken_of").fill_null(False)
    long = pl.col("quiet_days") >= pl.max_horizontal(pl.lit(float(LEAST_DAYS)), RHYTHMS * pl.col("rhythm_days"))
    nothing = long.fill_null(False) & ~pl.col("ahead") & ~pl.col("paused")
    nobody_knows = (pl.col("unmarked_at") > pl.max_horizontal("contact_at", "since")).fill_null(False)
    gone = (pl.col("silent").fill_null(False) | nothing) & ~nobody_knows
    return (
        pl.when(stayed)
        .then(pl.lit(Outcome.STAYED.value))
        .when(gone)
        .then(pl.lit(Outcome.LEFT.value))
        .otherwise(pl.lit(Outcome.UNDECIDED.value))
    )
