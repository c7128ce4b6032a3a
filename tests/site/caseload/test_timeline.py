"""The drawing: what stands where, in which shape, and within which width."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(name="draw")
def _draw(site):
    from holdfast_site.caseload.timeline import Break, Event, Kind, drawing

    def draw(*events, breaks=(), rhythm=7.0):
        told = [Event(NOW + days * DAY, Kind(kind), f"{kind} {days}") for days, kind in sorted(events)]
        agreed = [Break(NOW + start * DAY, None if until is None else NOW + until * DAY) for start, until in breaks]
        return drawing(told, agreed, rhythm_days=rhythm, now=NOW)

    return draw


def weekly(first, last=-7):
    return [(days, "session") for days in range(first, last + 1, 7)]


def test_time_goes_from_left_to_right_and_now_is_near_the_right_edge(draw):
    found = draw(*weekly(-140))
    places = [mark.x for mark in found.marks]
    assert places == sorted(places)
    assert places[-1] < found.now_x < found.width
    assert found.width - found.now_x < 40


def test_each_kind_has_its_own_place(draw):
    found = draw((-7, "session"), (-6.9, "checkin_off"), (-3, "done"))
    session, checkin, done = found.marks
    assert checkin.y < session.y < done.y


def test_half_a_year_is_as_wide_as_a_phone_and_longer_goes_on_to_the_left(draw):
    from holdfast_site.caseload.timeline import PHONE

    assert draw((-7, "session")).width == PHONE
    assert draw(*weekly(-126)).width <= PHONE + 10
    year = draw(*weekly(-364))
    assert PHONE < year.width < 800
    assert not year.is_cut


def test_only_the_last_two_years_are_drawn_and_it_says_so(draw):
    found = draw(*weekly(-1000))
    assert found.is_cut
    assert found.width < 1500
    assert found.marks[0].row > 0  # the table still begins earlier
    assert all(0 <= mark.x <= found.width for mark in found.marks)


def test_a_gap_is_a_stretch_one_can_see_and_has_words_where_there_is_room(draw):
    found = draw(*weekly(-140, -63), *weekly(-14, -7))
    (gap,) = [band for band in found.bands if band.kind == "gap"]
    assert (gap.words, gap.label) == ("7 weeks", "7 weeks")
    before, after = (mark.x for mark in found.marks if mark.words in ("session -63", "session -14"))
    assert (gap.x, gap.x + gap.width) == (before, pytest.approx(after))


def test_the_silence_until_now_is_a_gap(draw):
    (gap,) = draw(*weekly(-140, -28)).bands
    assert gap.words == "4 weeks"
    assert draw(*weekly(-143, -10)).bands == []  # within one and a half of his rhythms
    assert draw(*weekly(-140, -28), rhythm=28.0).bands == []
    assert draw(*weekly(-140, -28), rhythm=None).bands == []  # nobody knows what is usual


def test_an_ending_ends_the_silence(draw):
    (gap,) = draw(*weekly(-140, -56), (-28, "ending")).bands
    assert gap.words == "4 weeks"
    assert draw(*weekly(-140, -56), (-55, "ending")).bands == []


def test_an_agreed_break_is_a_break_and_no_gap(draw):
    (band,) = draw(*weekly(-140, -56), (-7, "session"), breaks=[(-56, -9)]).bands
    assert (band.kind, band.words) == ("break", "break agreed")
    (still,) = draw(*weekly(-140, -56), breaks=[(-56, None)]).bands
    assert still.kind == "break"


def test_months_have_names_and_january_its_year(draw):
    words = [tick.words for tick in draw(*weekly(-364)).ticks]
    assert words[:3] == ["Dec", "2026", "Feb"]
    assert words[-1] == ""  # no room at the very edge


def test_the_next_appointment_is_there_but_not_one_far_ahead(draw):
    kinds = [mark.kind for mark in draw(*weekly(-70), (3, "booked"), (60, "booked")).marks]
    assert kinds.count("booked") == 1


def test_only_what_tells_something_can_be_reached_with_the_keyboard(draw):
    found = draw((-7, "session"), (-6, "checkin_none"), (-5, "missed"), (-4, "checkin_off"))
    assert [mark.kind.is_telling for mark in found.marks] == [False, False, True, True]
    assert found.kinds == ["session", "missed", "checkin_off", "checkin_none"]


def test_words_at_a_mark_stay_within_the_drawing(draw):
    found = draw(*weekly(-364))
    assert found.marks[0].anchor == "start"
    assert found.marks[-1].anchor == "end"


def test_nothing_at_all_can_be_drawn(draw):
    assert draw().marks == []


def test_nothing_is_not_drawn_and_what_was_long_ago_is_told_of(draw):
    from django.template.loader import render_to_string

    def page(*events):
        return render_to_string("caseload/_timeline.html", {"drawing": draw(*events)})

    assert "<svg" not in page()
    assert "What was before is in the list." in page((-900, "session"))
    assert '<svg class="timeline"' in page((-7, "session"))
