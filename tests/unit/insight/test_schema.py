"""The published schema is the one in the docs, and what we write keeps to it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from tests.unit.insight import leaks

from holdfast.insight.result import SCHEMA_VERSION, Leak
from holdfast.insight.schema import leak_schema

COPY = Path(__file__).parents[3] / "docs" / "reference" / "leak.schema.json"


def written(leak: Leak) -> dict[str, object]:
    found: dict[str, object] = json.loads(leak.model_dump_json())
    return found


def test_the_copy_in_the_docs_is_this_schema() -> None:
    assert json.loads(COPY.read_text(encoding="utf-8")) == leak_schema(), (
        "The schema has changed. Write it anew: holdfast schema leak > docs/reference/leak.schema.json"
    )


def test_it_is_a_schema_with_a_name_and_a_version() -> None:
    jsonschema.Draft202012Validator.check_schema(leak_schema())
    assert leak_schema()["$id"] == f"urn:holdfast:schema:leak:{SCHEMA_VERSION}"
    assert leak_schema()["version"] == SCHEMA_VERSION


@pytest.mark.parametrize(
    "leak", [leaks.leak(), leaks.too_few_to_tell(), leaks.suppressed()], ids=["whole", "too few", "suppressed"]
)
def test_what_is_written_keeps_to_it(leak: Leak) -> None:
    jsonschema.validate(written(leak), leak_schema())


@pytest.mark.slow
def test_the_demo_practice_keeps_to_it() -> None:
    jsonschema.validate(written(leaks.demo()), leak_schema())


def test_a_field_added_later_is_accepted_and_a_missing_one_is_not() -> None:
    found = written(leaks.leak())
    jsonschema.validate({**found, "new": 1}, leak_schema())
    del found["rule"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, leak_schema())


def test_another_version_is_refused() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**written(leaks.leak()), "schema_version": "2"}, leak_schema())
