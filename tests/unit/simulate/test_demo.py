"""The demo practice: the same bytes every time, valid tables, and a truth that the tables do not contradict."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from holdfast.simulate import (
    DEMO,
    DEMO_NOW,
    DEMO_SEED,
    Effects,
    EpisodeTruth,
    SimulatedPractice,
    World,
    demo_practice,
    write,
)
from holdfast.tables import TABLES, read_tables

pytestmark = pytest.mark.long

Row = dict[str, str]
# The demo's bytes. If this changes on purpose, every figure shown in the docs changes with it.
APPOINTMENTS_SHA256 = "16b14f6e3ebd0989be17be9d87e1e5ae5a6274ac53dc7890eaa446b10c4d2cf4"
CALLED_OFF = {"cancelled", "late_cancelled", "rescheduled"}


@pytest.fixture(scope="module")
def demo() -> SimulatedPractice:
    return demo_practice()


@pytest.fixture(scope="module")
def men(demo: SimulatedPractice) -> dict[str, list[EpisodeTruth]]:
    """Every man's episodes. Whoever left the question blank is left out."""
    gender = {row["client_id"]: row["gender"] for row in demo.tables["clients"]}
    return _by_client(episode for episode in demo.truth if gender[episode.client_id] == "man")


def _by_client(episodes: Iterator[EpisodeTruth]) -> dict[str, list[EpisodeTruth]]:
    found: dict[str, list[EpisodeTruth]] = defaultdict(list)
    for episode in episodes:
        found[episode.client_id].append(episode)
    return found


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _appointments(demo: SimulatedPractice) -> dict[tuple[str, str], Row]:
    return {(row["appointment_id"], row["client_id"]): row for row in demo.tables["appointments"]}


# --- the same every time -------------------------------------------------------------


def test_the_demo_is_the_world_named_demo(demo: SimulatedPractice) -> None:
    assert demo.world is DEMO
    assert DEMO_SEED == 1907
    assert DEMO_NOW.isoformat() == "2026-11-20T18:00:00+00:00"


def test_the_demo_is_the_same_bytes_everywhere(demo: SimulatedPractice) -> None:
    assert hashlib.sha256(demo.csv("appointments").encode()).hexdigest() == APPOINTMENTS_SHA256


def test_the_same_world_and_seed_give_the_same_practice() -> None:
    small = World(clients=60, n_therapists=3)
    first, second = demo_practice(small, seed=5), demo_practice(small, seed=5)
    assert all(first.csv(name) == second.csv(name) for name in TABLES)
    assert first.truth_json() == second.truth_json()


def test_another_seed_gives_another_practice() -> None:
    small = World(clients=60, n_therapists=3)
    assert demo_practice(small, seed=5).csv("appointments") != demo_practice(small, seed=6).csv("appointments")


# --- the tables ----------------------------------------------------------------------


def test_the_tables_read_without_a_problem(demo: SimulatedPractice, tmp_path: Path) -> None:
    write(demo, tmp_path / "demo")
    tables = read_tables(tmp_path / "demo")
    assert tables.present == frozenset(TABLES)
    assert {name: tables[name].height for name in TABLES} == {name: len(demo.tables[name]) for name in TABLES}
    assert tables.practice.name == "Harbour Street Therapy (demo)"
    assert tables.practice.timezone == "Europe/London"
    assert tables.practice.exported_at == datetime(2026, 11, 20, 18, 0)  # noqa: DTZ001 (the practice's wall clock)


def test_the_truth_is_written_only_where_it_is_asked_for(demo: SimulatedPractice, tmp_path: Path) -> None:
    write(demo, tmp_path / "demo", truth=tmp_path / "truth.json")
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {
        *(f"{name}.csv" for name in TABLES),
        "practice.json",
    }
    told = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert len(told["episodes"]) == len(demo.truth)
    assert told["effects"]["first_session"] == Effects().first_session


def test_every_row_has_every_column_of_its_table(demo: SimulatedPractice) -> None:
    for name, table in TABLES.items():
        assert {tuple(row) for row in demo.tables[name]} == {tuple(table.columns)}


def test_nothing_in_the_tables_is_later_than_the_export_but_what_is_booked(demo: SimulatedPractice) -> None:
    later = ("booked_at", "status_at", "sent_at", "answered_at", "taken_at", "recorded_at", "at")
    for rows in demo.tables.values():
        for row in rows:
            assert all(_at(row[name]) <= DEMO_NOW for name in later if row.get(name))
    for row in demo.tables["appointments"]:
        past = _at(row["starts_at"]) <= DEMO_NOW
        assert (row["status"] == "booked") <= (not past)
        assert (row["status"] in {"attended", "no_show", "unknown"}) <= past


def test_an_appointment_is_booked_before_it_starts_and_called_off_before_it_starts(demo: SimulatedPractice) -> None:
    for row in demo.tables["appointments"]:
        booked, starts = _at(row["booked_at"]), _at(row["starts_at"])
        assert booked < starts
        if row["status"] in CALLED_OFF:
            assert booked <= _at(row["status_at"]) < starts
            assert row["initiated_by"] in {"client", "provider", "unknown"}
        else:
            assert row["initiated_by"] == ""


def test_late_means_within_a_day(demo: SimulatedPractice) -> None:
    for row in demo.tables["appointments"]:
        if row["status"] in {"cancelled", "late_cancelled"}:
            notice = _wall(row["starts_at"]) - _wall(row["status_at"])
            assert (notice < timedelta(hours=24)) == (row["status"] == "late_cancelled")


def _wall(text: str) -> datetime:
    return _at(text).replace(tzinfo=None)


def test_what_was_never_marked_is_unknown_and_lies_mostly_with_two_therapists(demo: SimulatedPractice) -> None:
    unmarked = [row for row in demo.tables["appointments"] if row["status"] == "unknown"]
    assert all(row["certainty"] == "not_updated" and row["status_at"] == "" for row in unmarked)
    by_therapist = Counter(row["therapist_id"] for row in unmarked)
    assert sum(count for _, count in by_therapist.most_common(2)) > 0.8 * len(unmarked)


def test_no_therapist_sees_two_clients_at_once(demo: SimulatedPractice) -> None:
    hours: dict[tuple[str, datetime], set[str]] = defaultdict(set)
    for row in demo.tables["appointments"]:
        hours[row["therapist_id"], _at(row["starts_at"])].add(row["appointment_id"])
    assert all(len(appointments) == 1 for appointments in hours.values())
    starts: dict[str, list[datetime]] = defaultdict(list)
    for therapist, start in sorted(hours):
        starts[therapist].append(start)
    for found in starts.values():
        assert all(later - before >= timedelta(minutes=50) for before, later in pairwise(found))


def test_no_client_is_in_two_places_at_once(demo: SimulatedPractice) -> None:
    held = [row for row in demo.tables["appointments"] if row["status"] not in CALLED_OFF]
    assert max(Counter((row["client_id"], row["starts_at"]) for row in held).values()) == 1


def test_nobody_is_seen_while_the_practice_is_closed(demo: SimulatedPractice) -> None:
    days = {_at(row["starts_at"]).date() for row in demo.tables["appointments"]}
    assert not {day for day in days if DEMO.is_closed(day) or day.weekday() > 4}
    assert DEMO.is_closed(date(2025, 12, 25))
    assert DEMO.is_closed(date(2026, 1, 1))
    assert DEMO.is_closed(date(2026, 4, 6))
    assert not DEMO.is_closed(date(2026, 1, 5))


def test_couples_share_an_appointment_and_now_and_then_someone_comes_twice_a_day(demo: SimulatedPractice) -> None:
    appointments = demo.tables["appointments"]
    shared = Counter(row["appointment_id"] for row in appointments)
    assert set(shared.values()) == {1, 2}
    days = Counter((row["client_id"], row["starts_at"][:10]) for row in appointments if row["status"] == "attended")
    assert 5 <= sum(count > 1 for count in days.values()) <= 80


def test_checkins_begin_in_their_month_and_ask_about_sessions(demo: SimulatedPractice) -> None:
    appointments = _appointments(demo)
    for row in demo.tables["checkins"]:
        about = appointments[row["appointment_id"], row["client_id"]]
        assert _at(row["sent_at"]).date() >= DEMO.asking.since
        assert about["status"] in {"attended", "unknown"}
        assert not row["answered_at"] or _at(row["answered_at"]) > _at(row["sent_at"])
        assert row["answered_at"] or not any(row[name] for name in ("understood", "pace", "change"))


def test_pauses_say_until_when_and_many_of_those_men_come_back(demo: SimulatedPractice) -> None:
    pauses = [row for row in demo.tables["repairs"] if row["action"] == "pause"]
    assert all(row["until"] > row["at"][:10] for row in pauses)
    over = [row for row in pauses if row["until"] < "2026-09-01"]
    came_back = sum(
        any(session.starts_at > row["at"] for episode in demo.truth for session in episode.sessions
            if episode.client_id == row["client_id"])
        for row in over
    )  # fmt: skip
    assert came_back > 0.9 * len(over)


# --- the truth and the tables --------------------------------------------------------


def test_every_true_session_is_in_the_tables_marked_or_not(demo: SimulatedPractice) -> None:
    appointments = _appointments(demo)
    true = {(s.appointment_id, e.client_id) for e in demo.truth for s in e.sessions}
    assert {appointments[key]["status"] for key in true} == {"attended", "unknown"}
    assert {key for key, row in appointments.items() if row["status"] == "attended"} <= true


def test_who_has_left_silently_is_never_seen_again(demo: SimulatedPractice) -> None:
    last: dict[str, datetime] = {}
    for row in demo.tables["appointments"]:
        if row["status"] == "attended":
            last[row["client_id"]] = max(last.get(row["client_id"], DEMO_NOW.replace(year=2000)), _at(row["starts_at"]))
    gone = [episode for episode in demo.truth if episode.kind == "silent"]
    for episode in gone:
        assert episode.left_after == episode.sessions[-1].appointment_id
        assert episode.ended_at == episode.sessions[-1].starts_at
        assert last.get(episode.client_id, DEMO_NOW.replace(year=2000)) <= _at(episode.ended_at)
    assert len({episode.client_id for episode in gone}) == len(gone)


def test_nobody_is_seen_after_an_ending_but_in_a_new_episode(demo: SimulatedPractice) -> None:
    for episodes in _by_client(iter(demo.truth)).values():
        assert [episode.number for episode in episodes] == list(range(1, len(episodes) + 1))
        for episode in episodes:
            starts = [_at(session.starts_at) for session in episode.sessions]
            assert starts == sorted(starts)
            assert not episode.ended_at or not starts or starts[-1] <= _at(episode.ended_at)
        for before, after in pairwise(episodes):
            assert before.kind in {"switched", "planned"}
            assert all(_at(session.starts_at) > _at(before.ended_at or "") for session in after.sessions)


def test_a_recorded_ending_is_the_true_one(demo: SimulatedPractice) -> None:
    true = Counter((e.client_id, e.therapist_id, e.kind) for e in demo.truth if e.recorded)
    assert Counter((r["client_id"], r["therapist_id"], r["kind"]) for r in demo.tables["endings"]) == true
    late = [r for r in demo.tables["endings"] if r["recorded_at"][:10] > r["ended_on"]]
    assert len(late) > 0.3 * len(demo.tables["endings"])


def test_a_chance_is_what_its_effects_and_its_therapist_make_it(demo: SimulatedPractice) -> None:
    """By hand: only 'first_session' at work gives odds of exp(base + therapist + effect)."""
    found = 0
    for episode in demo.truth:
        for session in episode.sessions:
            if session.because == ("first_session",):
                odds = math.exp(DEMO.base + demo.therapist_effects[episode.therapist_id] + DEMO.effects.first_session)
                assert session.chance == pytest.approx(odds / (1 + odds), abs=1e-6)
                found += 1
    assert found > 100


@pytest.mark.slow
def test_as_many_leave_as_the_chances_say() -> None:
    """Four thousand sessions or so: the exits lie within four standard errors of the sum of the chances."""
    practice = demo_practice(World(clients=500, n_therapists=6, share_couples=0), seed=11)
    chances = [session.chance for episode in practice.truth for session in episode.sessions]
    exits = sum(episode.kind == "silent" for episode in practice.truth)
    error = math.sqrt(sum(chance * (1 - chance) for chance in chances))
    assert abs(exits - sum(chances)) < 4 * error


# --- the figures it aims at ----------------------------------------------------------


def test_size(demo: SimulatedPractice) -> None:
    assert 1100 <= len(demo.tables["clients"]) <= 1500
    assert len(demo.tables["therapists"]) == 12
    genders = Counter(row["gender"] for row in demo.tables["clients"])
    assert 0.60 < genders["man"] / len(demo.tables["clients"]) < 0.70
    assert set(genders) == {"man", "woman", "non-binary", ""}


def test_men_leave_as_published(men: dict[str, list[EpisodeTruth]]) -> None:
    came = {name: episodes for name, episodes in men.items() if any(e.sessions for e in episodes)}
    lost = [e for episodes in came.values() for e in episodes if e.kind == "silent"]
    assert 0.35 <= len(lost) / len(came) <= 0.45
    assert 0.25 <= sum(len(e.sessions) == 1 for e in lost) / len(lost) <= 0.30
    assert 6 <= median(sum(len(e.sessions) for e in episodes) for episodes in came.values()) <= 8
    never = [name for name, episodes in men.items() if episodes[0].kind == "never_started"]
    assert 0.08 <= len(never) / len(men) <= 0.12


def test_men_and_women_leave_alike(demo: SimulatedPractice) -> None:
    gender = {row["client_id"]: row["gender"] for row in demo.tables["clients"]}
    rates = {}
    for word in ("man", "woman"):
        theirs = [e for e in demo.truth if gender[e.client_id] == word and e.sessions]
        rates[word] = sum(e.kind == "silent" for e in theirs) / len(theirs)
    assert abs(rates["man"] - rates["woman"]) < 0.06


def test_appointments_go_wrong_as_often_as_they_do(demo: SimulatedPractice) -> None:
    past = [row for row in demo.tables["appointments"] if row["status"] != "booked"]
    share = {status: count / len(past) for status, count in Counter(row["status"] for row in past).items()}
    assert 0.05 <= share["no_show"] <= 0.08
    assert 0.02 <= share["rescheduled"] <= 0.06
    assert 0.03 <= share["late_cancelled"] <= 0.07
    assert share["cancelled"] <= 0.18
    assert {row["kind"] for row in demo.tables["endings"]} == {
        "planned", "told", "switched", "referred", "silent", "never_started", "other",
    }  # fmt: skip


def test_checkins_are_answered_less_before_a_silent_exit_and_pile_up_at_the_top(demo: SimulatedPractice) -> None:
    last = {(e.left_after, e.client_id) for e in demo.truth if e.kind == "silent"}
    answered: dict[bool, list[bool]] = {True: [], False: []}
    for row in demo.tables["checkins"]:
        answered[(row["appointment_id"], row["client_id"]) in last].append(bool(row["answered_at"]))
    assert sum(answered[True]) / len(answered[True]) < sum(answered[False]) / len(answered[False]) - 0.1
    given = [int(row["understood"]) for row in demo.tables["checkins"] if row["understood"]]
    assert sum(value >= 9 for value in given) / len(given) > 0.6
