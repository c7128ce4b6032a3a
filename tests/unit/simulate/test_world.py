"""The knobs of a simulated practice do what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from holdfast.errors import UsageError
from holdfast.simulate import DEMO, Asking, Effects, Records, World, demo_practice


def test_without_effects_and_therapists_every_chance_is_the_base() -> None:
    nothing = Effects(**dict.fromkeys(Effects.__dataclass_fields__, 0.0))
    practice = demo_practice(World(clients=80, n_therapists=2, effects=nothing, therapist_sd=0, base=0.0), seed=3)
    chances = {s.chance for e in practice.truth for s in e.sessions}
    assert chances <= {0.5, 0.0}  # 0 for the first of two sessions on one day


def test_every_knob_about_records_can_be_turned_off() -> None:
    tidy = Records(careless_therapists=0, unmarked=0, defaulting_therapists=0, silent=1, endings=1, switches=1)
    practice = demo_practice(World(clients=120, n_therapists=2, records=tidy, asking=Asking(politeness=0)), seed=3)
    assert {row["certainty"] for row in practice.tables["appointments"] if row["starts_at"] < "2026-11-18"} == {
        "recorded"
    }
    ended = [e for e in practice.truth if e.kind == "silent" and (e.ended_at or "") < "2026-07"]
    assert all(episode.recorded for episode in ended)


@pytest.mark.slow
def test_a_world_grows_with_its_clients() -> None:
    assert World(clients=10_800).therapists == 100
    practice = demo_practice(World(clients=650), seed=2)
    assert 5_500 < len(practice.tables["appointments"]) < 8_500


def test_too_few_therapists_are_refused_with_a_way_out() -> None:
    with pytest.raises(UsageError, match="Too few therapists"):
        demo_practice(World(clients=3000, n_therapists=1, months=6))


@pytest.mark.parametrize("wrong", [{"clients": 0}, {"months": 0}, {"n_therapists": 0}])
def test_an_empty_world_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="at least one"):
        replace(DEMO, **wrong)  # type: ignore[arg-type]
