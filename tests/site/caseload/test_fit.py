"""Fit on six axes: wanted, practised and felt, in words and in places; what is not known stays blank."""

from __future__ import annotations

import pytest


@pytest.fixture(name="axis")
def _axis(site):
    from holdfast_site.caseload.fit import fit_of

    def axis(wanted=None, practised=None, felt=(), name="approach"):
        found = fit_of({name: wanted} if wanted is not None else {}, {name: practised}, [{name: one} for one in felt])
        return next(one for one in found.axes if one.name == name)

    return axis


@pytest.mark.parametrize(
    ("wanted", "practised", "words"),
    [
        (0, 2, "You work more towards doing than he wished."),
        (1, 2, "You work a little more towards doing than he wished."),
        (2, -1, "You work more towards staying with feelings than he wished."),
        (2, 2, "You work the way he wished."),
        (0, 0, "You work the way he wished."),
        (None, 2, "What he would like is not known."),
        (2, None, "How you work is not known."),
        (None, None, "What he would like and how you work are not known."),
    ],
)
def test_what_he_wished_beside_what_you_do(axis, wanted, practised, words):
    assert axis(wanted, practised).words == f"{words} Nothing from check-ins."


@pytest.mark.parametrize(
    ("felt", "words"),
    [
        ([2, 0, 3], "He felt: too much doing, twice of 3."),
        ([-1, 1, 0], "He felt: too much talk about feelings, once of 3; too much doing, once of 3."),
        ([0, 0], "He felt: just right, twice of 2."),
        ([-2], "He felt: too much talk about feelings, in one answer."),
        ([3, 3, 0, 0, 0, 0, 0], "He felt: just right, five times of 5."),  # the latest five count
    ],
)
def test_what_he_felt_with_its_base(axis, felt, words):
    assert axis(0, 0, felt).words.endswith(words)


def test_zero_is_a_place_and_blank_is_none(axis):
    assert axis(0, 0).wanted_x == axis(0, 0).practised_x == 140
    assert axis().wanted_x is None
    assert axis().is_blank
    assert not axis(0).is_blank
    assert (axis(-3).wanted_x, axis(3).wanted_x) == (14, 266)


def test_the_arrow_points_to_where_he_would_have_it(axis):
    too_much = axis(0, 1, [2, 1])
    assert not too_much.points_right
    assert axis(0, 1, [-2]).points_right
    assert axis(0, 1, [2, -2]).arrow is None  # both ways
    assert axis(0, None, [2]).arrow is None  # from nowhere
    assert axis(0, 1, [0, 0]).arrow is None


def test_all_six_are_there_each_time(site):
    from holdfast.tables.schema import AXES
    from holdfast_site.caseload.fit import fit_of

    assert [one.name for one in fit_of({}, {}, []).axes] == list(AXES)


def test_what_is_not_known_is_one_sentence_and_not_a_drawing(site):
    from holdfast_site.caseload.fit import fit_of

    some = fit_of({"pace": 0}, {"tone": -1}, [{"energy": 0}])
    assert [one.name for one in some.known] == ["tone", "pace", "energy"]
    assert some.unknown == "Nothing is known yet of: feelings and doing, words, who leads."
    assert fit_of({}, {}, []).known == []
    assert fit_of({}, {}, []).unknown.startswith("Nothing is known yet: not what he would like")
    assert fit_of(dict.fromkeys([one.name for one in some.axes], 0), {}, []).unknown == ""


# --- through the tables ------------------------------------------------------------------------------


@pytest.fixture(name="loaded")
def _loaded(site, tmp_path):
    """Twelve clients and two therapists of a made-up practice, with wishes and ways of working."""
    from dataclasses import replace

    from holdfast.simulate import demo_practice, write
    from holdfast.simulate.world import DEMO
    from holdfast.tables import read_tables
    from holdfast_site.caseload.loading import load

    write(demo_practice(replace(DEMO, clients=12, n_therapists=2, tells_all=True)), tmp_path / "tables")
    tables = read_tables(tmp_path / "tables")
    load(tables)
    return tables


def columns(tables):
    from holdfast.tables.schema import AXES

    clients = tables["clients"].select("client_id", *(f"prefers_{axis}" for axis in AXES)).sort("client_id")
    therapists = tables["therapists"].select("therapist_id", "frameworks", *(f"style_{axis}" for axis in AXES))
    return clients.rows(), therapists.sort("therapist_id").rows()


def test_wishes_and_ways_of_working_come_out_as_they_went_in(loaded, now):
    from holdfast_site.caseload.adapters import tables

    assert columns(tables(now)) == columns(loaded)
    assert any(value is not None for row in columns(loaded)[0] for value in row[1:])


def test_what_was_said_and_done_comes_out_as_it_went_in(loaded, now):
    from holdfast_site.caseload.adapters import tables

    kept = ["client_id", "therapist_id", "at", "action"]
    for found in (loaded["repairs"], tables(now)["repairs"]):
        assert found.height > 0
    assert sorted(tables(now)["repairs"].select(kept).rows()) == sorted(loaded["repairs"].select(kept).rows())


def test_loading_again_changes_nothing(loaded, rows):
    from holdfast_site.caseload.loading import load

    before = rows()
    load(loaded)
    assert rows() == before


def test_wishes_are_sealed_with_the_clients_own_key(loaded, stored):
    from holdfast_site.errors import VaultError
    from holdfast_site.people.models import Client
    from holdfast_site.people.wishes import wishes_of

    first, second = Client.objects.filter(sealed_wishes__isnull=False)[:2]
    assert wishes_of(first)
    first.sealed_wishes = second.sealed_wishes
    with pytest.raises(VaultError):
        wishes_of(first)
    assert b'"approach"' not in stored()


def test_the_scale_is_kept_by_the_database(site):
    from django.db import IntegrityError, transaction

    from holdfast_site.people.models import Therapist

    with pytest.raises(IntegrityError), transaction.atomic():
        Therapist.objects.create(pk="zoe", style_pace=4)
    Therapist.objects.create(pk="zoe", style_pace=3)


def test_the_two_that_are_most_off_come_first_by_points_apart_or_by_answers(site):
    from holdfast_site.caseload.fit import fit_of

    wanted = {"approach": -1, "language": 3, "tone": 0, "posture": 1, "pace": 0}
    practised = {**dict.fromkeys(wanted, 0), "language": 0, "energy": None}
    felt = [{"pace": 1, "posture": 0}, {"pace": -2, "tone": 1}, {"pace": 0, "tone": 2}, {"pace": 1}, {"pace": 1}]
    found = fit_of(wanted, practised, felt)
    assert [axis.name for axis in found.off] == ["pace", "language"]
    assert fit_of({"tone": 1}, {"tone": 0}, [{"tone": 1}]).off == []
