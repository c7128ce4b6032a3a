"""Cal.com's events, against the answer key, in any order, and against what goes wrong with them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import SourceError
from holdfast.tables.sources import calcom
from holdfast.tables.sources.files import SourceFile, open_files
from holdfast.tables.sources.source import Context
from tests.interop.answer_key import LONDON, NOW, assert_meets_key, read_csv, run_import

DANA, BEN, GUS = "dana@practice.example", "ben@client.example", "gus@client.example"
Event = dict[str, Any]


def _event(trigger: str, uid: str, at: str | None, start: str = "2026-09-09T16:30:00Z", **more: Any) -> Event:
    payload = {
        "uid": uid,
        "startTime": start,
        "organizer": {"id": 5, "email": DANA, "name": "Dana"},
        "attendees": [{"email": BEN, "name": "Ben"}],
        "additionalNotes": "he said that it is too much",
        **more,
    }
    return {"triggerEvent": trigger, "createdAt": at, "payload": payload}


def _mark(uid: str, at: str, *, no_show: bool = True, who: str = BEN) -> Event:
    payload = {"bookingUid": uid, "bookingId": 4, "attendees": [{"email": who, "noShow": no_show}]}
    return {"triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": at, "payload": payload}


def _created(uid: str = "a", **more: Any) -> Event:
    return _event("BOOKING_CREATED", uid, "2026-08-24T08:00:00.000Z", **more)


def _ended(uid: str = "a", **more: Any) -> Event:
    return _event("MEETING_ENDED", uid, "2026-09-09T17:20:00.000Z", **more)


def _cancelled(at: str | None, **more: Any) -> Event:
    return _event("BOOKING_CANCELLED", "a", at, **more)


def _moved(by: str) -> Event:
    return _event(
        *("BOOKING_RESCHEDULED", "b", "2026-09-08T09:00:00.000Z", "2026-09-16T16:30:00Z"),
        rescheduleUid="a",
        rescheduleStartTime="2026-09-09T16:30:00Z",
        rescheduledBy=by,
    )


LOG = [
    _created(),
    _cancelled("2026-09-07T08:00:00Z", cancelledBy=DANA),
    _moved(BEN),
    _ended("b", start="2026-09-16T16:30:00Z"),
    _mark("b", "2026-09-16T18:00:00Z"),
    _mark("b", "2026-09-16T18:05:00Z", no_show=False),
    _created("c", start="2026-09-23T16:30:00Z", attendees=[{"email": BEN}, {"email": GUS}]),
    _ended("c", start="2026-09-23T16:30:00Z", attendees=[{"email": GUS}, {"email": BEN}]),
    _mark("c", "2026-09-23T18:00:00Z", who=GUS),
    _created("d", start="2026-09-30T16:30:00Z"),
    _event("BOOKING_CANCELLED", "d", "2026-09-30T10:00:00Z", "2026-09-30T16:30:00Z", cancelledBy=BEN.upper()),
    _ended("d", start="2026-09-30T16:30:00Z"),
]


@pytest.fixture
def sample(shared_data: Path) -> Path:
    return shared_data / "interop" / "calcom"


def _log(folder: Path, *events: Event, name: str = "webhooks.ndjson") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    return path


def _read(events: list[Event]) -> list[dict[str, str]]:
    data = "\n".join(json.dumps(event) for event in events).encode()
    context = Context(now=NOW.astimezone(ZoneInfo(LONDON)), timezone=ZoneInfo(LONDON))
    return calcom.read([SourceFile("webhooks.ndjson", data)], context).rows.get("appointments", [])


def _said(events: list[Event]) -> dict[tuple[str, str], tuple[str, str, str]]:
    return {
        (row["appointment_id"], row["client_id"]): (row["status"], row["initiated_by"], row["certainty"])
        for row in _read(events)
    }


def test_it_meets_the_answer_key(sample: Path, tmp_path: Path) -> None:
    account = run_import("calcom", [sample / "webhooks.ndjson"], tmp_path)
    assert_meets_key(tmp_path, sample / "expected.csv")
    assert account.skipped == {"the same event, delivered again": 1}


def test_a_json_list_is_read_as_one_event_a_line_is(sample: Path, tmp_path: Path) -> None:
    lines = (sample / "webhooks.ndjson").read_text(encoding="utf-8").splitlines()
    (tmp_path / "events.json").write_text(json.dumps([json.loads(line) for line in lines], indent=1))
    run_import("calcom", [tmp_path / "events.json"], tmp_path / "out")
    assert_meets_key(tmp_path / "out", sample / "expected.csv")


@settings(deadline=None)
@given(st.permutations([*LOG, *LOG[::2]]))
def test_any_order_and_any_redelivery_give_the_same_appointments(events: list[Event]) -> None:
    assert _read(events) == _read(LOG)


def test_what_the_log_says(tmp_path: Path) -> None:
    assert _said(LOG) == {
        ("a", BEN): ("rescheduled", "provider", "recorded"),  # the host cancelled, then the client took another time
        ("b", BEN): ("attended", "", "inferred"),  # the mark was taken back
        ("c", BEN): ("attended", "", "inferred"),
        ("c", GUS): ("no_show", "client", "recorded"),
        ("d", BEN): ("late_cancelled", "client", "recorded"),  # MEETING_ENDED is sent all the same
    }


@pytest.mark.long
@pytest.mark.parametrize("cut", [1, 20, 59, 100, 117])
def test_the_log_in_two_parts_gives_what_it_gives_whole(cut: int, sample: Path, tmp_path: Path) -> None:
    lines = (sample / "webhooks.ndjson").read_text(encoding="utf-8").splitlines(keepends=True)
    for number, part in enumerate((lines[cut:], lines[:cut])):
        (tmp_path / f"{number}.ndjson").write_text("".join(part), encoding="utf-8")
        run_import("calcom", [tmp_path / f"{number}.ndjson"], tmp_path / "in_parts")
    run_import("calcom", [tmp_path / "1.ndjson"], tmp_path / "in_parts")
    run_import("calcom", [tmp_path / "0.ndjson"], tmp_path / "in_parts")
    assert_meets_key(tmp_path / "in_parts", sample / "expected.csv")


@pytest.mark.parametrize(
    ("who", "by"),
    [
        (BEN, "client"),
        (BEN.title(), "client"),
        (DANA, "provider"),
        ("office@practice.example", "unknown"),
        ("", "unknown"),
    ],
)
def test_who_cancelled_and_who_moved(who: str, by: str) -> None:
    early = "2026-09-01T08:00:00Z"
    assert _said([_created(), _cancelled(early, cancelledBy=who)])["a", BEN] == ("cancelled", by, "recorded")
    assert _said([_created(), _moved(who)])["a", BEN] == ("rescheduled", by, "recorded")


@pytest.mark.parametrize(
    ("who", "at", "status"),
    [
        (BEN, "2026-09-08T16:30:00Z", "cancelled"),  # a full day before
        (BEN, "2026-09-08T16:30:01Z", "late_cancelled"),
        (None, "2026-09-09T10:00:00Z", "late_cancelled"),
        (DANA, "2026-09-09T10:00:00Z", "cancelled"),
        (BEN, None, "cancelled"),
    ],
)
def test_late_is_less_than_a_day_before_and_not_by_the_therapist(who: str | None, at: str | None, status: str) -> None:
    assert _read([_created(), _cancelled(at, cancelledBy=who)])[0]["status"] == status


def test_a_host_of_a_team_is_the_provider_too() -> None:
    team = {"name": "Harbour", "members": [{"email": "Omar@practice.example"}]}
    events = [_created(), _cancelled("2026-09-09T10:00:00Z", cancelledBy="omar@practice.example", team=team)]
    assert _said(events)["a", BEN] == ("cancelled", "provider", "recorded")


def test_a_booking_seen_only_in_the_event_that_moved_it() -> None:
    old, new = _read([_moved(BEN)])
    assert (old["appointment_id"], old["starts_at"], old["status"]) == ("a", "2026-09-09T17:30:00+01:00", "rescheduled")
    assert (new["appointment_id"], new["starts_at"], new["status"]) == ("b", "2026-09-16T17:30:00+01:00", "unknown")
    assert (new["therapist_id"], new["booked_at"]) == (DANA, "2026-09-08T10:00:00+01:00")


def test_past_and_without_a_word_is_unknown_and_ahead_is_booked() -> None:
    assert _said([_created()])["a", BEN] == ("unknown", "", "not_updated")
    assert _said([_created(start="2026-12-09T16:30:00Z")])["a", BEN] == ("booked", "", "recorded")


def test_a_request_that_was_declined_was_cancelled_by_the_therapist() -> None:
    events = [
        _event("BOOKING_REQUESTED", "a", "2026-09-01T08:00:00Z"),
        _event("BOOKING_REJECTED", "a", "2026-09-09T08:00:00Z"),
    ]
    assert _said(events)["a", BEN] == ("cancelled", "provider", "recorded")


def test_an_empty_video_room_is_no_attendance() -> None:
    no_guest = _event("AFTER_GUESTS_CAL_VIDEO_NO_SHOW", "a", "2026-09-09T16:40:00Z")
    no_host = _event("AFTER_HOSTS_CAL_VIDEO_NO_SHOW", "a", "2026-09-09T16:40:00Z")
    assert _said([_created(), no_guest, _ended()])["a", BEN] == ("no_show", "client", "inferred")
    assert _said([_created(), no_host, _ended()])["a", BEN] == ("unknown", "", "not_updated")


def test_the_flat_events_of_older_versions_are_read() -> None:
    flat: Event = {"triggerEvent": "MEETING_ENDED", "uid": "a", "startTime": "2026-09-09T16:30:00.000Z"}
    flat |= {"user": {"email": DANA}, "attendees": [{"id": 981, "email": BEN, "bookingId": 4}]}
    (row,) = _read([flat])
    assert (row["client_id"], row["therapist_id"], row["status"]) == (BEN, DANA, "attended")


def test_a_mark_that_comes_in_a_later_log_finds_its_booking(tmp_path: Path) -> None:
    run_import("calcom", [_log(tmp_path, _created(), _ended())], tmp_path / "out")
    run_import("calcom", [_log(tmp_path, _mark("a", "2026-09-10T08:00:00Z"))], tmp_path / "out")
    run_import("calcom", [_log(tmp_path, _ended())], tmp_path / "out")  # delivered once more
    (row,) = read_csv(tmp_path / "out" / "appointments.csv")
    assert (row["status"], row["certainty"], row["booked_at"]) == (
        *("no_show", "recorded"),
        "2026-08-24T09:00:00+01:00",
    )


def test_a_mark_on_a_booking_that_is_nowhere_is_counted_and_left_out(tmp_path: Path) -> None:
    account = run_import("calcom", [_log(tmp_path, _created(), _mark("zz", "2026-09-10T08:00:00Z"))], tmp_path / "out")
    assert account.skipped == {"a mark on a booking, or a move of one, that is not in these files": 1}


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    run_import("calcom", [_log(tmp_path, *LOG)], tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    account = run_import("calcom", [_log(tmp_path, *LOG)], tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert (account.added, account.updated) == (0, 0)


def test_nothing_of_the_free_text_is_copied(tmp_path: Path) -> None:
    run_import("calcom", [_log(tmp_path, *LOG)], tmp_path / "out")
    assert "too much" not in (tmp_path / "out" / "appointments.csv").read_text(encoding="utf-8")


def test_events_that_are_no_booking_are_counted_and_left_out(tmp_path: Path) -> None:
    other = {"triggerEvent": "FORM_SUBMITTED", "createdAt": "2026-09-01T08:00:00Z", "payload": {"teamId": 3}}
    account = run_import("calcom", [_log(tmp_path, _created(), other)], tmp_path / "out")
    assert account.skipped == {"FORM_SUBMITTED: says nothing of an appointment": 1}


def test_an_event_whose_meaning_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"BOOKING_SWALLOWED \(2\).*Understood are: BOOKING_CREATED"):
        _read([_created(), _event("BOOKING_SWALLOWED", "a", "x"), _event("BOOKING_SWALLOWED", "b", "y")])


def test_every_bad_date_is_told_of_with_its_line() -> None:
    with pytest.raises(SourceError, match=r"(?s)line 2, startTime: found 'tomorrow'.*line 3, createdAt: found '31/02"):
        _read([_created(), _created(start="tomorrow"), _event("MEETING_ENDED", "a", "31/02/2026")])


def test_a_booking_without_its_time_is_told_of() -> None:
    with pytest.raises(SourceError, match="item 1, startTime: found ''"):
        _read([_created(start="")])


def test_a_log_cut_off_names_the_line_and_leaves_the_folder(tmp_path: Path) -> None:
    run_import("calcom", [_log(tmp_path, *LOG)], tmp_path / "out")
    before = (tmp_path / "out" / "appointments.csv").read_bytes()
    cut = _log(tmp_path, *LOG)
    cut.write_bytes(cut.read_bytes()[:-30])
    with pytest.raises(SourceError, match="line 12 is not JSON"):
        run_import("calcom", [cut], tmp_path / "out")
    assert (tmp_path / "out" / "appointments.csv").read_bytes() == before


def test_only_its_own_events_are_recognised(shared_data: Path) -> None:
    files = (path for path in (shared_data / "interop").rglob("*") if path.suffix in (".json", ".ndjson"))
    found = {path.name for path in files if any(calcom.recognises(file) for file in open_files([path]))}
    assert found == {"webhooks.ndjson"}


def test_a_meeting_still_ahead_of_the_export_has_not_been_attended() -> None:
    data = "\n".join(json.dumps(event) for event in (_created(), _ended())).encode()
    early = Context(now=datetime(2026, 9, 1, tzinfo=UTC), timezone=ZoneInfo(LONDON))
    (row,) = calcom.read([SourceFile("webhooks.ndjson", data)], early).rows["appointments"]
    assert row["status"] == "booked"


def test_a_list_without_an_event_is_refused(tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text("[]")
    with pytest.raises(SourceError, match=r"no event in events\.json"):
        calcom.read(open_files([tmp_path / "events.json"]), Context(now=NOW, timezone=ZoneInfo(LONDON)))
