"""Who has room: how many clients a therapist can take, less the open episodes."""

from __future__ import annotations

from collections.abc import Mapping

import ibis

from holdfast.engine import DAY
from holdfast.episodes import OPEN, Episodes

WORKING_DAYS = 28  # without an appointment for so long, and with none ahead, somebody no longer works here


def open_episodes(found: Episodes) -> Mapping[str, int]:
    """How many clients each therapist has now. Whoever has stopped working here is not in it."""
    rows, diary = found.episodes, found.appointments
    last = diary.group_by("therapist_id").agg(last_at=diary.starts_at.max())
    working = last.filter(last.last_at >= found.known.at - WORKING_DAYS * DAY).select("therapist_id")
    is_open = ibis.ifelse(rows.ending == OPEN, 1, 0).cast("int64")
    counted = rows.group_by("therapist_id").agg(clients=is_open.sum()).semi_join(working, "therapist_id")
    return {row["therapist_id"]: int(row["clients"]) for row in found.engine.fetch(counted).iter_rows(named=True)}
