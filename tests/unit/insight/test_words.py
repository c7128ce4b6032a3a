"""The sentences are right for one, for none, for all, and where nobody can tell."""

from __future__ import annotations

import pytest
from tests.unit.insight import leaks

from holdfast.insight.result import Curve, Leak
from holdfast.insight.words import headline, percent


def first_sentence(reached: tuple[int, ...], lost: dict[str, int | None], label: str = "men", open_: int = 0) -> str:
    steps = leaks.funnel(reached, {2: lost}, open_=open_)
    return headline(leaks.leak(leaks.group(label, funnel=steps)))[0]


def test_many_left_and_some_never_said_why() -> None:
    assert first_sentence((120, 105, 90, 90), {"silent": 9, "told": 3}, open_=3) == (
        "Of 105 first sessions with men, 12 led to no second; after 9 of those he never said why "
        "(3 more may still lead to one, or nobody marked whether they did)."
    )


def test_one_man_who_never_said_why() -> None:
    assert first_sentence((1, 1, 0, 0), {"silent": 1}) == (
        "Of 1 first session with a man, 1 led to no second; he never said why."
    )


def test_one_client_is_not_called_he() -> None:
    assert first_sentence((1, 1, 0, 0), {"silent": 1}, label="everyone") == (
        "Of 1 first session with a client, 1 led to no second; they never said why."
    )


def test_all_of_them_silent() -> None:
    assert first_sentence((20, 20, 15, 15), {"silent": 5}) == (
        "Of 20 first sessions with men, 5 led to no second; after none of those did he say why."
    )


def test_none_of_them_silent() -> None:
    assert first_sentence((20, 20, 15, 15), {"told": 5}) == (
        "Of 20 first sessions with men, 5 led to no second; nobody left without a word."
    )


def test_nobody_stopped_there() -> None:
    assert first_sentence((20, 20, 20, 20), {}) == (
        "Of 20 first sessions with men, none is known to have been the last."
    )


def test_a_hidden_count_is_not_taken_for_a_nought() -> None:
    assert first_sentence((120, 105, 90, 90), {"silent": None, "other": 10}) == (
        "Of 105 first sessions with men, 15 led to no second; after how many of those he never said why is not shown."
    )


def test_a_hidden_number_still_open_leaves_out_how_many_stopped() -> None:
    steps = leaks.funnel((120, 105, 90, 90), {2: {"silent": 9}})
    steps[2] = steps[2].model_copy(update={"waiting": None})
    sentence = headline(leaks.leak(leaks.group(funnel=steps)))[0]
    assert sentence == "Of 105 first sessions with men, 90 led to a second."


def test_nothing_that_may_be_shared() -> None:
    assert leaks.suppressed().headline == ["Too few men to say anything that may be shared."]


@pytest.mark.parametrize(
    ("clients", "unmarked", "sentence"),
    [
        (12, 0, "None of these 12 men has had a session yet."),
        (1, 0, "This man has had no session yet."),
        (
            12,
            1,
            "No session of these 12 men is marked as attended, so nobody can say who came: "
            "1 past appointment was never marked.",
        ),
        (
            1,
            4,
            "No session of this man is marked as attended, so nobody can say who came: "
            "4 past appointments were never marked.",
        ),
    ],
)
def test_nobody_came(clients: int, unmarked: int, sentence: str) -> None:
    steps = leaks.funnel((clients, 0, 0, 0), {})
    found = leaks.leak(leaks.group(clients=clients, funnel=steps, unmarked_appointments=unmarked))
    assert found.headline == [sentence]


def where(second: int, third: int) -> str:
    lost = {2: {"silent": second}, 3: {"silent": third}}
    return headline(leaks.leak(leaks.group(funnel=leaks.funnel((200, 180, 150, 120), lost))))[1]


def test_where_most_are_lost() -> None:
    assert where(20, 4) == "Most of the loss is between the first and the second session."


def test_where_they_are_lost_fastest() -> None:
    assert where(15, 15) == (
        "Men are lost fastest after the second session: 15 of 150 (10 %) left without a word there."
    )


def test_too_few_to_say_where() -> None:
    assert where(3, 1) == "4 left without a word before a tenth session: too few to say where most are lost."
    assert where(0, 0) == "No man is known to have left without a word before a tenth session."


def test_the_last_sentence_says_how_many_are_open() -> None:
    assert leaks.leak().headline[-1] == (
        "Of every 100 men who book, about 30 leave without a word by the tenth session (between 26 and 34); "
        "38 of these 120 courses are still open."
    )
    one = leaks.leak(leaks.group(open=1)).headline[-1]
    assert one.endswith("1 of these 120 courses is still open.")
    assert leaks.leak(leaks.group(open=0)).headline[-1].endswith("(between 26 and 34).")
    assert leaks.leak(leaks.group(open=None)).headline[-1].endswith("(between 26 and 34).")


def test_without_a_curve_to_the_tenth_session_there_is_no_last_sentence() -> None:
    short = {"silent": Curve(unit="sessions", of=20, points=leaks.curve([0.0, 0.1]).points)}
    assert len(leaks.leak(leaks.group(incidence_sessions=short)).headline) == 2


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0 %"), (0.001, "under 1 %"), (0.5, "50 %"), (0.998, "over 99 %"), (1.0, "100 %"), (None, "")],
)
def test_what_would_round_to_none_or_all_says_so(value: float | None, words: str) -> None:
    assert percent(value) == words


def text(found: Leak) -> str:
    return " ".join(found.notes)


def test_the_notes_name_what_the_data_cannot_say() -> None:
    found = text(leaks.leak(leaks.group("everyone", unmarked_appointments=1, assumed_sessions=1)))
    assert "1 past appointment was never marked." in found
    assert "For 1 session the system itself filled in 'attended'" in found
    assert "Gender is known of 190 of 200 clients" in found
    assert "118 clients, 120 courses" in found
    assert "  " not in found


def test_the_notes_leave_out_what_is_not_so() -> None:
    found = text(leaks.leak(leaks.group("everyone", unmarked_appointments=0, assumed_sessions=None, episodes=118)))
    assert "never marked" not in found
    assert "filled in" not in found
    assert "courses" not in found
    assert "Made for sharing" in text(leaks.suppressed())
