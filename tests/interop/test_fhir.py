"""FHIR R4, against the answer key, HL7's own examples and a real bulk export, and against what goes wrong with it."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import SourceError
from holdfast.tables.importing import Account
from holdfast.tables.sources.fhir_resources import resources
from holdfast.tables.sources.files import SourceFile
from tests.interop.answer_key import assert_meets_key, in_utc, read_csv, run_import

CROSS_VERSION = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Appointment"
UUID = "0c3201bd-1cbf-4d64-b04d-cd9187a4c6e0"
LOINC = "http://loinc.org"


@pytest.fixture
def sample(shared_data: Path) -> Path:
    return shared_data / "interop" / "fhir_r4"


@pytest.fixture
def bulk(sample: Path) -> Path:
    return sample / "bulk_synthea_10"


def _patient(id: str = "C1", **fields: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id, **fields}


def _appointment(status: str = "booked", *clients: str, **fields: Any) -> dict[str, Any]:
    people = [*(f"Patient/{client}" for client in clients or ("C1",)), "Practitioner/T1"]
    return {
        "resourceType": "Appointment",
        "id": "A1",
        "status": status,
        "start": "2026-11-10T09:00:00Z",
        "participant": [{"actor": {"reference": person}, "status": "accepted"} for person in people],
        **fields,
    }


def _encounter(status: str = "finished", **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": "E1",
        "status": status,
        "subject": {"reference": "Patient/C1"},
        "participant": [{"individual": {"reference": "Practitioner/T1"}}],
        "period": {"start": "2026-11-10T09:00:00Z"},
        **fields,
    }


def _import(folder: Path, *resources: Mapping[str, Any]) -> Account:
    path = folder / "all.ndjson"
    path.write_text("".join(json.dumps(resource) + "\n" for resource in resources))
    return run_import("fhir", [path], folder / "out")


def _rows(folder: Path, table: str = "appointments") -> list[dict[str, str]]:
    path = folder / "out" / f"{table}.csv"
    return read_csv(path) if path.exists() else []


def _outcomes(folder: Path) -> list[tuple[str, str, str, str]]:
    return [
        (row["appointment_id"], row["status"], row.get("initiated_by", ""), row["certainty"]) for row in _rows(folder)
    ]


@pytest.mark.parametrize("shape", ["ndjson", "bundle", "searchset", "one line", "single files", "zip of both"])
def test_it_meets_the_answer_key_in_each_shape(shape: str, sample: Path, tmp_path: Path) -> None:
    run_import("fhir", _in_shape(shape, sample / "practice", tmp_path), tmp_path / "out")
    assert_meets_key(tmp_path / "out", sample / "practice" / "expected.csv")


def _in_shape(shape: str, practice: Path, folder: Path) -> list[Path]:
    bundle = json.loads((practice / "bundle_collection.json").read_text())
    match shape:
        case "ndjson":
            return sorted(practice.glob("*.ndjson"))
        case "bundle":
            return [practice / "bundle_collection.json"]
        case "searchset":
            bundle |= {"type": "searchset", "total": 59, "link": [{"relation": "self", "url": "https://s/Appointment"}]}
            (folder / "page.json").write_text("\ufeff" + json.dumps(bundle, indent=2))
            return [folder / "page.json"]
        case "one line":
            (folder / "page.json").write_text(json.dumps([entry["resource"] for entry in bundle["entry"]]))
            return [folder / "page.json"]
        case "single files":
            (folder / "in").mkdir()
            for number, entry in enumerate(bundle["entry"]):
                (folder / "in" / f"{number}.json").write_text(json.dumps(entry["resource"], indent=1))
            return [folder / "in"]
        case _:
            return [practice]  # with the same resources twice, and the answer key beside them


def test_references_by_uuid_within_a_transaction(sample: Path, tmp_path: Path) -> None:
    """A bundle that was never on a server: no ids, every reference by the entry's own uuid."""
    bundle = json.loads((sample / "practice" / "bundle_collection.json").read_text())
    text = json.dumps({**bundle, "type": "transaction"})
    for number, entry in enumerate(bundle["entry"]):
        uuid = f"urn:uuid:{UUID[:-4]}{number:04}"
        name = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        text = text.replace(json.dumps({"reference": name})[1:-1], json.dumps({"reference": uuid})[1:-1])
        text = text.replace(json.dumps(entry["fullUrl"]), json.dumps(uuid))
    without_ids = json.loads(text)
    for entry in without_ids["entry"]:
        if entry["resource"]["resourceType"] != "Appointment":
            del entry["resource"]["id"]
    (tmp_path / "transaction.json").write_text(json.dumps(without_ids))
    run_import("fhir", [tmp_path / "transaction.json"], tmp_path / "out")
    assert_meets_key(tmp_path / "out", sample / "practice" / "expected.csv")


def test_importing_twice_changes_nothing(sample: Path, tmp_path: Path) -> None:
    run_import("fhir", [sample / "practice"], tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    account = run_import("fhir", [sample / "practice"], tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert (account.added, account.updated) == (0, 0)


def test_a_bulk_export_is_read_whole(bulk: Path, tmp_path: Path) -> None:
    """Counted with grep: 150 finished encounters of 12 clients with 17 practitioners; 13 and 43 people in all."""
    account = run_import("fhir", [bulk], tmp_path / "out")
    rows = _rows(tmp_path)
    assert len(rows) == 150
    assert {(row["status"], row["certainty"]) for row in rows} == {("attended", "recorded")}
    assert (len({row["client_id"] for row in rows}), len({row["therapist_id"] for row in rows})) == (12, 17)
    assert sum(row["client_id"] == "79a66c97-6131-3213-f3c9-4606946ab056" for row in rows) == 101
    assert (len(_rows(tmp_path, "clients")), len(_rows(tmp_path, "therapists"))) == (13, 43)
    assert [row["gender"] for row in _rows(tmp_path, "clients")].count("male") == 4
    assert any("Encounters only" in note for note in account.notes)


def test_the_moment_of_a_bulk_export_is_in_its_log(bulk: Path, tmp_path: Path) -> None:
    account = run_import("fhir", [bulk], tmp_path, now=None)
    assert account.now.isoformat() == "2024-08-06T19:12:57+01:00"


def test_every_style_of_reference_means_the_same_people(bulk: Path, tmp_path: Path) -> None:
    """The export writes ``Practitioner?identifier=system|value`` and ``Patient/id``; the rest is made from it."""
    encounters = [json.loads(line) for line in (bulk / "Encounter.000.ndjson").read_text().splitlines()]
    people = [bulk / "Patient.000.ndjson", bulk / "Practitioner.000.ndjson"]
    npi = {
        item["identifier"][0]["value"]: item["id"]
        for line in people[1].read_text().splitlines()
        if (item := json.loads(line))
    }
    styles = {"written": {}, "identifier": {}, "literal": {}, "absolute": {}, "history": {}}  # type: dict[str, Any]
    for encounter in encounters:
        client = encounter["subject"]["reference"].partition("/")[2]
        value = encounter["participant"][0]["individual"]["reference"].partition("|")[2]
        token = {"system": "http://hl7.org/fhir/sid/us-npi", "value": value}
        theirs = {"system": "https://github.com/synthetichealth/synthea", "value": client}
        styles["written"][encounter["id"]] = (encounter["subject"], encounter["participant"][0]["individual"])
        styles["identifier"][encounter["id"]] = ({"identifier": theirs}, {"identifier": token})
        for style, base in (("literal", ""), ("absolute", "https://ehr.example/r4/")):
            names = (f"{base}Patient/{client}", f"{base}Practitioner/{npi[value]}")
            styles[style][encounter["id"]] = tuple({"reference": name} for name in names)
            styles["history"][encounter["id"]] = tuple({"reference": f"{name}/_history/2"} for name in names)
    found = {}
    for style, references in styles.items():
        file = tmp_path / f"{style}.ndjson"
        lines = [
            json.dumps({**item, "subject": client, "participant": [{"individual": therapist}]})
            for item in encounters
            for client, therapist in [references[item["id"]]]
        ]
        file.write_text("\n".join(lines))
        run_import("fhir", [file, *people], tmp_path / style)
        rows = read_csv(tmp_path / style / "appointments.csv")
        found[style] = [(row["appointment_id"], row["client_id"], row["therapist_id"]) for row in rows]
    assert len(set(map(tuple, found.values()))) == 1


def test_a_role_stands_for_its_practitioner(bulk: Path, tmp_path: Path) -> None:
    """The export's roles name their practitioner by identifier alone."""
    role = json.loads((bulk / "PractitionerRole.000.ndjson").read_text().splitlines()[0])
    visit = _appointment("fulfilled")
    visit["participant"][1]["actor"] = {"reference": f"PractitionerRole/{role['id']}"}
    (tmp_path / "visit.json").write_text(json.dumps(visit))
    run_import("fhir", [tmp_path / "visit.json", *sorted(bulk.glob("Practitioner*"))], tmp_path / "out")
    practitioners = [json.loads(line) for line in (bulk / "Practitioner.000.ndjson").read_text().splitlines()]
    value = role["practitioner"]["identifier"]["value"]
    expected = next(item["id"] for item in practitioners if item["identifier"][0]["value"] == value)
    assert [row["therapist_id"] for row in _rows(tmp_path)] == [expected]


def test_hl7s_own_examples_are_read(sample: Path, tmp_path: Path) -> None:
    """A booked appointment of 2013 that nobody marked; a request, and two encounters without a time, are left out."""
    examples = sample / "hl7_examples"
    names = ("Appointment-example", "Appointment-examplereq", "Encounter-example", "Encounter-f001", "Patient-example")
    files = [examples / f"{name}.json" for name in (*names, "EpisodeOfCare-example", "Practitioner-example")]
    account = run_import("fhir", files, tmp_path / "out")
    assert _outcomes(tmp_path) == [("example", "unknown", "", "not_updated")]
    assert account.skipped == {"only proposed, not booked": 1, "no time of its start": 2}
    assert _rows(tmp_path, "endings") == []


def test_every_example_of_hl7_can_lie_in_the_same_folder(sample: Path, tmp_path: Path) -> None:
    run_import("fhir", [sample / "hl7_examples", sample / "sdc"], tmp_path / "out")
    assert len(_rows(tmp_path)) == 1


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("fulfilled", ("attended", "", "recorded")),
        ("arrived", ("attended", "", "recorded")),
        ("checked-in", ("attended", "", "recorded")),
        ("noshow", ("no_show", "client", "recorded")),
        ("booked", ("unknown", "", "not_updated")),
        ("pending", ("unknown", "", "not_updated")),
        ("cancelled", ("cancelled", "unknown", "recorded")),
    ],
)
def test_each_status_of_a_past_appointment(status: str, outcome: tuple[str, str, str], tmp_path: Path) -> None:
    _import(tmp_path, _appointment(status))
    assert _outcomes(tmp_path) == [("A1", *outcome)]


@pytest.mark.parametrize("status", ["booked", "pending"])
def test_a_coming_appointment_is_booked(status: str, tmp_path: Path) -> None:
    _import(tmp_path, _appointment(status, start="2026-12-01T09:00:00-05:00", created="2026-11-01"))
    assert _outcomes(tmp_path) == [("A1", "booked", "", "recorded")]
    row = _rows(tmp_path)[0]
    assert (row["starts_at"], row["booked_at"]) == ("2026-12-01T14:00:00+00:00", "2026-11-01")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("proposed", "only proposed, not booked"),
        ("waitlist", "on a waiting list, not booked"),
        ("entered-in-error", "entered in error"),
    ],
)
def test_what_never_was_an_appointment_is_left_out_and_counted(status: str, reason: str, tmp_path: Path) -> None:
    account = _import(tmp_path, _appointment(status), _appointment("fulfilled", id="A2"))
    assert account.skipped == {reason: 1}
    assert [row["appointment_id"] for row in _rows(tmp_path)] == ["A2"]


@pytest.mark.parametrize("element", ["cancelationReason", "cancellationReason"])
@pytest.mark.parametrize(
    ("code", "status", "by"),
    [
        ("pat", "late_cancelled", "client"),
        ("pat-ucp", "late_cancelled", "client"),
        ("prov", "cancelled", "provider"),
        ("prov-pers", "cancelled", "provider"),
        ("oth-weath", "late_cancelled", "unknown"),
        ("pat-dec", "cancelled", "unknown"),
    ],
)
def test_who_cancelled_is_in_the_reason(element: str, code: str, status: str, by: str, tmp_path: Path) -> None:
    """Three hours before. A provider's cancellation is never late, and neither is a death."""
    at = {"url": f"{CROSS_VERSION}.cancellationDate", "valueDateTime": "2026-11-10T07:00:00+01:00"}
    _import(tmp_path, _appointment("cancelled", extension=[at], **{element: {"coding": [{"code": code}]}}))
    assert _outcomes(tmp_path) == [("A1", status, by, "recorded")]
    assert in_utc(_rows(tmp_path)[0]["status_at"]) == "2026-11-10T06:00:00Z"


@pytest.mark.parametrize(
    ("declined", "by"), [((0,), "client"), ((1,), "provider"), ((0, 1), "unknown"), ((), "unknown")]
)
def test_without_a_reason_who_alone_declined_cancelled(declined: tuple[int, ...], by: str, tmp_path: Path) -> None:
    visit = _appointment("cancelled")
    for position in declined:
        visit["participant"][position]["status"] = "declined"
    _import(tmp_path, visit)
    assert _outcomes(tmp_path) == [("A1", "cancelled", by, "recorded")]


def test_the_elements_of_r5_are_read_as_well(tmp_path: Path) -> None:
    old = _appointment("cancelled", cancellationDate="2026-11-09T20:00:00Z")
    new = _appointment("fulfilled", id="A2", previousAppointment={"reference": "Appointment/A1"})
    _import(tmp_path, old, new)
    assert [outcome[:2] for outcome in _outcomes(tmp_path)] == [("A1", "rescheduled"), ("A2", "attended")]
    assert in_utc(_rows(tmp_path)[0]["status_at"]) == "2026-11-09T20:00:00Z"


def test_a_group_is_one_appointment_with_a_row_for_each_client(tmp_path: Path) -> None:
    visit = _appointment("fulfilled", "C1", "C2", "C3")
    visit["participant"][2]["status"] = "declined"
    _import(tmp_path, visit)
    found = [(row["appointment_id"], row["client_id"], row["status"]) for row in _rows(tmp_path)]
    assert found == [("A1", "C1", "attended"), ("A1", "C2", "attended"), ("A1", "C3", "cancelled")]


def test_a_no_show_in_a_group_does_not_say_who(tmp_path: Path) -> None:
    """FHIR's noshow is "some or all did not appear": C1 has an encounter, of C2 nothing is known."""
    _import(tmp_path, _appointment("noshow", "C1", "C2"), _encounter(appointment=[{"reference": "Appointment/A1"}]))
    assert [outcome[1:] for outcome in _outcomes(tmp_path)] == [
        ("attended", "", "recorded"),
        ("unknown", "", "not_updated"),
    ]


@pytest.mark.parametrize(
    ("encounter", "outcome"),
    [
        ("finished", ("attended", "", "recorded")),
        ("in-progress", ("attended", "", "recorded")),
        ("planned", ("unknown", "", "not_updated")),
        ("cancelled", ("cancelled", "unknown", "recorded")),
        ("entered-in-error", ("unknown", "", "not_updated")),
    ],
)
def test_an_encounter_settles_its_unmarked_appointment_and_is_no_second_session(
    encounter: str, outcome: tuple[str, str, str], tmp_path: Path
) -> None:
    _import(tmp_path, _encounter(encounter, appointment=[{"reference": "Appointment/A1"}]), _appointment("booked"))
    assert _outcomes(tmp_path) == [("A1", *outcome)]


def test_an_encounter_does_not_overrule_what_was_marked(tmp_path: Path) -> None:
    _import(tmp_path, _encounter(appointment=[{"reference": "Appointment/A1"}]), _appointment("noshow"))
    assert _outcomes(tmp_path) == [("A1", "no_show", "client", "recorded")]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("finished", ("attended", "", "recorded")),
        ("arrived", ("attended", "", "recorded")),
        ("triaged", ("attended", "", "recorded")),
        ("in-progress", ("attended", "", "recorded")),
        ("onleave", ("attended", "", "recorded")),
        ("completed", ("attended", "", "recorded")),
        ("planned", ("unknown", "", "not_updated")),
        ("unknown", ("unknown", "", "not_updated")),
        ("cancelled", ("cancelled", "unknown", "recorded")),
    ],
)
def test_each_status_of_an_encounter_without_appointment(
    status: str, outcome: tuple[str, str, str], tmp_path: Path
) -> None:
    _import(tmp_path, _encounter(status))
    assert _outcomes(tmp_path) == [("E1", *outcome)]


def test_an_encounter_whose_appointment_is_not_here_is_a_session(tmp_path: Path) -> None:
    _import(tmp_path, _encounter(appointment=[{"reference": "Appointment/gone"}]))
    assert _outcomes(tmp_path) == [("E1", "attended", "", "recorded")]


def test_an_encounter_with_the_number_of_an_appointment_keeps_apart(tmp_path: Path) -> None:
    _import(tmp_path, _appointment("fulfilled", id="1"), _encounter(id="1"))
    assert [row["appointment_id"] for row in _rows(tmp_path)] == ["1", "Encounter/1"]


def test_of_the_same_resource_twice_the_newer_is_right(tmp_path: Path) -> None:
    newer = _appointment("fulfilled", meta={"lastUpdated": "2026-11-11T08:00:00Z"})
    _import(tmp_path, newer, _appointment("booked", meta={"lastUpdated": "2026-11-01T08:00:00Z"}))
    assert _outcomes(tmp_path) == [("A1", "attended", "", "recorded")]


def test_people_have_gender_and_year(tmp_path: Path) -> None:
    people = [_patient("C1", gender="male", birthDate="1984-03-02"), _patient("C2", gender="unknown", birthDate="1990")]
    _import(tmp_path, *people, {"resourceType": "Practitioner", "id": "T1", "gender": "female"}, _appointment())
    found = [(row["client_id"], row["gender"], row["birth_year"]) for row in _rows(tmp_path, "clients")]
    assert found == [("C1", "male", "1984"), ("C2", "", "1990")]
    assert [row["gender"] for row in _rows(tmp_path, "therapists")] == ["female"]


@pytest.mark.parametrize(
    ("extension", "kind"),
    [
        ([], "other"),
        ([{"url": "https://ehr.example/episode-ending", "valueCode": "silent"}], "silent"),
        ([{"url": "https://ehr.example/end-reason", "valueCodeableConcept": {"coding": [{"code": "told"}]}}], "told"),
        ([{"url": "https://ehr.example/patient-gender", "valueCode": "silent"}], "other"),
        ([{"url": "https://ehr.example/end-reason", "valueCode": "E07"}], "other"),
    ],
)
@pytest.mark.parametrize("status", ["finished", "cancelled"])
def test_an_episode_of_care_ends_as_its_reason_tells(
    extension: list[dict[str, Any]], kind: str, status: str, tmp_path: Path
) -> None:
    _import(tmp_path, _appointment("fulfilled"), _episode(status, extension=extension))
    found = [
        (row["client_id"], row["therapist_id"], row["ended_on"], row["kind"]) for row in _rows(tmp_path, "endings")
    ]
    assert found == [("C1", "T1", "2026-11-12", kind)]


def _episode(status: str, **fields: Any) -> dict[str, Any]:
    episode = {"resourceType": "EpisodeOfCare", "id": "X1", "status": status, "patient": {"reference": "Patient/C1"}}
    return {**episode, "period": {"start": "2026-09-01", "end": "2026-11-12"}, **fields}


@pytest.mark.parametrize("status", ["planned", "waitlist", "active", "onhold", "entered-in-error"])
def test_an_episode_of_care_that_goes_on_has_no_ending(status: str, tmp_path: Path) -> None:
    _import(tmp_path, _appointment("fulfilled"), _episode(status))
    assert _rows(tmp_path, "endings") == []


def test_totals_of_phq9_and_gad7_are_scores_from_either_resource(tmp_path: Path) -> None:
    subject = {"reference": "Patient/C1"}
    observation = {
        "resourceType": "Observation",
        "id": "O1",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "44261-6"}]},
        "subject": subject,
        "effectiveDateTime": "2026-11-01",
        "valueInteger": 0,
        "derivedFrom": [{"reference": "QuestionnaireResponse/R0"}],
    }
    gad7 = {"linkId": "/70274-6", "answer": [{"valueDecimal": 12}]}
    response = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "subject": subject,
        "authored": "2026-11-02T10:00:00Z",
    }
    twice = {**response, "id": "R0", "item": [{"linkId": "44261-6", "answer": [{"valueInteger": 0}]}]}
    draft = {**response, "id": "R2", "status": "in-progress", "item": [gad7]}
    late = {**response, "id": "R1", "item": [{"linkId": "group", "item": [gad7]}]}
    _import(tmp_path, _appointment(), observation, twice, draft, late)
    found = [(row["client_id"], row["measure"], row["taken_at"], row["score"]) for row in _rows(tmp_path, "scores")]
    assert found == [
        ("C1", "phq9", "2026-11-01", "0"),
        ("C1", "gad7", "2026-11-02T10:00:00+00:00", "12"),
    ]


def test_the_questionnaire_tells_which_item_is_the_total(sample: Path, tmp_path: Path) -> None:
    """HL7's PHQ-9 response gives its total of 13 under the linkId that its questionnaire gives the LOINC code."""
    (tmp_path / "visit.json").write_text(json.dumps(_appointment("fulfilled", "proband")))
    run_import("fhir", [tmp_path / "visit.json", *sorted((sample / "sdc").glob("*PHQ9.json"))], tmp_path / "out")
    found = [(row["client_id"], row["measure"], row["score"]) for row in _rows(tmp_path, "scores")]
    assert found == [("proband", "phq9", "13")]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"start": "2026-13-45T09:00:00Z"}, "Appointment/A1, start: found '2026-13-45T09:00:00Z'; allowed: a moment"),
        ({"start": 20261110}, "Appointment/A1, start: found '20261110'; allowed: text"),
        ({"participant": {"actor": {}}}, "Appointment/A1, participant: .*allowed: a list of objects"),
        ({"meta": "new"}, "Appointment/A1, meta: found 'new'; allowed: an object"),
    ],
)
def test_a_field_of_a_wrong_type_names_the_resource(fields: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=message):
        _import(tmp_path, _appointment(**fields))
    assert not (tmp_path / "out").exists()


def test_a_status_that_fhir_does_not_have_is_never_guessed(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"Appointment.status.*'dna' \(1\), a blank \(1\).*Understood are: fulfilled"):
        _import(tmp_path, _appointment("dna"), _appointment("", id="A2"))


def test_an_identifier_that_two_clients_have_is_refused(tmp_path: Path) -> None:
    shared = [{"system": "https://ehr.example/mrn", "value": "7"}]
    visit = _appointment("fulfilled")
    visit["participant"][0]["actor"] = {"type": "Patient", "identifier": shared[0]}
    with pytest.raises(SourceError, match=r"Appointment/A1, identifier: found 'https://ehr.example/mrn\|7'"):
        _import(tmp_path, _patient("C1", identifier=shared), _patient("C2", identifier=shared), visit)


def test_a_total_that_the_measure_cannot_give_is_refused(tmp_path: Path) -> None:
    code = {"coding": [{"system": LOINC, "code": "70274-6"}]}
    score = {
        "resourceType": "Observation",
        "id": "O1",
        "status": "final",
        "code": code,
        "effectiveDateTime": "2026-11-01",
    }
    with pytest.raises(SourceError, match=r"Observation/O1, value: found '22'; allowed: a number from 0 to 21"):
        _import(
            tmp_path, _appointment(), {**score, "subject": {"reference": "Patient/C1"}, "valueQuantity": {"value": 22}}
        )


def test_a_file_cut_off_on_the_way_names_the_line_and_leaves_the_folder(sample: Path, tmp_path: Path) -> None:
    practice = sample / "practice"
    run_import("fhir", [practice], tmp_path / "out")
    before = (tmp_path / "out" / "appointments.csv").read_bytes()
    for name in ("Appointment.ndjson", "bundle_collection.json"):
        broken = tmp_path / name
        broken.write_bytes((practice / name).read_bytes()[:20_000])
        with pytest.raises(SourceError, match=r"line \d+.*cut off"):
            run_import("fhir", [broken], tmp_path / "out")
    assert (tmp_path / "out" / "appointments.csv").read_bytes() == before


def test_files_without_any_appointment_say_so(sample: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no Appointment and no Encounter in Patient"):
        run_import("fhir", [sample / "practice" / "Patient.ndjson"], tmp_path)


def test_a_large_file_is_taken_apart_a_line_at_a_time() -> None:
    """Ten megabytes, most of it text that nobody needs, take less than one besides the file itself."""
    line = json.dumps({**_appointment(), "text": {"div": "x" * 20_000}}).encode() + b"\n"
    file = SourceFile("Appointment.ndjson", line * 500)
    tracemalloc.start()
    count = sum(1 for _ in resources(file))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (count, peak < len(file.data) / 10) == (500, True)
