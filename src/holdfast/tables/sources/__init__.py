"""One module per source that Holdfast can import from. ``SOURCES`` loads a module when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from holdfast.errors import UsageError
from holdfast.tables.sources.source import Source

MODULES = {
    "acuity": "acuity",
    "any": "any_table",
    "calcom": "calcom",
    "calendly": "calendly",
    "cliniko": "cliniko",
    "fhir": "fhir",
    "ical": "ical",
    "intakeq": "intakeq",
    "jane": "jane",
    "mindbody": "mindbody",
    "nextgen": "nextgen",
    "nhs-tt": "nhs_tt",
    "openemr": "openemr",
    "openmrs": "openmrs",
    "pmhc": "pmhc",
    "simplepractice": "simplepractice",
    "tables": "tables",
    "therapyappointment": "therapyappointment",
}


def source(name: str) -> Source:
    """Return the importer of that name.

    Raises
    ------
    UsageError
        With the names there are.
    """
    if name not in MODULES:
        raise UsageError(f"There is no importer {name!r}. There are: {', '.join(MODULES)}.")
    module = import_module(f"holdfast.tables.sources.{MODULES[name]}")
    found: Source = module.SOURCE
    return found


def all_sources() -> Iterator[Source]:
    """Every importer, in order of name."""
    return (source(name) for name in MODULES)
