"""A record as a Bundle: foreign checkers accept it, and our own importer reads the same out of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.interop.answer_key import NOW, read_csv, run_import
from tests.interop.fhir_checkers import by_medplum, by_schema

from holdfast.fhir import Record, bundle
from holdfast.fhir.record import (
    Answer,
    Answers,
    Asked,
    Break,
    Decision,
    Ended,
    Form,
    Message,
    Noted,
    Person,
    Question,
    Rhythm,
    Supervised,
    Visit,
)

START = datetime(2026, 9, 7, 9, tzinfo=UTC)
PACE = Question("pace", "How was the pace?", [(-2, "Too slow"), (0, "Just right"), (2, "Too fast")])
WORTH = Question("worth_it", "Was it worth your time?", within=(0, 10))
FORM = Form("after", "After a session", 1, [PACE, WORTH, Question("words", "Anything else")])
BECAME = [  # status, who called it off, how long before
    ("attended", "", None),
    ("attended", "", None),
    ("late_cancelled", "client", timedelta(hours=2)),
    ("cancelled", "provider", timedelta(days=3)),
    ("rescheduled", "client", timedelta(days=3)),
    ("no_show", "client", None),
    ("unknown", "", None),
    ("attended", "", None),
]


def visits() -> Iterator[Visit]:
    for number, (status, by, before) in enumerate(BECAME):
        at = START + timedelta(weeks=number)
        more: dict[str, Any] = {"modality": ("video", "", "in_person")[number % 3], "booked_at": at - timedelta(days=9)}
        yield Visit(str(number), "alma", at, status, by, status_at=before and at - before, **more)
    yield Visit("ben", "ben", NOW + timedelta(days=3), "booked", booked_at=NOW)


def record() -> Record:
    rated = Answer("worth_it", "Was it worth your time?", 7, "7 of 10")
    before = Answer("pace", "How was the pace?", 0, "Just right", before="Too fast", put_right_at=START)
    taken_back = Answer("words", "Anything else", None, "no answer", before="Zanzibar", put_right_at=START)
    kept = Answer("words", "Anything else", "Xanadu", "Xanadu")
    return Record(
        made_at=NOW,
        namespace=UUID(int=7),
        language="en-GB",
        practice="Hill Street",
        client=Person("dan", "Daniel Foo", "d@example.org", "0999", "phone", {"safe_from": "Not before: 8"}),
        therapists={"alma": "Alma Quist", "ben": "Ben", "ada": "Ada"},
        visits=list(visits()),
        endings=[Ended("alma", date(2026, 11, 9), "switched"), Ended("ada", date(2026, 1, 9), "never_started")],
        breaks=[Break("alma", START + timedelta(days=8), date(2026, 10, 1)), Break("ben", NOW)],
        forms=[FORM],
        answers=[
            Answers("1", "c1", "after", [rated, before, taken_back], START, "0"),
            Answers("2", "c1", "after", [kept], START, "0", withheld=True),
        ],
        decisions=[
            Decision("1", "checkins", "Questions", 1, True, START),
            Decision("2", "checkins", "Questions", 2, False, NOW, until=date(2026, 12, 1)),
            Decision("3", "research", "A study", 1, True, NOW, study="Stay"),
            Decision("4", "messages", "Messages", 1, False, START, until=date(2026, 10, 1)),
        ],
        asked=[
            Asked("1", "slower", "To go slower", START, True, ["please"], [(NOW, "Taken on")], NOW, "settled"),
            Asked("2", "missed", "You missed one", START, False, withheld=True),
            Asked("3", "call", "To be called", NOW, True, [], [(START, "Taken on, by a clock that was behind")]),
        ],
        messages=[
            Message("1", "A link", START),
            Message("2", "To come back", NOW, True, "not-done"),
            Message("3", "Answered", NOW, withheld=True),
        ],
        noted=[Noted("1", "alma", "Asked about pace", START)],
        rhythms=[Rhythm("alma", 7.04, "Every 7 days")],
        supervised=[Supervised("1", "Somebody supervises", START, NOW), Supervised("2", "Somebody else", START)],
    )


def of(kind: str, made: Any) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in made["entry"] if entry["resource"]["resourceType"] == kind]


def test_the_schema_of_hl7_accepts_it_and_refuses_what_is_wrong() -> None:
    made = bundle(record())
    assert by_schema(made) == []
    of("Appointment", made)[0]["status"] = "dna"
    assert by_schema(made)
    assert by_schema(bundle(Record(NOW, UUID(int=7), "en", "Hill Street", Person("dan")))) == []


def test_medplum_accepts_it_and_refuses_what_is_wrong() -> None:
    made = bundle(record())
    assert by_medplum(made) == []
    del of("Appointment", made)[0]["_end"]
    assert "app-2" in " ".join(by_medplum(made))


def test_everything_it_refers_to_is_in_it_and_ids_are_the_same_each_time() -> None:
    made = bundle(record())
    here = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in made["entry"]}
    assert len(here) == len(made["entry"])
    found: list[dict[str, str]] = []
    json.loads(json.dumps(made), object_hook=lambda one: found.append(one) if "reference" in one else one)
    assert len(found) > 50
    assert [one for one in found if here.get(one["reference"]) != one["type"]] == []
    assert bundle(record()) == made
    assert not set(here) & {entry["fullUrl"] for entry in bundle(replace(record(), namespace=UUID(int=8)))["entry"]}


def test_our_own_importer_reads_the_same_appointments_and_endings(tmp_path: Path) -> None:
    (tmp_path / "mine.fhir.json").write_text(json.dumps(bundle(record()), indent=1))
    run_import("fhir", [tmp_path / "mine.fhir.json"], tmp_path / "out")
    rows = sorted(read_csv(tmp_path / "out" / "appointments.csv"), key=lambda row: row["starts_at"])
    read = [(row["status"], row["initiated_by"]) for row in rows]
    assert read == [*((status, by) for status, by, _ in BECAME), ("booked", "")]
    assert len({row["therapist_id"] for row in rows}) == 2
    assert [row["starts_at"][:10] for row in rows] == [one.starts_at.date().isoformat() for one in record().visits]
    assert rows[2]["status_at"][:16] == "2026-09-21T08:00"
    assert all(row["booked_at"] for row in rows)
    endings = read_csv(tmp_path / "out" / "endings.csv")
    assert sorted((row["kind"], row["ended_on"]) for row in endings) == [
        ("never_started", "2026-01-09"),
        ("switched", "2026-11-09"),
    ]


def test_what_he_kept_from_his_therapist_is_in_it_and_marked_and_nothing_else_is() -> None:
    marked = [one for one in (entry["resource"] for entry in bundle(record())["entry"]) if "meta" in one]
    assert [one["resourceType"] for one in marked] == ["QuestionnaireResponse", "Task", "Communication"]
    assert "Xanadu" in json.dumps(marked)
    assert all({code["code"] for code in one["meta"]["security"]} == {"R", "PRS"} for one in marked)
    both = of("QuestionnaireResponse", bundle(record()))
    assert both[0]["identifier"] == both[1]["identifier"]  # two audiences of one check-in


def test_what_a_phone_types_for_a_space_makes_no_other_computer_refuse_it() -> None:
    odd = "<b>a\u00a0b\u3000c\u2028d\x07e\x0bf\ufeffg</b>\r\n\th \U0001f600\u202e"
    kept = Answers("1", "c1", "after", [Answer("words", "Anything else", odd, odd)], START)
    made = bundle(replace(record(), client=Person("dan", "Daniel\u00a0Foo"), answers=[kept]))
    assert by_schema(made) == []
    assert of("Patient", made)[0]["name"] == [{"text": "Daniel Foo"}]
    said = of("QuestionnaireResponse", made)[0]["item"][0]["answer"]
    assert said == [{"valueString": "<b>a b c d e f g</b>\r\n\th \U0001f600\u202e"}]


def test_answers_carry_their_number_their_words_and_what_stood_there_before() -> None:
    first, kept = of("QuestionnaireResponse", bundle(record()))
    rated, pace, taken_back = first["item"]
    assert rated["answer"] == [{"valueInteger": 7}]
    assert pace["answer"][0]["valueCoding"]["display"] == "Just right"
    assert pace["answer"][0]["valueCoding"]["extension"][0]["valueDecimal"] == 0
    assert "Too fast" in json.dumps(pace["extension"])
    assert "answer" not in taken_back
    assert "Zanzibar" in json.dumps(taken_back)
    assert (first["status"], kept["status"]) == ("amended", "completed")
    assert first["encounter"]


def test_a_course_ends_goes_on_or_rests_and_an_old_decision_holds_no_more() -> None:
    courses = of("EpisodeOfCare", bundle(record()))
    assert [(one["status"], one.get("period")) for one in courses] == [
        ("finished", {"start": "2026-09-07", "end": "2026-11-09"}),
        ("onhold", {"start": "2026-11-23"}),
        ("cancelled", {"end": "2026-01-09"}),
    ]
    assert courses[0]["statusHistory"][0]["period"]["end"] == "2026-10-01"
    again = replace(record(), breaks=[Break("ben", NOW - timedelta(days=9), NOW.date() - timedelta(days=1))])
    assert of("EpisodeOfCare", bundle(again))[1]["status"] == "planned"
    late = Visit("late", "alma", START + timedelta(weeks=10), "attended")
    back = replace(record(), visits=[*visits(), late], breaks=[])
    assert [one["status"] for one in of("EpisodeOfCare", bundle(back))][:2] == ["finished", "active"]
    decided = [(one["status"], one["provision"]["type"]) for one in of("Consent", bundle(record()))]
    assert decided == [("inactive", "permit"), ("active", "deny"), ("active", "permit"), ("inactive", "deny")]
    assert of("Consent", bundle(record()))[1]["provision"]["period"] == {"end": "2026-11-30"}


@pytest.mark.parametrize("status", ["no_show", "attended", "booked"])
def test_who_called_it_off_is_only_said_of_what_was_called_off(status: str) -> None:
    """R4's own rule about the reason of a missed appointment spells its code wrongly: no reason there."""
    one = Visit("1", "alma", START, status, "client", status_at=START)
    made = of("Appointment", bundle(replace(record(), visits=[one])))[0]
    assert "cancelationReason" not in made
    assert "cancellationDate" not in json.dumps(made)
