"""The published schema of the leak's JSON."""

from __future__ import annotations

from typing import Any

from holdfast.insight.result import SCHEMA_VERSION, Leak

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def leak_schema() -> dict[str, Any]:
    """Return the JSON schema of what ``holdfast leak --json`` writes.

    Within one version fields are only ever added, so an older schema must accept them: unlike our own
    reading of a file, the published schema does not refuse what it does not know.
    """
    found: dict[str, Any] = open_schema(Leak.model_json_schema(mode="serialization"))
    found["properties"]["schema_version"]["const"] = SCHEMA_VERSION
    return {
        "$schema": DIALECT,
        "$id": f"urn:holdfast:schema:leak:{SCHEMA_VERSION}",
        "version": SCHEMA_VERSION,
        **found,
    }


def open_schema(part: Any) -> Any:
    """Leave out the refusal of unknown fields, at every depth."""
    if isinstance(part, dict):
        return {
            key: open_schema(value)
            for key, value in part.items()
            if not (key == "additionalProperties" and value is False)
        }
    if isinstance(part, list):
        return [open_schema(item) for item in part]
    return part
