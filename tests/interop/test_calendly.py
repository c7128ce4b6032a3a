"""Calendly's webhook events and API pages: put together whatever their order, and whatever came twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest

from holdfast.errors import SourceError
from tests.interop.answer_key import read_csv, run_import

API = "https://api.calendly.com"
PAST, AHEAD = "2026-11-02T10:00:00.000000Z", "2026-12-02T10:00:00.000000Z"


def _uri(invitee: str, event: str = "EV1") -> str:
    return f"{API}/scheduled_events/{event}/invitees/{invitee}"


def _event(starts: str = PAST, event: str = "EV1", **more: object) -> dict[str, object]:
    return {
        "uri": f"{API}/scheduled_events/{event}",
        "name": "Therapy session",
        "start_time": starts,
        "status": "active",
        "location": {"type": "zoom", "join_url": "https://zoom.us/j/1"},
        "event_memberships": [{"user": f"{API}/users/THERAPIST1", "user_email": "Ann@practice.org"}],
        "created_at": "2026-10-01T09:00:00.000000Z",
        "updated_at": "2026-10-01T09:00:00.000000Z",
        **more,
    }


def _payload(invitee: str = "INV1", starts: str = PAST, **more: object) -> dict[str, object]:
    return {
        "uri": _uri(invitee),
        "email": "Tom@Example.org",
        "name": "Tom Ash",
        "status": "active",
        "rescheduled": False,
        "old_invitee": None,
        "new_invitee": None,
        "no_show": None,
        "questions_and_answers": [{"question": "Why?", "answer": "his secret"}],
        "created_at": "2026-10-01T09:00:00.000000Z",
        "updated_at": "2026-10-01T09:00:00.000000Z",
        "scheduled_event": _event(starts),
        **more,
    }


def _hook(kind: str, at: str, payload: dict[str, object]) -> dict[str, object]:
    return {"event": kind, "created_at": at, "created_by": f"{API}/users/THERAPIST1", "payload": payload}


def _created(invitee: str = "INV1", starts: str = PAST, **more: object) -> dict[str, object]:
    return _hook("invitee.created", "2026-10-01T09:00:01.000000Z", _payload(invitee, starts, **more))


def _canceled(at: str, by: str = "invitee", invitee: str = "INV1", **more: object) -> dict[str, object]:
    cancellation = {"canceled_by": "someone", "reason": "his secret", "canceler_type": by, "created_at": at}
    return _hook(
        "invitee.canceled", at, _payload(invitee, **{"status": "canceled", "cancellation": cancellation, **more})
    )


def _no_show(at: str, kind: str = "created") -> dict[str, object]:
    mark = {"uri": f"{API}/invitee_no_shows/N1", "created_at": at} if kind == "created" else None
    return _hook(f"invitee_no_show.{kind}", at, _payload(no_show=mark))


def _import(tmp_path: Path, hooks: Sequence[object], name: str = "hooks.ndjson") -> list[dict[str, str]]:
    lines = "\n".join(json.dumps(hook) for hook in hooks)
    (tmp_path / name).write_text(lines if name.endswith("ndjson") else json.dumps(hooks), encoding="utf-8")
    run_import("calendly", [tmp_path / name], tmp_path / "out")
    return read_csv(tmp_path / "out" / "appointments.csv")


LATE, EARLY = "2026-11-02T05:00:00.000000Z", "2026-10-20T05:00:00.000000Z"
MARKED, UNMARKED = "2026-11-02T11:00:00.000000Z", "2026-11-02T12:00:00.000000Z"


@pytest.mark.parametrize(
    ("hooks", "expected"),
    [
        ([_created()], ("unknown", "", "not_updated")),
        ([_created(starts=AHEAD)], ("booked", "", "recorded")),
        ([_created(), _canceled(LATE)], ("late_cancelled", "client", "recorded")),
        ([_created(), _canceled(EARLY)], ("cancelled", "client", "recorded")),
        ([_created(), _canceled(LATE, "host")], ("cancelled", "provider", "recorded")),
        ([_canceled(LATE)], ("late_cancelled", "client", "recorded")),
        (
            [_created(), _canceled(LATE, rescheduled=True, new_invitee=_uri("INV2"))],
            ("rescheduled", "client", "recorded"),
        ),
        (
            [_canceled(LATE, "host", rescheduled=True, new_invitee=_uri("INV2"))],
            ("rescheduled", "provider", "recorded"),
        ),
        ([_created(), _no_show(MARKED)], ("no_show", "client", "recorded")),
        ([_created(), _no_show(MARKED), _no_show(UNMARKED, "deleted")], ("unknown", "", "not_updated")),
        (
            [_created(), _no_show(MARKED), _canceled(UNMARKED, rescheduled=True, new_invitee=_uri("INV2"))],
            ("no_show", "client", "recorded"),
        ),
    ],
)
def test_every_event_in_every_order_and_twice(
    hooks: list[dict[str, object]], expected: tuple[str, str, str], tmp_path: Path
) -> None:
    seen = []
    for number, order in enumerate(permutations(hooks)):
        (tmp_path / str(number)).mkdir()
        (row,) = _import(tmp_path / str(number), [*order, *order[:1]])
        seen.append(row)
    assert all(row == seen[0] for row in seen)
    assert (row["status"], row.get("initiated_by", ""), row["certainty"]) == expected


def test_the_ids_the_times_and_the_way_to_meet(tmp_path: Path) -> None:
    (row,) = _import(tmp_path, [_created(), _canceled(LATE)], "hooks.json")
    assert (row["appointment_id"], row["client_id"], row["therapist_id"]) == ("INV1", "tom@example.org", "THERAPIST1")
    assert row["starts_at"] == "2026-11-02T10:00:00+00:00"
    assert row["booked_at"] == "2026-10-01T10:00:00+01:00"
    assert row["status_at"] == "2026-11-02T05:00:00+00:00"
    assert row["modality"] == "video"


def test_a_moved_booking_is_two_appointments(tmp_path: Path) -> None:
    hooks = [
        _created(),
        _canceled(LATE, rescheduled=True, new_invitee=_uri("INV2")),
        _created("INV2", AHEAD, old_invitee=_uri("INV1")),
    ]
    rows = {row["appointment_id"]: row["status"] for row in _import(tmp_path, hooks)}
    assert rows == {"INV1": "rescheduled", "INV2": "booked"}


def test_the_mark_of_a_no_show_may_name_the_invitee_alone(tmp_path: Path) -> None:
    mark = {"uri": f"{API}/invitee_no_shows/N1", "invitee": _uri("INV1"), "created_at": MARKED}
    (row,) = _import(tmp_path, [_hook("invitee_no_show.created", MARKED, mark), _created()])
    assert (row["status"], row["booked_at"]) == ("no_show", "2026-10-01T10:00:00+01:00")


def test_answers_and_reasons_are_not_copied(tmp_path: Path) -> None:
    _import(tmp_path, [_created(), _canceled(LATE)])
    assert all(b"secret" not in path.read_bytes() for path in (tmp_path / "out").iterdir())


def test_other_events_are_passed_over(tmp_path: Path) -> None:
    other = _hook("routing_form_submission.created", MARKED, {"uri": f"{API}/routing_form_submissions/R1"})
    assert len(_import(tmp_path, [_created(), other])) == 1


def _page(*items: object) -> str:
    return json.dumps({"collection": list(items), "pagination": {"count": len(items), "next_page": None}})


def _invitee(invitee: str, event: str, **more: object) -> dict[str, object]:
    item = {**_payload(invitee), "uri": _uri(invitee, event), "event": f"{API}/scheduled_events/{event}", **more}
    del item["scheduled_event"]
    return item


def test_pages_of_events_and_invitees_are_put_together(tmp_path: Path) -> None:
    cancellation = {"canceled_by": "Ann", "reason": "", "canceler_type": "host", "created_at": LATE}
    events = _page(
        _event(event="EV1"),
        _event(event="EV2", status="canceled", cancellation=cancellation),
        _event(AHEAD, event="EV3"),
        _event(event="EV4"),
        _event(event="EV5"),
    )
    invitees = _page(
        _invitee("A", "EV1"),
        _invitee("B", "EV2", status="canceled", cancellation=cancellation),
        _invitee("C", "EV3"),
        _invitee("D", "EV4", no_show={"uri": f"{API}/invitee_no_shows/N1", "created_at": MARKED}),
    )
    (tmp_path / "events.json").write_text(events)
    (tmp_path / "invitees.json").write_text(invitees)
    files = [tmp_path / "invitees.json", tmp_path / "events.json"]
    account = run_import("calendly", files, tmp_path / "out")
    rows = read_csv(tmp_path / "out" / "appointments.csv")
    assert {row["appointment_id"]: (row["status"], row["initiated_by"]) for row in rows} == {
        "A": ("unknown", ""),
        "B": ("cancelled", "provider"),
        "C": ("booked", ""),
        "D": ("no_show", "client"),
    }
    assert {row["therapist_id"] for row in rows} == {"THERAPIST1"}
    assert any("invitees are not in these files: 1." in note for note in account.notes)
    again = run_import("calendly", files, tmp_path / "out")
    assert (again.added, again.updated) == (0, 0)


@pytest.mark.parametrize(
    ("updated", "mark", "expected"),
    [
        (UNMARKED, None, ("unknown", "not_updated")),  # later than the mark: taken back
        (EARLY, None, ("no_show", "recorded")),  # earlier than the mark: not known yet
        (UNMARKED, {"uri": f"{API}/invitee_no_shows/N1", "created_at": MARKED}, ("no_show", "recorded")),
    ],
)
def test_a_later_page_takes_back_the_mark_of_a_no_show(
    updated: str, mark: object, expected: tuple[str, str], tmp_path: Path
) -> None:
    page = {"collection": [{**_invitee("INV1", "EV1"), "updated_at": updated, "no_show": mark}]}
    (row,) = _import(tmp_path, [_created(), _no_show(MARKED), page])
    assert (row["status"], row["certainty"]) == expected


def test_a_later_page_without_a_word_on_no_shows_takes_nothing_back(tmp_path: Path) -> None:
    item = {**_invitee("INV1", "EV1"), "updated_at": UNMARKED}
    del item["no_show"]
    (row,) = _import(tmp_path, [_created(), _no_show(MARKED), {"collection": [item]}])
    assert row["status"] == "no_show"


def test_invitees_without_their_events_are_told(tmp_path: Path) -> None:
    (tmp_path / "invitees.json").write_text(_page(_invitee("A", "EV1"), _invitee("B", "EV2")))
    with pytest.raises(SourceError, match=r"item 2, start_time.*page of /scheduled_events"):
        run_import("calendly", [tmp_path / "invitees.json"], tmp_path / "out")


def test_events_without_invitees_are_told(tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text(_page(_event()))
    with pytest.raises(SourceError, match="None of these files has an invitee"):
        run_import("calendly", [tmp_path / "events.json"], tmp_path / "out")


def test_a_line_cut_off_is_told(tmp_path: Path) -> None:
    text = "\n".join(json.dumps(hook) for hook in (_created(), _canceled(LATE)))
    (tmp_path / "hooks.ndjson").write_text(text[:-40])
    with pytest.raises(SourceError, match="line 2 is not JSON"):
        run_import("calendly", [tmp_path / "hooks.ndjson"], tmp_path / "out")


def test_a_table_is_told_from_json_that_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("Invitee Name,Start Date & Time\nTom Ash,2026-11-02 10:00\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"events\.csv is not JSON.*holdfast import any events\.csv"):
        run_import("calendly", [tmp_path / "events.csv"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
