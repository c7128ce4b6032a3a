"""What cannot be read is told in one message, with every place and the way out."""

from __future__ import annotations

import pytest

from holdfast.errors import SourceError
from holdfast.tables.sources.source import Faults


def test_without_faults_nothing_happens() -> None:
    Faults().refuse("Export it again.")


def test_each_fault_names_its_place_what_was_found_and_what_is_allowed() -> None:
    faults = Faults()
    faults.add("contacts.csv, row 7", "date", "31/02/2026", "a date such as 2026-11-22")
    with pytest.raises(
        SourceError, match=r"contacts.csv, row 7, date: found '31/02/2026'; allowed: a date .*\n.*Export"
    ):
        faults.refuse("Export it again.")


def test_of_many_faults_twenty_are_shown_and_the_rest_counted() -> None:
    faults = Faults()
    for row in range(2, 1027):
        faults.add(f"contacts.csv, row {row}", "date", "?", "a date")
    with pytest.raises(SourceError) as told:
        faults.refuse("Export it again.")
    assert str(told.value).count("row ") == 20
    assert "… and 1,005 more" in str(told.value)
