"""Evaluation on a practice's own past: asked as it was then, and nothing known later."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from holdfast.asof import seconds
from holdfast.engine import Engine
from holdfast.episodes import episodes
from holdfast.errors import UsageError
from holdfast.silence import training
from holdfast.silence.evaluate import EVERY, METHODS, WINDOW, evaluate
from holdfast.silence.evaluation import Evaluation, evaluation_schema
from holdfast.silence.histories import SESSION, Histories, in_words
from holdfast.silence.moments import moments_of
from holdfast.silence.outcomes import Afterwards
from holdfast.silence.signals import SIGNALS
from holdfast.simulate import World, demo_practice, write
from holdfast.tables import Tables, read_tables

ORIGIN = datetime(2026, 3, 13, 18, 0)  # noqa: DTZ001 - a wall clock


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("practice")
    write(demo_practice(World(clients=250, n_therapists=4)), folder)
    return read_tables(folder)


@pytest.fixture(scope="module")
def at_the_end(tables: Tables) -> Histories:
    with Engine.embedded(threads=1) as engine:
        return Histories.of(episodes(tables, engine=engine))


@pytest.fixture(scope="module")
def at_the_origin(tables: Tables) -> tuple[Histories, Afterwards, pl.DataFrame]:
    with Engine.embedded(threads=1) as engine:
        found = episodes(tables, engine=engine, at=ORIGIN)
        return Histories.of(found), Afterwards.of(found), moments_of(found).evenings


@pytest.mark.slow
def test_what_was_known_on_an_evening_is_the_same_seen_from_the_end(
    at_the_end: Histories, at_the_origin: tuple[Histories, Afterwards, pl.DataFrame]
) -> None:
    """The last sessions before the origin, as the model saw them then, and as they are found in the history."""
    evenings = in_words(at_the_origin[2]).select(*SESSION, *SIGNALS)
    later = (
        evenings.select(SESSION).join(at_the_end.evening, on=SESSION, maintain_order="left").select(evenings.columns)
    )
    assert later.height >= 0.9 * evenings.height  # where an ending has been added, episodes are numbered anew
    same = evenings.join(later.select(SESSION), on=SESSION, how="semi", maintain_order="left")
    assert_frame_equal(same, later)


@pytest.mark.slow
@pytest.mark.parametrize("make", [training.on_evenings, training.on_session_evenings])
def test_a_baseline_learns_from_nothing_that_was_not_known_at_the_origin(
    make, at_the_end: Histories, at_the_origin: tuple[Histories, Afterwards, pl.DataFrame]
) -> None:
    """The same rows, whether the history is read at the end or at the origin, when the future was not there.

    But for what a longer diary says about a therapist's holidays, which the whole has at the origin only.
    """
    then, known, _ = at_the_origin
    features = [name for name in training.FEATURES if name != "widening"]
    columns = ["client_id", "therapist_id", "contact_at", "evening", "quiet_rhythms", "left", *features]
    seen_then, seen_later = (
        make(histories, known, seconds(ORIGIN)).rows.select(columns).sort(columns) for histories in (then, at_the_end)
    )
    assert seen_then.height > 500
    assert_frame_equal(seen_then, seen_later)


@pytest.mark.slow
def test_what_a_baseline_learns_from_is_settled(
    at_the_end: Histories, at_the_origin: tuple[Histories, Afterwards, pl.DataFrame]
) -> None:
    found = training.on_evenings(at_the_end, at_the_origin[1], seconds(ORIGIN))
    assert found.rows["contact_at"].max() <= seconds(ORIGIN - timedelta(days=60))
    assert (found.rows["evening"] <= seconds(ORIGIN)).all()
    assert (found.rows["evening"] >= found.rows["contact_at"]).all()
    assert (found.rows["quiet_rhythms"] <= 6).all()
    assert found.gaps.height > found.rows.height  # silences that go on, too
    assert (found.gaps["gap_rhythms"] >= 0).all()


@pytest.mark.slow
def test_a_history_that_is_too_short_is_told(tables: Tables) -> None:
    with pytest.raises(UsageError, match="history is too short"):
        evaluate(tables, at=datetime(2024, 9, 1, 18, 0))  # noqa: DTZ001 - a wall clock


@pytest.mark.slow
def test_tables_without_a_session_are_told(tmp_path: Path) -> None:
    (tmp_path / "appointments.csv").write_text(
        "appointment_id,client_id,therapist_id,starts_at,status\na1,c1,t1,2026-01-05T10:00,no_show\n", encoding="utf-8"
    )
    with pytest.raises(UsageError, match="history is too short"):
        evaluate(read_tables(tmp_path))


@pytest.fixture(scope="module")
def judged(tables: Tables) -> Evaluation:
    return evaluate(tables, origins=2)


@pytest.mark.slow
class TestTheWhole:
    """One evaluation of a small practice, with its replay."""

    def test_the_origins_are_four_weeks_apart_and_end_twelve_weeks_before_the_end(self, judged: Evaluation) -> None:
        first, last = (one.at for one in judged.origins)
        assert last == judged.at - WINDOW
        assert last - first == EVERY

    def test_every_method_was_asked_on_the_same_rows(self, judged: Evaluation) -> None:
        for question in judged.questions:
            assert [one.method for one in question.overall.scores] in ([], list(METHODS))

    def test_the_replay_keeps_its_budget(self, judged: Evaluation) -> None:
        assert judged.alerts is not None
        assert judged.alerts.weeks == 12 + 1
        for way in judged.alerts.ways:
            if way.method != "overdue":
                assert way.flags <= judged.alerts.therapist_weeks * 12  # eight clients a flag, some hundred clients

    def test_it_keeps_to_its_schema(self, judged: Evaluation) -> None:
        jsonschema = pytest.importorskip("jsonschema")
        jsonschema.validate(Evaluation.read(judged.model_dump_json()).model_dump(mode="json"), evaluation_schema())

    def test_asking_again_gives_the_same(self, judged: Evaluation, tables: Tables) -> None:
        again = evaluate(tables, origins=2, replay=False)
        assert again.questions == judged.questions

    def test_progress_is_told_and_only_grows(self, tables: Tables) -> None:
        told: list[tuple[str, float]] = []
        evaluate(tables, origins=1, replay=False, report=lambda words, share: told.append((words, share)))
        shares = [share for _, share in told]
        assert shares == sorted(shares)
        assert all(0 <= share <= 1 for share in shares)
