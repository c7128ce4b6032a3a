"""The saved model: readable, complete, and refused with the way out where it cannot be read."""

from __future__ import annotations

import json

import pytest

from holdfast.errors import UsageError
from holdfast.silence import Fitted, fit_moments, moments


@pytest.fixture(scope="module")
def fitted(small_practice) -> Fitted:
    return fit_moments(moments(small_practice))


def test_effects_are_readable_by_name(fitted, tmp_path):
    fitted.save(tmp_path / "model.json")
    told = json.loads((tmp_path / "model.json").read_text())
    first = next(one for one in told["effects"] if (one["signal"], one["code"]) == ("session", "s1"))
    assert first["mean"] == pytest.approx(fitted.effect("session", "s1")[0], abs=1e-3)
    assert told["mostly_published"] is True
    assert told["counts"]["sessions"] == fitted.counts.sessions


def test_a_reference_has_no_effect(fitted):
    assert fitted.effect("session", "s21") == (0.0, 0.0)


def test_someone_new_has_the_spread_of_the_others(fitted):
    import numpy as np

    drawn = fitted.therapist("nobody has met", np.random.default_rng(0))
    assert drawn.shape == (len(fitted.spreads),)
    assert drawn.std() == pytest.approx(fitted.spreads.mean(), rel=0.4)


@pytest.mark.parametrize("text", ["", "{}", "[1, 2]", '{"holdfast_silence_model": '])
def test_what_is_no_model_is_refused(text, tmp_path):
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(UsageError, match="not a saved silence model"):
        Fitted.load(tmp_path / "model.json")


def test_a_model_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="not a saved silence model"):
        Fitted.load(tmp_path / "nowhere.json")


def test_a_model_of_another_version_is_refused(fitted, tmp_path):
    fitted.save(tmp_path / "model.json")
    told = json.loads((tmp_path / "model.json").read_text()) | {"holdfast_silence_model": 99}
    (tmp_path / "model.json").write_text(json.dumps(told))
    with pytest.raises(UsageError, match="version 99"):
        Fitted.load(tmp_path / "model.json")


def test_a_model_without_a_part_is_refused(fitted, tmp_path):
    fitted.save(tmp_path / "model.json")
    told = json.loads((tmp_path / "model.json").read_text())
    del told["clock"]
    (tmp_path / "model.json").write_text(json.dumps(told))
    with pytest.raises(UsageError, match="damaged"):
        Fitted.load(tmp_path / "model.json")
