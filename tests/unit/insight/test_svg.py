"""The charts say in words what they draw, and draw no more than is known."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from tests.unit.insight import leaks

from holdfast.insight import svg
from holdfast.insight.result import Curve

SVG = "{http://www.w3.org/2000/svg}"
WORDS = {"name": "chart", "title": "A <title> & more", "desc": 'What it "says"'}


def parsed(drawn: str) -> ET.Element:
    return ET.fromstring(drawn)


def widths(drawing: ET.Element, kind: str) -> list[float]:
    found = [rect for rect in drawing.iter(f"{SVG}rect") if rect.get("class") == kind]
    return [float(rect.get("width", "").rstrip("%")) for rect in found]


def words(drawing: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in drawing.iter(f"{SVG}text")]


def charts() -> dict[str, str]:
    group = leaks.group()
    rows = [svg.Dot(leaks.NASTY, "20 % (10 to 30)", 0.2, 0.1, 0.3), svg.Dot("small", "too few to tell")]
    return {
        "funnel": svg.funnel(group.funnel, **WORDS),
        "staying": svg.staying(group.staying_sessions, marks=(1, 5, 10), **WORDS),
        "stacked": svg.stacked(group.incidence_sessions, **WORDS),
        "dots": svg.dots(rows, shares=True, **WORDS),
    }


@pytest.mark.parametrize("kind", ["funnel", "staying", "stacked", "dots"])
def test_every_chart_is_an_image_with_a_name_and_a_description(kind: str) -> None:
    drawing = parsed(charts()[kind])
    assert drawing.get("role") == "img"
    named = {element.get("id"): element.text for element in drawing if element.get("id")}
    assert [named[name] for name in drawing.get("aria-labelledby", "").split()] == [WORDS["title"], WORDS["desc"]]


def test_the_lost_stay_at_the_step_where_they_were_lost() -> None:
    drawing = parsed(charts()["funnel"])
    assert widths(drawing, "came") == pytest.approx([100, 105 / 1.2, 93 / 1.2, 81 / 1.2], abs=0.01)
    assert widths(drawing, "silent") == pytest.approx([9 / 1.2, 4 / 1.2], abs=0.01)
    assert widths(drawing, "never") == pytest.approx([12 / 1.2], abs=0.01)
    assert widths(drawing, "waiting") == pytest.approx([2 / 1.2] * 3, abs=0.01)
    assert "9 left without a word" in words(drawing)


def test_hidden_counts_are_drawn_as_one_piece_and_named() -> None:
    drawing = parsed(svg.funnel(leaks.partly_suppressed().groups[0].funnel, **WORDS))
    assert widths(drawing, "hidden") == pytest.approx([12 / 1.2], abs=0.01)
    assert "how they left is not shown" in words(drawing)


def test_who_came_is_drawn_also_where_it_is_not_shown_of_how_many() -> None:
    first, second, *_ = leaks.partly_suppressed().groups[0].funnel
    hidden = first.model_copy(update={"reached": None, "share": leaks.share(None, 120)})
    below = second.model_copy(update={"of": None, "share": leaks.share(105, None)})
    drawing = parsed(svg.funnel([hidden, below], **WORDS))
    assert widths(drawing, "came") == pytest.approx([105 / 1.2], abs=0.01)
    assert not widths(drawing, "hidden")
    assert "it would give away a small number" in words(drawing)


def test_a_funnel_of_which_nothing_may_be_shown_has_no_bars() -> None:
    drawing = parsed(svg.funnel(leaks.suppressed().groups[0].funnel, **WORDS))
    assert not widths(drawing, "came")
    assert "not shown" in words(drawing)


def test_a_value_holds_until_the_next_time() -> None:
    drawn = svg.staying(leaks.curve([0.9, 0.5]), marks=(1,), **WORDS)
    assert "M0 0.00L0 10.00L1 10.00L1 50.00L1 50.00" in drawn


def test_layers_add_up() -> None:
    curves = {"silent": leaks.curve([0.1, 0.2]), "planned": leaks.curve([0.3, 0.4])}
    drawn = svg.stacked(curves, **WORDS)
    assert "M0 90.00L1 90.00L1 80.00L1 80.00L1 100.00L1 100.00L1 100.00L0 100.00Z" in drawn
    assert "M0 60.00L1 60.00L1 40.00L1 40.00L1 80.00L1 80.00L1 90.00L0 90.00Z" in drawn


def test_a_curve_of_one_point_can_be_drawn() -> None:
    point = leaks.curve([0.9])
    assert parsed(svg.staying(point, marks=(1, 5), **WORDS)) is not None
    assert parsed(svg.stacked({"silent": Curve(unit="weeks", of=20, points=point.points)}, **WORDS)) is not None


def test_a_label_is_text_and_no_longer_than_its_place() -> None:
    drawn = charts()["dots"]
    assert "<script" not in drawn
    assert "\x1b" not in drawn
    assert "\u202e" not in drawn
    assert max(len(text) for text in words(parsed(svg.dots([svg.Dot("x" * 200, "1")], shares=True, **WORDS)))) == 48


def test_a_group_without_a_value_has_words_and_no_dot() -> None:
    drawing = parsed(charts()["dots"])
    assert len(list(drawing.iter(f"{SVG}circle"))) == 1
    assert "too few to tell" in words(drawing)
