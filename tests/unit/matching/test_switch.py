"""Another therapist: room, wishes that are kept to, reasons in words, and never a score or anybody's results."""

from __future__ import annotations

import ast
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.silence.stories import ahead, came, ending, moment, tables_of

from holdfast.matching import switch as module
from holdfast.matching.room import WORKING_DAYS, open_episodes
from holdfast.matching.switch import Asked, Therapist, offers
from holdfast.tables.schema import AXES

LEAVES = Therapist("t1", 3, {"pace": 2, "tone": 1}, "woman")
SLOW = Therapist("t2", 2, {"pace": -1, "tone": 3}, "man")
SLOWER = Therapist("t3", 1, {"pace": -3, "tone": 1}, "woman")
FAST = Therapist("t4", 9, {"pace": 3}, "man")
FULL = Therapist("t5", 0, {"pace": -2}, "man")
UNSAID = Therapist("t6", None, {"pace": -2}, "man")
EVERYBODY = (LEAVES, SLOW, SLOWER, FAST, FULL, UNSAID)


def names(asked: Asked) -> list[str]:
    return [one.therapist_id for one in offers(asked, leaves=LEAVES, others=EVERYBODY)]


def test_only_who_has_room_and_goes_the_right_way_on_what_was_wrong() -> None:
    assert names(Asked(felt={"pace": 2})) == ["t2", "t3"]  # both as far as he asked; more room first
    assert names(Asked(felt={"pace": -1})) == ["t4"]


def test_reasons_are_what_he_felt_and_what_would_be_otherwise() -> None:
    found = offers(Asked(felt={"pace": 2, "tone": 2}), leaves=LEAVES, others=EVERYBODY)
    assert [one.therapist_id for one in found] == ["t3"]  # with t2 the tone would be as much worse as the pace better
    assert found[0].reasons == ("Goes slower; he felt too fast.",)
    but = offers(Asked(felt={"pace": 3, "tone": 2}), leaves=LEAVES, others=(SLOW,))
    assert but[0].but == ("Is more direct, and he felt too blunt.",)


def test_a_wish_for_a_woman_or_a_man_is_kept_to() -> None:
    assert names(Asked(felt={"pace": 2}, gender="Woman ")) == ["t3"]
    assert names(Asked(felt={"pace": 2}, gender="non-binary")) == []


def test_wishes_say_what_nothing_was_wrong_with() -> None:
    found = offers(Asked(wishes={"tone": 3}), leaves=LEAVES, others=(SLOW, SLOWER))
    assert [(one.therapist_id, one.reasons) for one in found] == [
        ("t2", ("Is more direct, as he would like.",)),
        ("t3", ()),
    ]


def test_where_nothing_is_known_it_is_room_alone() -> None:
    assert names(Asked()) == ["t4", "t2", "t3"]


_axes = st.dictionaries(st.sampled_from(AXES), st.integers(-3, 3))
_therapists = st.lists(
    st.builds(
        Therapist, st.text("abc", min_size=1, max_size=2), st.none() | st.integers(0, 3), _axes, st.sampled_from("mw")
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)


@given(st.builds(Asked, _axes, _axes, st.sampled_from(["", "m", "w"])), _therapists, _axes)
def test_whatever_is_asked_the_offers_have_room_and_keep_to_the_wish(asked, others, style) -> None:
    found = offers(asked, leaves=Therapist("t1", 1, style), others=others)
    by_id = {one.id: one for one in others}
    assert len(found) <= 3
    assert all((by_id[one.therapist_id].places or 0) > 0 for one in found)
    assert all(not asked.gender or by_id[one.therapist_id].gender == asked.gender for one in found)
    assert not any(sign.isdigit() for one in found for line in (*one.reasons, *one.but) for sign in line)
    assert offers(asked, leaves=Therapist("t1", 1, style), others=others[::-1]) == found


def test_nobody_is_looked_at_by_results() -> None:
    names_used = {node.attr for node in ast.walk(ast.parse(Path(module.__file__).read_text())) if hasattr(node, "attr")}
    assert not names_used & {"ending", "endings", "scores", "sessions", "checkins"}


def test_room_counts_open_episodes_of_who_still_works_here() -> None:
    from holdfast.engine import Engine
    from holdfast.episodes import episodes

    at = moment(5, 18)
    stories = {
        "busy": [*came(-14, -7, 0), ahead(7)],
        "ended": [
            *came(-14, -7, 0),
            ending(1, "planned"),
            ("appointments", {"appointment_id": "x", "client_id": "z", "starts_at": moment(6), "status": "booked"}),
            ("clients", {"client_id": "z"}),
            ("clients", {}),
        ],
        "gone": came(-WORKING_DAYS - 21, -WORKING_DAYS - 14),
    }
    with Engine.embedded() as engine:
        found = open_episodes(episodes(tables_of(stories, exported_at=at), engine=engine, at=at))
    assert found == {"busy": 1, "ended": 1}
