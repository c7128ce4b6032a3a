"""Named worlds: each can be lived through, reads without a problem, and is hard in the way it says."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from holdfast.simulate import (
    WORLDS,
    Burst,
    Effects,
    Habits,
    Rates,
    Records,
    SimulatedPractice,
    World,
    demo_practice,
    simulate,
    write,
)
from holdfast.tables import TABLES, read_tables
from holdfast.tables.schema import InitiatedBy

pytestmark = pytest.mark.slow  # a world for nearly every test

# Of all seven tables of the demo. New knobs at their defaults must not touch a single byte.
DEMO_SHA256 = {
    "appointments": "16b14f6e3ebd0989be17be9d87e1e5ae5a6274ac53dc7890eaa446b10c4d2cf4",
    "clients": "e042aaff5fcca83210c889a61a032fe8044c46c041ad69382777f0d63cefff8e",
    "therapists": "bab0908420ceaf431e6761269071e244d9b9847853021477b48f841bb56b942b",
    "checkins": "9dea5befe7dbede85be0e4a57063d606e5782c0cbb49c8b884c11c245b9588b5",
    "scores": "b2a7f6f5e6f5faa7297a6ffef79061b31bcf3a9f2c34d4d369a49e972c1507d6",
    "endings": "a02117badeebd4a4055d7d5b12b1d3a7910f2af77689c8caa8fffc1373710901",
    "repairs": "dc1592d1cd28bb5f1123d510c46d917fb79c0a323d98b769f9eadf0a9adcbb82",
}


@cache
def _small(name: str, clients: int = 160) -> SimulatedPractice:
    """A named world in small: as many clients a month, for fewer months."""
    world = WORLDS[name]
    return simulate(replace(world, clients=min(clients, world.clients), months=min(8, world.months)), seed=4)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def _chances(practice: SimulatedPractice, name: str) -> tuple[float, float]:
    """The mean chance of leaving where a planted effect is at work, and where it is not."""
    sessions = [session for episode in practice.truth for session in episode.sessions]
    at_work = [session.chance for session in sessions if name in session.because]
    others = [session.chance for session in sessions if name not in session.because]
    return sum(at_work) / len(at_work), sum(others) / len(others)


def _status(practice: SimulatedPractice) -> Counter[str]:
    return Counter(row["status"] for row in practice.tables["appointments"])


def test_new_knobs_leave_the_demo_as_it_is() -> None:
    demo = demo_practice()
    assert {name: hashlib.sha256(demo.csv(name).encode()).hexdigest() for name in TABLES} == DEMO_SHA256


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_every_world_says_what_it_is_and_its_tables_read_without_a_problem(name: str, tmp_path: Path) -> None:
    assert WORLDS[name].about.endswith(".")
    practice = _small(name, 40)
    write(practice, tmp_path / name)
    tables = read_tables(tmp_path / name)
    assert {one: tables[one].height for one in TABLES} == {one: len(practice.tables[one]) for one in TABLES}
    told = (tmp_path / name / "appointments.csv").read_text(encoding="utf-8")
    assert "chance" not in told  # the truth is nowhere in the tables
    assert {tuple(row) for one in TABLES for row in practice.tables[one]} == {
        tuple(TABLES[one].columns) for one in TABLES if practice.tables[one]
    }


def test_the_reference_lists_every_world() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "reference" / "simulate.md"
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    listed = {f"| `{name}` | {world.about} |" for name, world in WORLDS.items()}
    assert listed <= set(rows)


def test_the_same_world_and_seed_give_the_same_practice() -> None:
    small = replace(WORLDS["irregular"], clients=40, months=4)
    first, second = simulate(small, seed=4), simulate(small, seed=4)
    assert all(first.csv(name) == second.csv(name) for name in TABLES)


# --- how people are ------------------------------------------------------------------


@pytest.mark.parametrize(("name", "least"), [("polite", 9), ("frank", 0)])
def test_politeness_moves_answers_to_the_ceiling(name: str, least: int) -> None:
    given = [int(row["understood"]) for row in _small(name).tables["checkins"] if row["understood"]]
    assert min(given) >= least
    assert (min(given) < 6) == (name == "frank")


def test_in_a_fair_world_every_session_has_the_same_chance() -> None:
    practice = _small("fair")
    assert len({session.chance for episode in practice.truth for session in episode.sessions} - {0.0}) == 1
    assert not any(session.because for episode in practice.truth for session in episode.sessions)


@pytest.mark.parametrize(
    ("world", "name", "more"),
    [
        ("men-leave", "man", True),
        ("women-leave", "man", False),
        ("reversed", "first_session", False),
        ("better-leave", "better", True),
        ("worse-leave", "worse", True),
        ("repairs-work", "repaired", False),
        ("warnings", "widening", True),
        ("warnings", "late_cancelled", True),
        ("warnings", "no_show", True),
        ("warnings", "provider_cancelled", True),
    ],
)
def test_a_planted_effect_works_in_its_direction(world: str, name: str, more: bool) -> None:
    there, elsewhere = _chances(_small(world, 240), name)
    assert (there > elsewhere) == more


def test_a_warning_is_what_the_tables_show_too() -> None:
    """Where a missed session is at work, a missed session lies before this one."""
    practice = _small("warnings")
    missed = {(r["client_id"], _moment(r["starts_at"])) for r in practice.tables["appointments"]
              if r["status"] in {"no_show", "unknown"}}  # fmt: skip
    found = 0
    for episode in practice.truth:
        for before, session in pairwise(episode.sessions):
            if "no_show" in session.because:
                low, high = _moment(before.starts_at), _moment(session.starts_at)
                assert any(client == episode.client_id and low < at < high for client, at in missed)
                found += 1
    assert found > 10


def test_therapists_differ_as_much_as_they_should() -> None:
    assert set(_small("alike").therapist_effects.values()) == {0.0}
    effects = list(simulate(WORLDS["unlike"], seed=4).therapist_effects.values())
    assert sum(effect**2 for effect in effects) / len(effects) == pytest.approx(1.0)


def test_who_is_unlike_in_ways_nobody_knows_keeps_his_chance() -> None:
    world = World(clients=60, months=6, effects=Effects.none(), therapist_sd=0, client_sd=1.0, base=-3.0)
    practice = simulate(world, seed=3)
    own = [{session.chance for session in episode.sessions} - {0.0} for episode in practice.truth]
    assert all(len(chances) <= 1 for chances in own)
    assert len(set().union(*own)) > 40


def test_a_practice_can_drift() -> None:
    practice = simulate(replace(WORLDS["fair"], clients=60, drift=1.0), seed=3)
    sessions = sorted((s.starts_at, s.chance) for e in practice.truth for s in e.sessions if s.chance)
    assert sessions[0][1] < sessions[-1][1]


def test_men_and_women_come_in_their_share() -> None:
    practice = simulate(replace(WORLDS["plain"], clients=300, months=12, share_men=0.2, share_non_binary=0.0), seed=3)
    genders = Counter(row["gender"] for row in practice.tables["clients"])
    assert genders["man"] < 0.35 * genders["woman"]


def test_who_is_asked_before_an_appointment_is_asked_before_it() -> None:
    practice = _small("asked-before")
    starts = {row["appointment_id"]: row["starts_at"] for row in practice.tables["appointments"]}
    before = [row for row in practice.tables["checkins"] if row["sent_at"] < starts[row["appointment_id"]]]
    assert len(before) > 300
    assert any(row["attend_next"] for row in before)
    assert not any(row["understood"] for row in before)
    assert not any(row["attend_next"] for row in practice.tables["checkins"] if row not in before)
    assert all(row["answered_at"] < starts[row["appointment_id"]] for row in before)


def test_nobody_is_asked() -> None:
    assert not _small("unasked").tables["checkins"]


# --- how people come -----------------------------------------------------------------


def _gaps(practice: SimulatedPractice) -> list[int]:
    return [
        (_moment(after.starts_at).date() - _moment(before.starts_at).date()).days
        for episode in practice.truth
        for before, after in pairwise(episode.sessions)
    ]


def test_rhythms_are_as_asked_for() -> None:
    weekly, monthly = sorted(_gaps(_small("weekly"))), sorted(_gaps(_small("monthly")))
    assert weekly[len(weekly) // 2] == 7
    assert 24 <= monthly[len(monthly) // 2] <= 32


def test_the_irregular_come_back_after_months_of_silence() -> None:
    long_gaps = [gap for gap in _gaps(_small("irregular")) if gap > 42]
    assert len(long_gaps) > 10
    usual = Counter(_gaps(_small("plain")))
    uneven = Counter(_gaps(_small("irregular")))
    assert uneven.most_common(1)[0][1] < 0.7 * usual.most_common(1)[0][1]


def test_nobody_is_seen_in_a_long_closure() -> None:
    world = WORLDS["holidays"]
    days = {_moment(row["starts_at"]).date() for row in _small("holidays").tables["appointments"]}
    assert world.is_closed(date(2026, 7, 25))
    assert not {day for day in days if world.is_closed(day)}


def test_nobody_books_ahead() -> None:
    days = {(e.client_id, session.starts_at[:10]) for e in _small("by-phone").truth for session in e.sessions}
    booked = {(r["client_id"], r["booked_at"][:10]) for r in _small("by-phone").tables["appointments"]}
    assert len(days & booked) < 0.05 * len(days)
    rows = _small("drop-in").tables["appointments"]
    ahead = [row for row in rows if _moment(row["booked_at"]).date() < _moment(row["starts_at"]).date()]
    assert len(ahead) == len({row["client_id"] for row in ahead})  # only everybody's first
    assert {row["status"] for row in rows} <= {"attended", "booked", "unknown"}


@pytest.mark.parametrize(("by", "share"), [(InitiatedBy.CLIENT, 0.5), (InitiatedBy.PROVIDER, 0.9)])
def test_a_burst_sweeps_a_week_away(by: InitiatedBy, share: float) -> None:
    burst = Burst(date(2026, 9, 7), days=7, share=share, by=by)
    world = replace(WORLDS["plain"], clients=200, months=10, bursts=(burst,), records=Records(unknown_initiator=0.0))
    rows = [r for r in simulate(world, seed=4).tables["appointments"] if burst.covers(_moment(r["starts_at"]).date())]
    swept = [row for row in rows if row["status"] == "late_cancelled" and row["initiated_by"] == by]
    assert len(swept) > (share - 0.25) * len(rows)


def test_everyone_returns_and_nobody_returns() -> None:
    assert not [e for e in _small("everyone-returns").truth if e.kind == "silent"]
    assert {len(e.sessions) for e in _small("nobody-returns").truth} <= {0, 1, 2}


def test_who_has_left_leaves_the_traces_he_should() -> None:
    practice = _small("courteous")
    gone = {e.client_id: _moment(e.ended_at or "") for e in practice.truth if e.kind == "silent"}
    traces = Counter(
        row["status"]
        for row in practice.tables["appointments"]
        if row["client_id"] in gone and _moment(row["starts_at"]) > gone[row["client_id"]]
    )
    assert traces["cancelled"] > 20
    assert traces["no_show"] == 0


# --- how it is written down ----------------------------------------------------------


def test_endings_are_recorded_or_not() -> None:
    unrecorded, silent_goodbyes = _small("unrecorded"), _small("no-goodbyes")
    assert not unrecorded.tables["endings"]
    assert not silent_goodbyes.tables["endings"]
    assert {"planned", "told"} <= {episode.kind for episode in unrecorded.truth}
    assert {episode.kind for episode in silent_goodbyes.truth} <= {"silent", "never_started", "open"}


def test_silent_exits_are_recorded_always_or_never() -> None:
    kinds = {
        name: Counter(row["kind"] for row in _small(name).tables["endings"]) for name in WORLDS if "silent-" in name
    }
    assert kinds["silent-unrecorded"]["silent"] == 0
    assert kinds["silent-recorded"]["silent"] > 20


def test_unmarked_attendance() -> None:
    assert set(_status(_small("unmarked-all"))) & {"attended", "no_show"} == set()
    most = _status(_small("unmarked-most"))
    assert 0.6 < most["unknown"] / (most["unknown"] + most["attended"] + most["no_show"]) < 0.85


def test_a_defaulted_attendance_may_hide_that_he_did_not_come() -> None:
    practice = _small("defaulted")
    attended = {(r["appointment_id"], r["client_id"]) for r in practice.tables["appointments"]
                if r["status"] == "attended"}  # fmt: skip
    true = {(session.appointment_id, e.client_id) for e in practice.truth for session in e.sessions}
    assert _status(practice)["no_show"] == 0
    assert len(attended - true) > 20
    assert {r["certainty"] for r in practice.tables["appointments"] if r["status"] == "attended"} == {"defaulted"}


def test_an_export_may_not_say_when_anything_was_booked() -> None:
    assert {row["booked_at"] for row in _small("no-booked-at").tables["appointments"]} == {""}


def test_cancellations_may_vanish() -> None:
    assert _status(_small("vanishing"))["cancelled"] < 0.4 * _status(_small("plain"))["cancelled"]


def test_knobs_can_be_combined() -> None:
    world = World(
        clients=60,
        months=6,
        habits=Habits(irregular=0.3, nothing_ahead=0.9),
        rates=Rates(long_return=0.05),
        records=Records(booked_at=False, vanishing=0.5, hidden_no_shows=0.5),
        client_sd=0.5,
        symptom_sd=0.05,
        scored_every=2,
        leave_days=14,
    )
    assert simulate(world, seed=1).tables["appointments"]
