"""The saved model: readable, complete, and refused with the way out where it cannot be read."""

from __future__ import annotations

import json

import numpy as np
import pytest

from holdfast.errors import UsageError
from holdfast.silence import Fitted

pytestmark = pytest.mark.long  # one practice, made and worked out for all of them


@pytest.fixture
def fitted(small_fitted) -> Fitted:
    return small_fitted


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


DAMAGE = {
    "no number in a draw": lambda told: told["draws"]["effects"][0].__setitem__(3, float("nan")),
    "far too large": lambda told: told["draws"]["effects"][0].__setitem__(3, 1e308),
    "a chance of 7": lambda told: told["took_place"].__setitem__("unmarked", 7),
    "a chance is missing": lambda told: told["took_place"].pop("unmarked"),
    "no draws": lambda told: told.update(draws={"effects": [], "therapists": [], "spreads": []}),
    "a clock of another shape": lambda told: told["clock"]["events"].pop(),
    "a count below nought": lambda told: told["clock"]["still"][0].__setitem__(0, -1.0),
    "longest of another length": lambda told: told["longest"].pop(),
    "a seed of nothing": lambda told: told.__setitem__("seed", None),
    "a seed below nought": lambda told: told.__setitem__("seed", -1),
    "therapists named twice": lambda told: told.__setitem__("therapist_ids", ["t"] * len(told["therapist_ids"])),
    "references that are a list": lambda told: told.__setitem__("references", [1]),
    "one effect more": lambda told: told["effects"].append(told["effects"][0]),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_model_is_refused(fitted, tmp_path, damage):
    fitted.save(tmp_path / "model.json")
    told = json.loads((tmp_path / "model.json").read_text())
    damage(told)
    (tmp_path / "model.json").write_text(json.dumps(told))
    with pytest.raises(UsageError, match="is damaged"):
        Fitted.load(tmp_path / "model.json")


def test_a_model_keeps_whose_it_is_and_nothing_of_its_therapists_goes_elsewhere(fitted, tmp_path):
    fitted.save(tmp_path / "model.json")
    again = Fitted.load(tmp_path / "model.json")
    assert again.practice == fitted.practice == "Harbour Street Therapy (demo)"
    other, chance = again.elsewhere(), np.random.default_rng(0)
    assert other.therapist_ids == ()
    assert other.therapist(again.therapist_ids[0], chance).mean() == pytest.approx(0.0, abs=0.1)
    assert (other.effects == again.effects).all()


def test_a_model_that_cannot_be_written_is_told_of_and_the_old_one_kept(fitted, tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        fitted.save(tmp_path / "nowhere" / "model.json")
    (tmp_path / "model.json").mkdir()
    with pytest.raises(UsageError, match="cannot be written"):
        fitted.save(tmp_path / "model.json")
