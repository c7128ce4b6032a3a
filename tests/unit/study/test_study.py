"""A study's file: who is in it, what is left of what is known, and that no few can be told apart in it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.tables.few_rows import Row, tables_of

from holdfast.study import LEAST, LEAST_OF_A_THERAPIST, About, Deidentified, deidentified, next_release, packed
from holdfast.study.cells import BLANK, OTHER, banded, covered, gathered, reached
from holdfast.study.deidentified import COLUMNS, WEEKS

MONDAY = datetime(2026, 1, 5, 10)  # noqa: DTZ001 (the practice's wall clock)
ABOUT = About("Why men stay", 2, "A university", "How it goes\non from week to week {x}", "Hill Street")
names = st.sampled_from([f"p{number:03}" for number in range(120)])
few = st.sampled_from(["", "a", "b", "c", "d"])
people = st.dictionaries(names, st.tuples(few, few, few), min_size=LEAST)


def everybody(groups: Sequence[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*groups)


def keyed(name: str) -> bytes:
    return sha256(f"secret {name}".encode()).digest()


# --- who is in it -----------------------------------------------------------------------------------


@pytest.mark.hazard("H-19")
@given(st.lists(st.frozensets(names), min_size=1, max_size=12))
def test_from_file_to_file_people_come_stay_and_leave_in_whole_blocks_and_nobody_comes_back(
    willing: list[frozenset[str]],
) -> None:
    files: list[frozenset[str]] = []
    for now in willing:
        groups = next_release(now, files, order=keyed)
        made = everybody(groups)
        assert made <= now
        last = files[-1] if files else frozenset()
        for moved in (made, made - last, made & last, last - made, *groups):
            assert len(moved) % LEAST == 0
        assert sum(map(len, groups)) == len(made)
        for group, file in zip(groups, files, strict=False):
            assert group <= file
        gone = frozenset().union(*files) - last
        assert not made & gone
        if made:  # what holds nobody is not made
            files.append(made)


@pytest.mark.hazard("H-19")
def test_one_who_leaves_is_out_at_once_and_ten_others_with_him() -> None:
    people = frozenset(f"p{number:03}" for number in range(35))
    (first,) = next_release(people, [], order=keyed)
    assert len(first) == 33
    him = min(first)
    second, new = next_release(people - {him}, [first], order=keyed)
    assert him not in second
    assert not new
    assert len(first - second) == LEAST
    assert len(second) == 22
    assert everybody(next_release(people, [first, second], order=keyed)) == second  # he says yes again


@pytest.mark.hazard("H-19")
def test_those_who_came_together_cover_for_each_other() -> None:
    came = [frozenset(f"{when}{number:02}" for number in range(22)) for when in "ab"]
    files = [came[0], came[0] | came[1]]
    first, second, _ = next_release(files[1] - {"a03"}, files, order=keyed)
    assert second == came[1]
    assert len(first) == LEAST


def test_fewer_than_eleven_are_nobody() -> None:
    assert everybody(next_release(frozenset("abcdefghij"), [], order=keyed)) == frozenset()
    assert len(everybody(next_release(frozenset("abcdefghijk"), [], order=keyed))) == LEAST


# --- no cell of few ---------------------------------------------------------------------------------


@pytest.mark.hazard("H-19")
@given(people)
def test_each_combination_is_that_of_eleven_and_says_nothing_that_was_not_so(told: dict[str, tuple[str, ...]]) -> None:
    found = covered(told)
    assert found.keys() == told.keys()
    assert min(Counter(found.values()).values()) >= LEAST
    for who, parts in found.items():
        assert all(part in (BLANK, before) for part, before in zip(parts, told[who], strict=True))


@given(st.dictionaries(names, st.sampled_from([("a", "x"), ("a", "y"), ("b", "x")]), min_size=LEAST))
def test_what_enough_share_stays(told: dict[str, tuple[str, ...]]) -> None:
    """If every combination is that of enough people there is nothing to blank."""
    if min(Counter(told.values()).values()) >= LEAST:
        assert covered(told) == told


def test_fewer_than_eleven_do_not_cover_each_other() -> None:
    with pytest.raises(ValueError, match="11 people"):
        covered({"p1": ("a",)})
    assert covered({}) == {}


@pytest.mark.hazard("H-19")
@given(st.dictionaries(names, st.frozensets(st.sampled_from("abcdefgh"), min_size=1), min_size=LEAST))
def test_a_rare_value_stands_with_others_until_they_are_enough(held: dict[str, frozenset[str]]) -> None:
    together = gathered(held)
    shown = {who: {OTHER if one in together else one for one in values} for who, values in held.items()}
    assert min(Counter(one for values in shown.values() for one in values).values()) >= LEAST


@pytest.mark.hazard("H-19")
@given(st.dictionaries(names, st.frozensets(st.integers(0, 40), min_size=1, max_size=4), min_size=LEAST))
def test_each_band_is_of_eleven_people_and_holds_the_number(held: dict[str, frozenset[int]]) -> None:
    say = banded(held, WEEKS)
    shown = Counter(band for numbers in held.values() for band in {say(one) for one in numbers})
    assert min(shown.values()) >= LEAST
    for number in frozenset().union(*held.values()):
        low, _, rest = say(number).partition(" ")
        high = low if not rest else rest.partition("to ")[2] or "1000"
        assert int(low) <= number <= int(high)


def test_where_enough_share_each_number_bands_are_as_fine_as_they_may_be() -> None:
    held = {f"p{number}": {number % 3} for number in range(60)}
    say = banded(held, (0, 1, 2, 3))
    assert [say(one) for one in (0, 1, 2, 3)] == ["0", "1", "2", "3 or more"]


@given(st.lists(st.integers(0, 50), max_size=60))
def test_eleven_people_reach_the_highest_that_is_told(most: list[int]) -> None:
    found = reached(most)
    assert sum(one >= found for one in most) >= LEAST or found == 0
    assert sum(one > found for one in most) < LEAST


# --- what is left of the tables ---------------------------------------------------------------------


def practice(
    count: int = 40, *, others: int = 2, stays: int = 4, shift: timedelta = timedelta(0)
) -> dict[str, list[Row]]:
    """``count`` clients: all but the last ``others`` with t1, each with a few sessions, answers, scores, words."""
    made: dict[str, list[Row]] = {"appointments": [], "clients": [], "checkins": [], "scores": [], "endings": []}
    for number in range(count):
        who, begin = f"c{number}", MONDAY + timedelta(days=number) + shift
        treats = "t1" if number < count - others else "t2"
        for week in range(stays if number else stays + 9):  # the first stays longer than anybody
            at = begin + timedelta(weeks=week)
            visit = {"appointment_id": f"{who}-{week}", "client_id": who, "therapist_id": treats}
            made["appointments"].append({**visit, "starts_at": at, "status": "attended"})
            asked = {"client_id": who, "appointment_id": f"{who}-{week}", "sent_at": at + timedelta(hours=3)}
            if week:
                asked |= {"answered_at": at + timedelta(hours=4), "understood": 7, "pace": -1, "change": "Canarychange"}
            made["checkins"].append(asked)
        job = "Canarysmith" if number == 3 else "employed" if number % 2 else "student"
        made["clients"].append({"client_id": who, "birth_year": 1980, "employment": job, "concerns": "Canaryconcern",
                                "referral_source": "Canarysource", "prefers_pace": 3})  # fmt: skip
        made["scores"].append({"client_id": who, "measure": "phq9", "taken_at": begin, "score": 12})
        made["scores"].append({"client_id": who, "measure": "phq9_item9", "taken_at": begin, "score": 3})
        kind = {1: "referred", 2: "told"}.get(number, "planned")
        ended = {"client_id": who, "therapist_id": treats, "kind": kind, "reason": "Canaryreason"}
        made["endings"].append({**ended, "ended_on": begin + timedelta(weeks=stays + 10)})
    return made


def made_of(given: dict[str, list[Row]], *, without: str = "", first: int = 1000) -> Deidentified:
    """Of the first ``first`` clients as one group, and of the others as another."""
    ids = [row["client_id"] for row in given["clients"] if row["client_id"] != without]
    groups = [{one: keyed(one).hex()[:16] for one in some} for some in (ids[:first], ids[first:])]
    return deidentified(
        tables_of(MONDAY + timedelta(days=400), **given),
        groups=groups,
        therapist_called=lambda one: f"T{keyed(one).hex()[:6]}",
    )


@pytest.fixture(scope="module", name="made")
def _made() -> Deidentified:
    return made_of(practice())


def unpacked(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_courses_are_told_in_weeks(made: Deidentified) -> None:
    assert len(made.rows["people"]) == 40
    assert len(made.rows["episodes"]) == 40
    assert {(row["first_week"], row["last_week"], row["sessions"]) for row in made.rows["episodes"]} == {
        ("0", "3 or more", "4 or more")
    }
    assert {row["week"] for row in made.rows["checkins"]} == {"1", "2", "3"}
    assert len(made.rows["checkins"]) == 40 * 3  # of whoever stayed longer than all others no more than of these
    assert {(row["measure"], row["score"]) for row in made.rows["scores"]} == {("phq9", "12")}


@pytest.mark.hazard("H-19")
def test_a_therapist_of_few_a_rare_trade_and_a_rare_ending_are_not_told(made: Deidentified) -> None:
    therapists = Counter(row["therapist"] for row in made.rows["episodes"])
    assert all(count >= LEAST_OF_A_THERAPIST for name, count in therapists.items() if name)
    shared = {row["person"]: [row["age"], row["employment"]] for row in made.rows["people"]}
    for row in made.rows["episodes"]:
        shared[row["person"]].append(row["therapist"])
    assert min(Counter(map(tuple, shared.values())).values()) >= LEAST
    endings = Counter(row["ending"] for row in made.rows["episodes"])
    assert endings == {OTHER: 40}  # two were rare, and alone they would not be enough


def test_therapists_of_enough_are_told_by_an_id_of_the_study() -> None:
    therapists = Counter(row["therapist"] for row in made_of(practice(100, others=30)).rows["episodes"])
    assert sorted(therapists.values()) == [LEAST_OF_A_THERAPIST, 70]
    assert all(name.startswith("T") for name in therapists)
    assert set(Counter(row["therapist"] for row in made_of(practice(100, others=29)).rows["episodes"])) - {BLANK}


@pytest.mark.hazard("H-19")
def test_there_is_no_date_no_id_and_no_word_of_anybodys_in_the_file(made: Deidentified) -> None:
    files = unpacked(packed(made, ABOUT))
    assert sorted(files) == sorted([f"{name}.csv" for name in COLUMNS] + ["README.md", "dictionary.csv"])
    text = "\n".join(files.values())
    assert [mark for mark in ("Canary", "2026", "1980", "phq9_item9") if mark in text] == []
    told = {cell for name in COLUMNS for row in csv.reader(io.StringIO(files[f"{name}.csv"])) for cell in row}
    own = {row["client_id"] for row in practice()["clients"]} | {"t1", "t2"}
    assert not told & own


def test_the_dictionary_tells_of_each_column_and_the_readme_of_what_was_done(made: Deidentified) -> None:
    files = unpacked(packed(made, ABOUT))
    meant = list(csv.DictReader(io.StringIO(files["dictionary.csv"])))
    for name in COLUMNS:
        head = files[f"{name}.csv"].splitlines()[0].split(",")
        assert head == [row["column"] for row in meant if row["file"] == f"{name}.csv"]
    readme = files["README.md"]
    for words in ("Why men stay", "text 2", "40 people", "> How it goes\n> on from week to week {x}", "Not anonymous"):
        assert words in readme
    assert all(note in readme for note in made.notes)


def test_a_table_of_too_few_is_not_there() -> None:
    given = practice()
    given["scores"] = [row for row in given["scores"] if row["client_id"] in ("c1", "c2", "c3")]
    files = unpacked(packed(made_of(given), ABOUT))
    assert "scores.csv" not in files
    assert "`scores.csv` is not here" in files["README.md"]


@pytest.mark.hazard("H-19")
def test_a_whole_practice_that_begins_later_in_the_year_makes_the_same_file() -> None:
    """No date is in it, so none can be told from it."""
    later = made_of(practice(shift=timedelta(weeks=20)))
    assert packed(later, ABOUT) == packed(made_of(practice()), ABOUT)


@pytest.mark.hazard("H-19")
def test_whoever_is_not_in_it_changes_nothing_in_it() -> None:
    """Nothing is worked out of those who did not say yes."""
    given = practice(41)
    alone = {name: [row for row in rows if row["client_id"] != "c7"] for name, rows in given.items()}
    assert packed(made_of(given, without="c7"), ABOUT) == packed(made_of(alone), ABOUT)


@pytest.mark.hazard("H-19")
def test_whoever_comes_later_changes_nothing_of_what_is_told_of_those_before() -> None:
    """So the difference between two files is about those alone who came."""
    given = practice(60, others=25)
    alone = {name: [row for row in rows if int(row["client_id"][1:]) < 35] for name, rows in given.items()}
    first, both = made_of(alone), made_of(given, first=35)
    his = both.of_each()
    assert len(his) == 60
    assert {who: his[who] for who in first.of_each()} == first.of_each()
    assert Counter(row["group"] for row in both.rows["people"]) == {1: 35, 2: 25}
    assert "Group 2, 25 people." in "".join(both.notes)


def test_fewer_than_eleven_make_no_file() -> None:
    with pytest.raises(ValueError, match="11 people"):
        made_of(practice(10))


def test_all_that_is_told_of_one_person_is_found_together(made: Deidentified) -> None:
    his = made.of_each()
    assert len(his) == 40
    assert sum(len(rows) for rows in his.values()) == sum(len(rows) for rows in made.rows.values())
    assert all([table for table, _ in rows].count("people") == 1 for rows in his.values())
