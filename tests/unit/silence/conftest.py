"""A small practice whose truth is known, made once for all tests of the silence model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from holdfast.silence import Fitted, Moments, fit_moments, moments
from holdfast.simulate import DEMO, demo_practice, write
from holdfast.tables import Tables, read_tables


@pytest.fixture(scope="session")
def small_practice(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Three therapists, 120 clients, a year and a half."""
    folder: Path = tmp_path_factory.mktemp("small")
    write(demo_practice(replace(DEMO, clients=120, months=18, n_therapists=3), seed=3), folder)
    return read_tables(folder)


@pytest.fixture(scope="session")
def small_moments(small_practice: Tables) -> Moments:
    """All that was known in it at the end."""
    return moments(small_practice)


@pytest.fixture(scope="session")
def small_fitted(small_moments: Moments) -> Fitted:
    """The model as this practice teaches it."""
    return fit_moments(small_moments)
