"""Where everybody truly was at an earlier moment, and what the tables of that moment hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from holdfast.engine import Engine
from holdfast.episodes import EPISODE, episodes
from holdfast.errors import UsageError
from holdfast.simulate import WORLDS, Fate, SimulatedPractice, Where, gone_unsaid, left_by, simulate, write
from holdfast.simulate.fates import clock
from holdfast.tables import read_tables
from holdfast.tables.read import Tables

EARLIER = datetime(2026, 6, 12, 20, 0)  # noqa: DTZ001 (the practice's wall clock)


@pytest.fixture(scope="module")
def practice() -> SimulatedPractice:
    return simulate(replace(WORLDS["plain"], clients=260, months=14), seed=8)


def _tables(practice: SimulatedPractice, folder: Path) -> Tables:
    write(practice, folder)
    return read_tables(folder)


def test_everybody_who_had_booked_by_then_is_somewhere(practice: SimulatedPractice) -> None:
    found = list(left_by(practice, EARLIER))
    assert len(found) == sum(clock(episode.booked_at) <= EARLIER for episode in practice.truth)
    assert {fate.where for fate in found} == set(Where)
    assert {fate.is_silent for fate in found if fate.where is Where.HERE} == {False}


def test_who_had_silently_left_had_left_by_then_and_not_later(practice: SimulatedPractice) -> None:
    last = {(e.client_id, e.therapist_id, e.left_after) for e in practice.truth if e.kind == "silent"}
    gone = [fate for fate in left_by(practice, EARLIER) if fate.where is Where.SILENT]
    assert len(gone) > 30
    for fate in gone:
        assert fate.last is not None
        assert (fate.client_id, fate.therapist_id, fate.last.appointment_id) in last
        assert clock(fate.last.starts_at) <= EARLIER
    later = [fate for fate in left_by(practice, practice.now) if fate.where is Where.SILENT]
    assert len(later) > len(gone)


def test_what_nobody_ever_wrote_down_is_gone_unsaid(practice: SimulatedPractice) -> None:
    unsaid = gone_unsaid(practice, practice.now)
    assert unsaid
    kinds = {(e.client_id, e.therapist_id, e.booked_at): e for e in practice.truth}
    for fate in unsaid:
        episode = next(e for key, e in kinds.items() if key[:2] == (fate.client_id, fate.therapist_id)
                       and clock(key[2]) == fate.booked_at)  # fmt: skip
        assert episode.kind in {"planned", "told", "referred", "other", "switched"}
        assert not episode.recorded
    assert not gone_unsaid(simulate(replace(WORLDS["clear"], clients=120, months=8), seed=8), EARLIER)


def test_a_switch_is_known_when_he_is_seen_by_somebody_else(practice: SimulatedPractice) -> None:
    switched = {(e.client_id, e.therapist_id) for e in practice.truth if e.kind == "switched" and not e.recorded_at}
    fates = [fate for fate in left_by(practice, practice.now) if (fate.client_id, fate.therapist_id) in switched]
    assert fates
    assert any(fate.known_at for fate in fates)


@pytest.mark.slow
def test_an_earlier_export_holds_what_was_known_then(practice: SimulatedPractice, tmp_path: Path) -> None:
    """The tables of the last export, looked at from an earlier moment, and an export made at that moment: the same."""
    then = practice.as_of(EARLIER)
    assert then.now == EARLIER
    with Engine.embedded(threads=1) as engine:
        early = engine.fetch(episodes(_tables(then, tmp_path / "then"), engine=engine).episodes)
        late = engine.fetch(episodes(_tables(practice, tmp_path / "now"), engine=engine, at=EARLIER).episodes)
    assert early.sort(EPISODE).equals(late.sort(EPISODE))


def test_an_export_from_later_than_the_world_is_refused(practice: SimulatedPractice) -> None:
    with pytest.raises(UsageError, match="later"):
        practice.as_of(practice.now + timedelta(days=1))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "unrecorded", "defaulted", "single"])
def test_every_open_episode_of_the_tables_has_a_fate(name: str, tmp_path: Path) -> None:
    practice = simulate(replace(WORLDS[name], clients=100, months=8), seed=2)
    with Engine.embedded(threads=1) as engine:
        found = engine.fetch(episodes(_tables(practice, tmp_path), engine=engine, at=EARLIER).episodes)
    fates = left_by(practice, EARLIER)
    rows = found.filter(found["sessions"] > 0).to_dicts()
    assert rows
    for row in rows:
        at = datetime(1970, 1, 1) + timedelta(seconds=row["last_session_at"])  # noqa: DTZ001
        fate = fates.of(row["client_id"], row["therapist_id"], at)
        if name != "defaulted":
            assert fate.last is not None
            assert row["unmarked_after"] or clock(fate.last.starts_at).date() >= at.date()


def test_gone_is_silent_or_unsaid() -> None:
    ended = Fate("c", "t", 0, EARLIER, Where.ENDED, None, known_at=None)
    assert ended.is_unsaid
    assert ended.is_gone
    assert not ended.is_silent
    assert not replace(ended, known_at=EARLIER).is_gone
    assert replace(ended, where=Where.SILENT, known_at=EARLIER).is_gone
    assert not replace(ended, where=Where.HERE).is_gone
