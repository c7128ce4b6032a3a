"""Calendars: the sample's answer key, what one download says, and what several say when compared."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.errors import SourceError
from holdfast.tables.importing import Account, import_files
from holdfast.tables.sources import source
from holdfast.tables.sources.files import SourceFile, open_files
from tests.interop.answer_key import LONDON, NOW, in_utc, read_csv, run_import

Rows = Mapping[str, Mapping[str, str]]
FIRST = "20261116T070000Z"
SECOND = "20261119T070000Z"


def event(uid: str, start: str, title: str = "AP weekly", *more: str, stamp: str = FIRST) -> str:
    start_line = start if start.startswith("DTSTART") else f"DTSTART:{start}"
    lines = ["BEGIN:VEVENT", f"UID:{uid}", start_line, f"SUMMARY:{title}", f"DTSTAMP:{stamp}", *more, "END:VEVENT"]
    return "\r\n".join(lines)


def calendar(*events: str, name: str = "X-WR-CALNAME:Clients") -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//made up//EN", name, *events, "END:VCALENDAR", ""])


def london(stamp: str) -> str:
    return f"DTSTART;TZID=Europe/London:{stamp}"


def save(folder: Path, *texts: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"download-{number}.ics" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text.encode())
    return paths


def rows_in(folder: Path) -> Rows:
    return {row["appointment_id"]: row for row in read_csv(folder / "appointments.csv")}


def imported(tmp_path: Path, *texts: str, now: datetime | None = NOW) -> Rows:
    run_import("ical", save(tmp_path / "in", *texts), tmp_path / "out", now=now)
    return rows_in(tmp_path / "out")


def states(rows: Rows) -> dict[str, tuple[str, str]]:
    return {id: (row["status"], row["certainty"]) for id, row in rows.items()}


@pytest.fixture
def sample(shared_data: Path) -> Path:
    return shared_data / "interop" / "ics_google"


def snapshots(sample: Path) -> list[Path]:
    return sorted(sample.glob("snapshot_*.ics"))


class TestTheSample:
    def test_it_meets_the_answer_key(self, sample: Path, tmp_path: Path) -> None:
        run_import("ical", snapshots(sample), tmp_path)
        found = rows_in(tmp_path)
        for want in read_csv(sample / "expected_diff.csv"):
            if want["status"] == "ignore":
                assert want["uid"] not in found
                continue
            have = found[want["uid"]]
            assert (have["client_id"], in_utc(have["starts_at"]), have["status"], have["certainty"]) == (
                want["client_initials"],
                want["starts_at_utc"],
                want["status"],
                want["certainty"],
            )

    def test_the_moved_one_is_booked_at_its_new_time(self, sample: Path, tmp_path: Path) -> None:
        run_import("ical", snapshots(sample), tmp_path)
        row = rows_in(tmp_path)["cy1@google.com|20261120T130000"]
        assert (row["status"], row["client_id"]) == ("unknown", "CY")  # 13:00 is past at the samples' present

    def test_nothing_called_off_is_late(self, sample: Path, tmp_path: Path) -> None:
        run_import("ical", snapshots(sample), tmp_path)
        assert not any(row["status"] == "late_cancelled" for row in rows_in(tmp_path).values())
        assert not any(row.get("status_at") for row in rows_in(tmp_path).values())

    def test_the_order_in_which_the_files_are_given_does_not_matter(self, sample: Path, tmp_path: Path) -> None:
        run_import("ical", snapshots(sample), tmp_path / "a")
        run_import("ical", snapshots(sample)[::-1], tmp_path / "b")
        assert rows_in(tmp_path / "a") == rows_in(tmp_path / "b")

    @pytest.mark.parametrize("now", [NOW, None])
    def test_one_by_one_gives_the_same_as_together(self, sample: Path, tmp_path: Path, now: datetime | None) -> None:
        run_import("ical", snapshots(sample), tmp_path / "together", now=now)
        for path in snapshots(sample):
            run_import("ical", [path], tmp_path / "apart", now=now)
        assert rows_in(tmp_path / "apart") == rows_in(tmp_path / "together")

    def test_importing_twice_changes_nothing(self, sample: Path, tmp_path: Path) -> None:
        run_import("ical", snapshots(sample), tmp_path)
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        account = run_import("ical", snapshots(sample), tmp_path)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
        assert (account.added, account.updated) == (0, 0)

    def test_real_files_of_exchange_and_google_are_read(self, sample: Path, tmp_path: Path) -> None:
        for name in ("exchange_windows_tzid", "google_weekly_series"):
            file = sample / "verbatim" / f"{name}.ics"
            text = file.read_bytes().replace(b"SUMMARY:Anonymous Test Event", b"SUMMARY:AP Event")
            text = text.replace(b"SUMMARY:Daily Sync", b"SUMMARY:AP Daily Sync")
            (tmp_path / f"{name}.ics").write_bytes(text)
            run_import("ical", [tmp_path / f"{name}.ics"], tmp_path / name, timezone="UTC")
        (eastern,) = rows_in(tmp_path / "exchange_windows_tzid").values()
        assert eastern["starts_at"] == "2024-10-28T21:00:00+00:00"
        daily = rows_in(tmp_path / "google_weekly_series")
        assert in_utc(min(row["starts_at"] for row in daily.values())) == "2016-10-28T12:00:00Z"
        assert all(row["starts_at"][11:16] in ("12:00", "13:00") for row in daily.values())

    def test_it_is_recognised_and_nothing_else_is(self, sample: Path, tmp_path: Path) -> None:
        recognises = source("ical").recognises
        assert all(recognises(file) for file in open_files(snapshots(sample)))
        assert not recognises(SourceFile("a.csv", b"appointment_id,BEGIN\n1,VCALENDAR\n"))
        assert not recognises(SourceFile("a.ics", b"\x89PNG"))


class TestOneDownload:
    def test_what_is_ahead_is_booked_and_what_is_past_is_unknown(self, tmp_path: Path) -> None:
        found = imported(tmp_path, calendar(event("a", "20261120T170000Z"), event("b", "20261120T190000Z")))
        assert states(found) == {"a": ("unknown", "not_updated"), "b": ("booked", "recorded")}

    @pytest.mark.parametrize("rule", [(), ("RRULE:FREQ=WEEKLY;COUNT=1",)])
    def test_a_day_of_booking_that_cannot_be_read_is_not_known(self, rule: tuple[str, ...], tmp_path: Path) -> None:
        (row,) = imported(tmp_path, calendar(event("s", london("20261013T090000"), "AP", *rule, "CREATED:x"))).values()
        assert (row["starts_at"], row.get("booked_at", "")) == ("2026-10-13T09:00:00+01:00", "")

    def test_a_series_keeps_its_local_hour_when_the_clocks_change(self, tmp_path: Path) -> None:
        series = event("s", london("20261013T090000"), "AP weekly", "RRULE:FREQ=WEEKLY;COUNT=4")
        found = imported(tmp_path, calendar(series))
        assert [row["starts_at"] for row in found.values()] == [
            "2026-10-13T09:00:00+01:00",
            "2026-10-20T09:00:00+01:00",
            "2026-10-27T09:00:00+00:00",
            "2026-11-03T09:00:00+00:00",
        ]
        assert next(iter(found)) == "s|20261013T090000"

    @pytest.mark.parametrize(
        "start",
        ["DTSTART;TZID=GMT Standard Time:20261013T090000", "DTSTART;TZID=:20261013T090000", "DTSTART:20261013T090000"],
        ids=["windows", "blank", "floating"],
    )
    def test_other_ways_to_say_the_zone_mean_the_same(self, tmp_path: Path, start: str) -> None:
        found = imported(tmp_path, calendar(event("s", start, "AP", "RRULE:FREQ=WEEKLY;COUNT=3")))
        assert [in_utc(row["starts_at"]) for row in found.values()] == [
            "2026-10-13T08:00:00Z",
            "2026-10-20T08:00:00Z",
            "2026-10-27T09:00:00Z",
        ]

    def test_a_floating_time_is_on_the_calendars_own_clock(self, tmp_path: Path) -> None:
        text = calendar(event("a", "20261110T090000"), name="X-WR-CALNAME:Clients\r\nX-WR-TIMEZONE:Australia/Sydney")
        assert in_utc(imported(tmp_path, text)["a"]["starts_at"]) == "2026-11-09T22:00:00Z"

    def test_a_series_without_end_is_followed_for_a_year(self, tmp_path: Path) -> None:
        found = imported(tmp_path, calendar(event("s", "20200106T090000Z", "AP", "RRULE:FREQ=WEEKLY")))
        starts = sorted(in_utc(row["starts_at"]) for row in found.values())
        assert starts[0] == "2024-11-18T09:00:00Z"  # two years before the download
        assert starts[-1] == "2027-11-15T09:00:00Z"

    def test_a_date_left_out_of_a_series_never_was(self, tmp_path: Path) -> None:
        series = event(
            "s",
            london("20261103T090000"),
            "AP",
            "RRULE:FREQ=WEEKLY;COUNT=3",
            "EXDATE;TZID=Europe/London:20261110T090000",
        )
        assert list(imported(tmp_path, calendar(series))) == ["s|20261103T090000", "s|20261117T090000"]

    def test_one_of_a_series_that_was_moved(self, tmp_path: Path) -> None:
        series = event("s", london("20261103T090000"), "AP", "RRULE:FREQ=WEEKLY;COUNT=4")
        moved = event("s", london("20261125T100000"), "AP", "RECURRENCE-ID;TZID=Europe/London:20261124T090000")
        found = imported(tmp_path, calendar(series, moved))
        assert found["s|20261124T090000"]["status"] == "rescheduled"
        assert found["s|20261125T100000"]["status"] == "booked"
        assert len(found) == 5

    def test_one_of_a_series_that_was_cancelled(self, tmp_path: Path) -> None:
        series = event("s", london("20261103T090000"), "AP", "RRULE:FREQ=WEEKLY;COUNT=2")
        off = event(
            "s", london("20261110T090000"), "AP", "RECURRENCE-ID;TZID=Europe/London:20261110T090000", "STATUS:CANCELLED"
        )
        found = imported(tmp_path, calendar(series, off))
        assert states(found)["s|20261110T090000"] == ("cancelled", "recorded")

    @pytest.mark.parametrize("title", ["Canceled: AP weekly", "Cancelled: AP weekly", "CANCELLED - AP weekly"])
    def test_outlooks_prefix_means_cancelled(self, tmp_path: Path, title: str) -> None:
        row = imported(tmp_path, calendar(event("a", "20261123T090000Z", title)))["a"]
        assert (row["client_id"], row["status"], row["certainty"]) == ("AP", "cancelled", "recorded")
        assert row["initiated_by"] == "unknown"

    @pytest.mark.parametrize("word", ["CANCELLED", "Canceled"])
    def test_the_state_cancelled(self, tmp_path: Path, word: str) -> None:
        found = imported(tmp_path, calendar(event("a", "20261123T090000Z", "AP", f"STATUS:{word}")))
        assert states(found) == {"a": ("cancelled", "recorded")}

    @pytest.mark.parametrize(
        ("title", "client", "status"),
        [
            ("GL 7pm - DNA", "GL", "no_show"),
            ("GL NS", "GL", "no_show"),
            ("GL (LC)", "GL", "late_cancelled"),
            ("DNA: GL 7pm", "GL", "no_show"),
            ("NS 7pm", "NS", "unknown"),  # a client with these initials
            ("LC - NS", "LC", "no_show"),
            ("GL dna test results", "GL", "unknown"),  # the practice's words are in capitals
        ],
    )
    def test_the_practices_words_in_a_title(self, tmp_path: Path, title: str, client: str, status: str) -> None:
        row = imported(tmp_path, calendar(event("a", "20261118T190000Z", title)))["a"]
        assert (row["client_id"], row["status"]) == (client, status)

    @pytest.mark.parametrize("title", ["Supervision", "Dentist", "Team GL", "gl lower case", "G", "GLX", ""])
    def test_other_titles_are_no_clients(self, tmp_path: Path, title: str) -> None:
        folder = tmp_path / "out"
        text = calendar(event("a", "20261118T190000Z", title), event("b", "20261118T200000Z", "ÖZ"))
        account = run_import("ical", save(tmp_path / "in", text), folder)
        assert list(rows_in(folder)) == ["b"]
        assert sum(account.skipped.values()) == 1

    def test_the_one_person_invited_is_the_client(self, tmp_path: Path) -> None:
        invited = (
            "ORGANIZER:mailto:me@practice.example",
            "ATTENDEE;CN=x:mailto:me@practice.example",
            "ATTENDEE:MAILTO:Al@Home.example",
        )
        two = (*invited, "ATTENDEE:mailto:bea@home.example")
        text = calendar(event("a", "20261118T190000Z", "Session", *invited), event("b", "20261118T200000Z", "BC", *two))
        found = imported(tmp_path, text)
        assert {id: row["client_id"] for id, row in found.items()} == {"a": "al@home.example", "b": "BC"}

    def test_all_day_and_private_events_are_left_out(self, tmp_path: Path) -> None:
        text = calendar(
            event("a", "DTSTART;VALUE=DATE:20261118", "AP holiday"),
            event("b", "20261118T190000Z", "AP secret", "CLASS:PRIVATE"),
            event("c", "20261118T190000Z", "AP"),
        )
        assert list(imported(tmp_path, text)) == ["c"]

    def test_the_therapist_is_the_calendar_or_who_invites_or_the_file(self, tmp_path: Path) -> None:
        plain = event("a", "20261118T190000Z")
        by = event("b", "20261118T190000Z", "AP", "ORGANIZER:mailto:Kim@practice.example")
        for number, (text, name) in enumerate(
            [
                (calendar(plain), "Clients"),
                (calendar(by, name="X-A:b"), "kim@practice.example"),
                (calendar(plain, name="X-A:b"), "kim"),
            ]
        ):
            path = tmp_path / f"kim_2026-11-1{number} (2).ics"
            path.write_text(text)
            run_import("ical", [path], tmp_path / str(number))
            assert {row["therapist_id"] for row in rows_in(tmp_path / str(number)).values()} == {name}

    def test_no_word_of_a_title_or_description_gets_into_the_tables(self, tmp_path: Path) -> None:
        text = calendar(event("a", "20261118T190000Z", "AP divorce", "DESCRIPTION:he said things", "LOCATION:secret"))
        imported(tmp_path, text)
        written = (tmp_path / "out" / "appointments.csv").read_text()
        assert not re.search("divorce|things|secret", written)

    def test_when_it_was_booked_is_kept_where_it_is_plausible(self, tmp_path: Path) -> None:
        found = imported(
            tmp_path,
            calendar(
                event("a", "20261118T190000Z", "AP", "CREATED:20261101T100000Z"),
                event("b", "20261118T200000Z", "AP", "CREATED:19000101T120000Z"),
                event("c", "20261118T210000Z", "AP", "CREATED:20261119T100000Z"),
            ),
        )
        booked = {id: row.get("booked_at", "") for id, row in found.items()}
        assert booked == {"a": "2026-11-01T10:00:00+00:00", "b": "", "c": ""}


class TestSeveralDownloads:
    def test_what_vanished_before_it_began_was_called_off(self, tmp_path: Path) -> None:
        before = calendar(
            event("keep", "20261201T090000Z"), event("a", "20261125T090000Z"), event("b", "20261118T090000Z")
        )
        after = calendar(event("keep", "20261201T090000Z", stamp=SECOND))
        found = imported(tmp_path, before, after)
        assert states(found)["a"] == states(found)["b"] == ("cancelled", "inferred")
        assert found["a"]["initiated_by"] == "unknown"
        assert not found["a"].get("status_at")

    def test_what_vanished_after_it_began_is_what_it_was(self, tmp_path: Path) -> None:
        before = calendar(event("keep", "20261201T090000Z"), event("a", "20261110T090000Z"))
        after = calendar(event("keep", "20261201T090000Z", stamp=SECOND))
        assert states(imported(tmp_path, before, after))["a"] == ("unknown", "not_updated")

    def test_a_date_newly_left_out_of_a_series_was_called_off(self, tmp_path: Path) -> None:
        rule = "RRULE:FREQ=WEEKLY;COUNT=6"
        before = calendar(event("s", london("20261103T090000"), "AP", rule))
        out = "EXDATE;TZID=Europe/London:20261124T090000"
        after = calendar(event("s", london("20261103T090000"), "AP", rule, out, stamp=SECOND))
        found = states(imported(tmp_path, before, after))
        assert found.pop("s|20261124T090000") == ("cancelled", "inferred")
        assert {status for status, _ in found.values()} == {"unknown", "booked"}

    def test_one_of_a_series_moved_between_downloads(self, tmp_path: Path) -> None:
        rule = "RRULE:FREQ=WEEKLY;COUNT=6"
        before = calendar(event("s", london("20261103T090000"), "AP", rule))
        moved = event(
            "s", london("20261126T140000"), "AP", "RECURRENCE-ID;TZID=Europe/London:20261124T090000", stamp=SECOND
        )
        after = calendar(event("s", london("20261103T090000"), "AP", rule, stamp=SECOND), moved)
        found = states(imported(tmp_path, before, after))
        assert found["s|20261124T090000"] == ("rescheduled", "recorded")
        assert found["s|20261126T140000"] == ("booked", "recorded")
        assert len(found) == 7

    def test_a_series_put_on_another_day_does_not_rewrite_the_past(self, tmp_path: Path) -> None:
        before = calendar(event("s", london("20261103T090000"), "AP", "RRULE:FREQ=WEEKLY;COUNT=4"))
        after = calendar(event("s", london("20261104T090000"), "AP", "RRULE:FREQ=WEEKLY;COUNT=4", stamp=SECOND))
        found = {id: status for id, (status, _) in states(imported(tmp_path, before, after)).items()}
        assert found == {
            "s|20261103T090000": "unknown",
            "s|20261110T090000": "unknown",
            "s|20261117T090000": "rescheduled",
            "s|20261118T090000": "unknown",
            "s|20261124T090000": "rescheduled",
            "s|20261125T090000": "booked",
        }

    def test_a_series_cut_in_two_by_google_stays_one(self, tmp_path: Path) -> None:
        before = calendar(event("s@g", london("20261103T090000"), "AP", "RRULE:FREQ=WEEKLY;COUNT=6"))
        after = calendar(
            event("s@g", london("20261103T090000"), "AP", "RRULE:FREQ=WEEKLY;UNTIL=20261120T000000Z", stamp=SECOND),
            event("s_R20261124T090000@g", london("20261124T090000"), "AP", "RRULE:FREQ=WEEKLY;COUNT=3", stamp=SECOND),
        )
        found = states(imported(tmp_path, before, after))
        assert len(found) == 6
        assert {status for status, _ in found.values()} == {"unknown", "booked"}

    def test_a_time_put_right_afterwards_is_not_a_second_session(self, tmp_path: Path) -> None:
        before = calendar(event("a", "20261110T090000Z"))
        after = calendar(event("a", "20261110T091500Z", stamp=SECOND))
        found = imported(tmp_path, before, after)
        assert {id: in_utc(row["starts_at"]) for id, row in found.items()} == {"a": "2026-11-10T09:15:00Z"}

    def test_a_slot_given_to_another_client_is_called_off_for_the_first(self, tmp_path: Path) -> None:
        before = calendar(event("a", "20261125T090000Z", "AP"))
        after = calendar(event("a", "20261125T090000Z", "BO", stamp=SECOND))
        run_import("ical", save(tmp_path / "in", before, after), tmp_path / "out")
        found = {row["client_id"]: row["status"] for row in read_csv(tmp_path / "out" / "appointments.csv")}
        assert found == {"AP": "cancelled", "BO": "booked"}

    def test_an_invitation_sent_later_does_not_make_him_another_client(self, tmp_path: Path) -> None:
        before = calendar(event("a", "20261125T090000Z", "AP"))
        after = calendar(event("a", "20261125T090000Z", "AP", "ATTENDEE:mailto:al@home.example", stamp=SECOND))
        found = imported(tmp_path, before, after)
        assert [(row["client_id"], row["status"]) for row in found.values()] == [("AP", "booked")]

    def test_what_turns_private_is_not_called_off(self, tmp_path: Path) -> None:
        before = calendar(event("a", "20261125T090000Z"))
        after = calendar(
            event("a", "20261125T090000Z", "AP", "CLASS:PRIVATE", stamp=SECOND),
            event("b", "20261125T100000Z", "BO", stamp=SECOND),
        )
        assert states(imported(tmp_path, before, after))["a"] == ("booked", "recorded")

    def test_moved_and_moved_back(self, tmp_path: Path) -> None:
        texts = [
            calendar(event("a", start, stamp=stamp))
            for start, stamp in [
                ("20261125T090000Z", FIRST),
                ("20261126T090000Z", SECOND),
                ("20261125T090000Z", "20261120T070000Z"),
            ]
        ]
        assert states(imported(tmp_path, *texts)) == {
            "a": ("booked", "recorded"),
            "a|20261126T090000": ("rescheduled", "recorded"),
        }

    def test_the_calendars_of_two_therapists_are_not_compared(self, tmp_path: Path) -> None:
        found = imported(
            tmp_path,
            calendar(event("a", "20261125T090000Z"), name="X-WR-CALNAME:Kim"),
            calendar(event("b", "20261125T090000Z", stamp=SECOND), name="X-WR-CALNAME:Lee"),
        )
        assert {row["therapist_id"]: row["status"] for row in found.values()} == {"Kim": "booked", "Lee": "booked"}

    def test_a_newer_calendar_of_one_therapist_does_not_hold_back_anothers(self, tmp_path: Path) -> None:
        kim, lee = "X-WR-CALNAME:Kim", "X-WR-CALNAME:Lee"
        texts = [
            calendar(event("l", "20261118T090000Z", stamp="20261117T070000Z"), name=lee),
            calendar(event("k", "20261125T090000Z", stamp=SECOND), name=kim),
            calendar(event("l", "20261118T090000Z", "AP DNA", stamp="20261118T190000Z"), name=lee),
        ]
        for path in save(tmp_path / "in", *texts):
            run_import("ical", [path], tmp_path / "out", now=None)
        assert states(rows_in(tmp_path / "out"))["l"] == ("no_show", "inferred")

    def test_an_older_download_adds_only_what_had_gone_by_then(self, tmp_path: Path) -> None:
        older = calendar(event("a", "20261125T090000Z"), event("b", "20261125T100000Z"), event("c", "20261110T090000Z"))
        newer = calendar(event("a", "20261125T090000Z", stamp=SECOND))
        first, second = save(tmp_path / "in", older, newer)
        run_import("ical", [second], tmp_path / "out", now=None)
        account = run_import("ical", [first], tmp_path / "out", now=None)
        found = states(rows_in(tmp_path / "out"))
        assert found == {
            "a": ("booked", "recorded"),
            "b": ("cancelled", "inferred"),
            "c": ("unknown", "not_updated"),
        }
        assert any("older than one imported before" in note for note in account.notes)

    def test_two_downloads_of_one_moment_are_refused(self, tmp_path: Path) -> None:
        texts = calendar(event("a", "20261125T090000Z")), calendar(event("b", "20261125T090000Z"))
        with pytest.raises(SourceError, match="Which came first"):
            imported(tmp_path, *texts)

    def test_the_same_file_given_twice_is_one(self, tmp_path: Path) -> None:
        text = calendar(event("a", "20261125T090000Z"))
        assert len(imported(tmp_path, text, text)) == 1

    def test_without_a_common_stamp_the_date_in_the_file_name_counts(self, tmp_path: Path) -> None:
        keep = event("keep", "20261201T090000Z", stamp="20260101T000000Z")
        gone = event("gone", "20261118T090000Z", stamp="20260102T000000Z")
        other = event("other", "20261201T100000Z", stamp="20260103T000000Z")
        (tmp_path / "z 2026-11-16.ics").write_text(calendar(keep, gone))
        (tmp_path / "a 2026-11-19.ics").write_text(calendar(keep, other))
        files = [tmp_path / "a 2026-11-19.ics", tmp_path / "z 2026-11-16.ics"]
        account = run_import("ical", files, tmp_path / "out", now=None)
        assert account.now.astimezone(UTC) == datetime(2026, 11, 19, 23, 59, tzinfo=UTC)
        assert states(rows_in(tmp_path / "out"))["gone"] == ("cancelled", "inferred")

    def test_without_any_date_the_order_of_the_files_counts(self, tmp_path: Path) -> None:
        keep = event("keep", "20261201T090000Z", stamp="20260101T000000Z")
        gone = event("gone", "20261125T090000Z", stamp="20260102T000000Z")
        perhaps = event("perhaps", "20261118T090000Z", stamp="20260102T000000Z")
        other = event("other", "20261201T100000Z", stamp="20260103T000000Z")
        found = states(imported(tmp_path, calendar(keep, gone, perhaps), calendar(keep, other), now=None))
        assert found["gone"] == ("cancelled", "inferred")
        assert found["perhaps"] == ("unknown", "not_updated")  # it may have gone after it took place


class TestBadFiles:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (calendar(event("a", "20261125T090000Z"))[:-20], "breaks off before END:VCALENDAR"),
            (calendar(), "no event at all"),
            (calendar(event("a", "2026-11-25 09:00")), "event a, DTSTART: found '2026-11-25 09:00'"),
            (calendar(event("a", "20261125T090000Z", "AP", "RRULE:FREQ=WEEKLZ")), "event a, RRULE: found"),
            (calendar(event("a", "20261125T090000Z", "AP", "RRULE:FREQ=SECONDLY")), "at most daily"),
            (calendar(event("a", "20261125T090000Z", "AP", "STATUS:PERHAPS")), "STATUS: found 'PERHAPS'"),
            (calendar(event("a", "DTSTART;TZID=Nowhere/Nope:20261125T090000")), "TZID: found 'Nowhere/Nope'"),
            (calendar(event("", "20261125T090000Z")), "UID"),
            (calendar(event("a", "20261125T090000Z", "AP", "SEQUENCE:1", "SEQUENCE:2")), "SEQUENCE: found '1, 2'"),
            (calendar(event("a", "20261125T090000Z", "AP", "SEQUENCE:many")), "event a, SEQUENCE: found"),
            (calendar(event("a", "20261125T090000Z", "AP", "DTSTART:20261126T090000Z")), "event a, DTSTART: found"),
            (
                calendar(event("a", "20261125T090000Z", "AP", "STATUS:CONFIRMED", "STATUS:CANCELLED")),
                "allowed: one of it",
            ),
            (calendar("BEGIN:VEVENT", "UID:a", "SUMMARY:AP", "END:VEVENT"), "event a, DTSTART"),
            (calendar(event("a", "20261125T090000Z"), "nonsense"), "line 11 is not iCalendar"),
            ("", "is empty"),
            ("hello", "breaks off"),
        ],
    )
    def test_one_message_says_what_is_wrong_and_the_folder_stays_as_it_was(
        self, tmp_path: Path, text: str, message: str
    ) -> None:
        imported(tmp_path, calendar(event("a", "20261125T090000Z")))
        before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
        with pytest.raises(SourceError, match=re.escape(message)):
            imported(tmp_path, text)
        assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before

    def test_every_unreadable_event_is_listed(self, tmp_path: Path) -> None:
        bad = [event(f"e{number}", "tomorrow") for number in range(30)]
        with pytest.raises(SourceError, match=r"(?s)event e0,.*event e19,.*and 10 more"):
            imported(tmp_path, calendar(*bad))

    def test_other_files_beside_the_calendar_are_passed_over(self, tmp_path: Path) -> None:
        save(tmp_path / "in", calendar(event("a", "20261125T090000Z")))
        (tmp_path / "in" / "page.html").write_text("<p>Your calendars</p>")
        run_import("ical", [tmp_path / "in"], tmp_path / "out")
        assert list(rows_in(tmp_path / "out")) == ["a"]
        with pytest.raises(SourceError, match="None of these files is a calendar"):
            run_import("ical", [tmp_path / "in" / "page.html"], tmp_path / "out")

    def test_utf16_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "a.ics").write_bytes(calendar(event("a", "20261125T090000Z", "ÖZ")).encode("utf-16"))
        run_import("ical", [tmp_path / "a.ics"], tmp_path / "out")
        assert rows_in(tmp_path / "out")["a"]["client_id"] == "ÖZ"


# Any series of downloads: single events that come, move, are marked, cancelled, renamed or vanish, and one series.
_DAY = datetime(2026, 11, 16, 7, tzinfo=UTC)
_SINGLE = st.fixed_dictionaries(
    {
        "at": st.integers(-6, 14),
        "title": st.sampled_from(["AP", "AP LC", "BO", "Canceled: AP", "Supervision"]),
        "private": st.booleans(),
    }
)
_SERIES = st.fixed_dictionaries(
    {
        "left_out": st.sets(st.integers(0, 5), max_size=3),
        "moved": st.dictionaries(st.integers(0, 5), st.integers(-3, 3), max_size=2),
        "shift": st.sampled_from([0, 0, 0, 1]),
    }
)
_DOWNLOAD = st.tuples(st.dictionaries(st.sampled_from("abc"), _SINGLE), st.none() | _SERIES)


def _made(number: int, singles: Mapping[str, Mapping[str, object]], series: Mapping[str, object] | None) -> str:
    stamp = f"{_DAY + timedelta(days=3 * number):%Y%m%dT%H%M%SZ}"
    events = [event("always", "20270101T090000Z", "ZZ", stamp=stamp)]
    for uid, has in singles.items():
        start = f"{_DAY + timedelta(days=has['at'], hours=2):%Y%m%dT%H%M%SZ}"  # type: ignore[arg-type]
        events.append(event(uid, start, str(has["title"]), *["CLASS:PRIVATE"][: bool(has["private"])], stamp=stamp))
    return calendar(*events, *_made_series(series, stamp))


def _made_series(series: Mapping[str, object] | None, stamp: str) -> list[str]:
    if series is None:
        return []
    first = datetime(2026, 11, 3, 9, tzinfo=UTC) + timedelta(days=series["shift"])  # type: ignore[arg-type]
    times = [f"{first + timedelta(weeks=week):%Y%m%dT%H%M%S}" for week in range(6)]
    out = [f"EXDATE;TZID=Europe/London:{times[week]}" for week in sorted(series["left_out"])]  # type: ignore[call-overload]
    events = [event("s", london(times[0]), "CY", "RRULE:FREQ=WEEKLY;COUNT=6", *out, stamp=stamp)]
    for week, days in series["moved"].items():  # type: ignore[attr-defined]
        if week not in series["left_out"]:  # type: ignore[operator]
            start = f"{first + timedelta(weeks=week, days=days):%Y%m%dT%H%M%S}"
            events.append(
                event("s", london(start), "CY", f"RECURRENCE-ID;TZID=Europe/London:{times[week]}", stamp=stamp)
            )
    return events


def _import_all(paths: Sequence[Path], folder: Path) -> Account:
    return import_files(source("ical"), paths, folder, now=None, clock=NOW, timezone=LONDON)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(downloads=st.lists(_DOWNLOAD, min_size=2, max_size=4), cuts=st.sets(st.integers(1, 3)))
def test_any_split_of_a_series_of_downloads_gives_the_same_tables(
    tmp_path: Path, downloads: list[tuple[dict[str, dict[str, object]], dict[str, object] | None]], cuts: set[int]
) -> None:
    for name in ("in", "together", "apart"):
        shutil.rmtree(tmp_path / name, ignore_errors=True)
    paths = save(tmp_path / "in", *(_made(number, *download) for number, download in enumerate(downloads)))
    _import_all(paths, tmp_path / "together")
    edges = [0, *sorted(cut for cut in cuts if cut < len(paths)), len(paths)]
    for start, stop in pairwise(edges):
        _import_all(paths[start:stop], tmp_path / "apart")

    def written(name: str) -> list[tuple[tuple[str, str], ...]]:
        return sorted(tuple(sorted(row.items())) for row in read_csv(tmp_path / name / "appointments.csv"))

    assert written("apart") == written("together")
    again = _import_all(paths, tmp_path / "apart")
    assert (again.added, again.updated) == (0, 0)
    assert written("apart") == written("together")
