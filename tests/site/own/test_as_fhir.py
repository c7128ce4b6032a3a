"""His file for another practice: all that is his, foreign checkers accept it, and what is not in it is named."""

from __future__ import annotations

import json

import pytest

from tests.conftest import ROOT
from tests.interop.fhir_checkers import by_medplum, by_schema, has_medplum
from tests.site.conftest import signed_in
from tests.site.own.test_held import HIS, _full  # noqa: F401 - the fixture "full"

pytestmark = pytest.mark.long

INTO = {
    "how_you_are_reached": "Patient",
    "wishes": "QuestionnaireResponse",
    "answers": "QuestionnaireResponse",
    "asked_for": "Task",
    "story": "Communication",
    "noted": "Procedure",
    "decisions": "Consent",
    "appointments": "Appointment",
    "pauses": "EpisodeOfCare",
    "endings": "EpisodeOfCare",
    "worked_out": "Observation",
    "questions_sent": "Communication",
    "messages": "Communication",
    "supervised": "CareTeam",
}
LEFT_OUT = {"emergencies", "study_files", "ways_in", "who_looked"}
SAID_OTHERWISE = {"a decision", "a decision about a study", "a file of a study", "an emergency", "who looked"}


def test_it_holds_everything_but_what_the_reference_names(full):
    from holdfast_site.own.everything import PARTS

    dan = signed_in("client", of=full.dan)
    answer = dan.get("/mine/download/fhir")
    assert answer["Content-Disposition"].endswith('.fhir.json"')
    made, text = json.loads(answer.content), answer.content.decode()
    assert by_schema(made) == []
    if has_medplum():
        assert by_medplum(made) == []

    assert [what for what, words in HIS.items() if words not in text and what not in SAID_OTHERWISE] == []
    assert [word for word in ("Atlantis", "Lemuria") if word in text] == []  # of a flag, and of a list

    assert {*INTO, *LEFT_OUT} == set(PARTS)
    found = [entry["resource"] for entry in made["entry"]]
    data = json.loads(dan.get("/mine/download/json").content)
    page = (ROOT / "docs/reference/fhir.md").read_text()
    for part, kind in INTO.items():
        assert any(one["resourceType"] == kind for one in found), part
        assert str(PARTS[part][0]) in page
    for part in LEFT_OUT:
        assert str(PARTS[part][0]) in page.partition("## What is not in it")[2]
    of = {kind: sum(one["resourceType"] == kind for one in found) for kind in {*INTO.values()}}
    assert of["Appointment"] == len(data["appointments"])
    assert of["Consent"] == len(data["decisions"])
    assert of["QuestionnaireResponse"] == len(data["answers"]) + 1  # his wishes
    assert of["Communication"] >= len([*data["questions_sent"], *data["messages"], *data["story"]])

    marked = [one for one in found if "meta" in one]
    assert "Xanadu" in json.dumps(marked)
    assert "Zanzibar" not in json.dumps(marked)
    asked = [json.dumps(one["payload"]) for one in marked if one["resourceType"] == "Communication"]
    assert len(asked) == 1  # that what he kept as a whole was answered; his therapist sees no answer there
    assert "answered" in asked[0]
