"""Appointments that earlier exports had for one client, and this one has for another.

A practice system does that when two entries of one man are made one, and also when an appointment stood under the wrong
man. Which of the two it is, no file says: a person has to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from holdfast.tables.merge import Frames
from holdfast.tables.schema import REQUIRED_TABLE
from holdfast.words import Words, plural

WAS, NOW = "was", "now"


@dataclass(frozen=True, slots=True)
class Reassigned:
    """From which client to which, and which appointments. ``is_gone``: the export has nothing under the earlier id."""

    was: str
    now: str
    appointments: tuple[str, ...]
    is_gone: bool

    @property
    def words(self) -> Words:
        """That this is so, in a sentence."""
        begins = plural(
            "One appointment that an earlier export had for client {was} stands under client {now} in this one",
            "{count} appointments that earlier exports had for client {was} stand under client {now} in this one",
            len(self.appointments),
            was=self.was,
            now=self.now,
        )
        if self.is_gone:
            return Words("{begins}, and nothing under {was} any more.", begins=begins, was=self.was)
        return Words("{begins}.", begins=begins)


def reassigned(before: Frames, after: Frames) -> Sequence[Reassigned]:
    """Find them: of appointments that both have, those of which one client is another now, of a couple one of both."""
    if not all(REQUIRED_TABLE in frames and frames[REQUIRED_TABLE].height for frames in (before, after)):
        return []
    key = ["appointment_id", "client_id"]
    old, new = (frames[REQUIRED_TABLE].select(key).drop_nulls().unique() for frames in (before, after))
    gone = old.join(new.select("appointment_id").unique(), on="appointment_id", how="semi").join(
        new, on=key, how="anti"
    )
    come = new.join(old.select("appointment_id").unique(), on="appointment_id", how="semi").join(
        old, on=key, how="anti"
    )
    pairs = _alone(gone).rename({"client_id": WAS}).join(_alone(come).rename({"client_id": NOW}), on="appointment_id")
    still = set(new["client_id"])
    found = pairs.sort("appointment_id").group_by(WAS, NOW, maintain_order=True).agg("appointment_id").sort(WAS, NOW)
    return [Reassigned(was, now, tuple(ids), was not in still) for was, now, ids in found.iter_rows()]


def without_reassigned(frames: Frames, found: Sequence[Reassigned], *, whose: str = NOW) -> Frames:
    """The tables without those, under the one id or the other."""
    if not found:
        return frames
    rows = [(id, getattr(one, whose)) for one in found for id in one.appointments]
    theirs = pl.DataFrame(rows, schema={"appointment_id": pl.String, "client_id": pl.String}, orient="row")
    keyed = [name for name, frame in frames.items() if {"appointment_id", "client_id"} <= set(frame.columns)]
    return {**frames, **{name: frames[name].join(theirs, on=theirs.columns, how="anti") for name in keyed}}


def notes(found: Sequence[Reassigned]) -> Iterator[Words]:
    """For whoever imports into a folder of tables."""
    for one in found:
        yield Words(
            "{words} Here they stand under both. Where it is one man, or it stood under the wrong one, take the rows "
            "of {was} out of the appointments table.",
            words=one.words,
            was=one.was,
        )


def _alone(frame: pl.DataFrame) -> pl.DataFrame:
    """Appointments with one such client: with more nobody could say who of them became whom."""
    return frame.filter(pl.len().over("appointment_id") == 1)
