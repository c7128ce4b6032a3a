"""Comparing the downloads of one calendar: what vanished, what moved, what was marked.

A calendar tells of a cancellation only by no longer showing the meeting. So each download is
laid on what is known from those before it, and what is known is exactly the rows in the
tables and the moment of the last download: imported one by one or together, the downloads
of a calendar give the same tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from holdfast.errors import SourceError
from holdfast.tables.moments import When, from_iso
from holdfast.tables.schema import Certainty, InitiatedBy, Status
from holdfast.tables.sources.ical_events import Events, Meeting, Outcome
from holdfast.tables.sources.source import Context, Row, appointment, not_marked
from holdfast.words import Words

GONE = "no longer in the calendar"
MOVED = "moved in the calendar"
NEAR = timedelta(days=7)  # one of a series that turns up this near to one that vanished is the same one, moved
_OPEN = (Status.BOOKED, Status.UNKNOWN)

Slot = tuple[str, datetime]  # whose, and when in UTC
Fresh = dict[tuple[str, str], list[datetime]]  # new starts, by UID and client


@dataclass(slots=True)
class Diary:
    """One calendar as its downloads so far make it: a row for every meeting that ever stood in it."""

    therapist: str
    context: Context
    seen: datetime | None = None  # the last download
    rows: dict[str, dict[Slot, Row]] = field(default_factory=dict)  # by UID
    touched: dict[tuple[str, str], Row] = field(default_factory=dict)  # by key: what this import says something about
    gone: int = 0  # called off, as far as their absence tells
    older: int = 0  # downloads older than the last one known
    downloads: int = 0  # compared so far, the one before this import included


@dataclass(frozen=True, slots=True)
class Download:
    name: str
    moment: datetime
    events: Events


def known_diary(
    therapist: str, context: Context, rows: Iterable[Mapping[str, str | None]], seen: datetime | None
) -> Diary:
    """The diary as the folder's tables hold it.

    Raises
    ------
    SourceError
        If a time in the folder's own table cannot be read.
    """
    diary = Diary(therapist, context, seen, downloads=int(seen is not None))
    for row in rows:
        filled = {key: value or "" for key, value in row.items()}
        try:
            starts = from_iso(filled["starts_at"], context.timezone)
        except ValueError as error:
            raise SourceError(
                Words(
                    "The folder's own table has {found} as the start of {id}. Correct it there, then import again.",
                    found=repr(filled["starts_at"]),
                    id=filled["appointment_id"],
                )
            ) from error
        diary.rows.setdefault(_uid(filled["appointment_id"]), {})[_slot(filled["client_id"], starts)] = filled
    return diary


def _uid(id: str) -> str:
    """The UID in an appointment's id, which may have its first start after it."""
    head, bar, stamp = id.rpartition("|")
    is_stamp = bar and len(stamp) == 15 and stamp[8] == "T" and (stamp[:8] + stamp[9:]).isdigit()
    return head if is_stamp else id


def _slot(client: str, starts: When) -> Slot:
    return client, (starts.instant or datetime.combine(starts.day, datetime.min.time(), UTC)).astimezone(UTC)


def compare(diary: Diary, download: Download) -> None:
    """Lay one download on what is known."""
    diary.downloads += 1
    if diary.seen is not None and download.moment < diary.seen:
        _add_from_older(diary, download)
        return
    there: dict[str, dict[Slot, Meeting]] = {}
    for meeting in download.events.meetings:
        meeting_of = _known_client(diary, meeting)
        there.setdefault(meeting.uid, {})[_slot(meeting_of, meeting.starts)] = meeting
    fresh = _show(diary, download, there)
    _add_moved_from(diary, there)
    _let_go(diary, download, there, fresh)
    diary.seen = download.moment


def _known_client(diary: Diary, meeting: Meeting) -> str:
    """The id that this event's client has already: an invitation added later does not make him another."""
    known = {client for client, _ in diary.rows.get(meeting.uid, {})}
    if meeting.client in known or len(known) != 1:
        return meeting.client
    (before,) = known
    return before if ("@" in before) != ("@" in meeting.client) else meeting.client


def _show(diary: Diary, download: Download, there: Mapping[str, Mapping[Slot, Meeting]]) -> Fresh:
    """Bring in what the download shows. Returns the starts at which nothing stood before."""
    fresh: Fresh = {}
    for uid, meetings in there.items():
        rows = diary.rows.setdefault(uid, {})
        was_known = bool(rows)
        for slot, meeting in meetings.items():
            if slot in rows:
                if _show_again(diary, download, rows[slot], meeting):
                    fresh.setdefault((uid, slot[0]), []).append(slot[1])
            elif (old := _corrected(diary, download, rows, meetings, slot)) is not None:
                row = rows[slot] = rows.pop(old)
                row["starts_at"] = meeting.starts.text()
                _set(diary, row, _outcome(diary, meeting), meeting.word)
            elif not (meeting.repeats and was_known and _is_past(slot, diary.seen)):
                rows[slot] = _new(diary, rows, slot, meeting, _outcome(diary, meeting), meeting.word)
                fresh.setdefault((uid, slot[0]), []).append(slot[1])
    return fresh


def _show_again(diary: Diary, download: Download, row: Row, meeting: Meeting) -> bool:
    """Bring a known meeting up to date; say whether it had been called off, and stands again.

    What comes back only after its start stays called off: nobody was expected then.
    """
    was_off = row.get("source_status") in (GONE, MOVED)
    if was_off and meeting.outcome is None and meeting.starts.is_before(download.moment):
        return False
    _set(diary, row, _outcome(diary, meeting), meeting.word)
    return was_off


def _corrected(
    diary: Diary, download: Download, rows: Mapping[Slot, Row], shown: Mapping[Slot, Meeting], slot: Slot
) -> Slot | None:
    """The past meeting whose time was put right afterwards: both times are over, so nothing was rescheduled."""
    meeting = shown[slot]
    if slot[1] > download.moment or (meeting.repeats and meeting.moved_from is None):
        return None
    candidates = [
        old
        for old, row in rows.items()
        if old[0] == slot[0] and old not in shown and row["status"] in _OPEN and _is_past(old, diary.seen)
    ]
    if meeting.moved_from is not None:
        original = _slot(slot[0], meeting.moved_from)
        return original if original in candidates else None
    return max(candidates, default=None)


def _add_moved_from(diary: Diary, there: Mapping[str, Mapping[Slot, Meeting]]) -> None:
    """One of a series that was moved before it was ever seen: its old time is known from the series."""
    for uid, meetings in there.items():
        rows = diary.rows[uid]
        for slot, meeting in meetings.items():
            if meeting.moved_from is None or slot not in rows:
                continue
            original = _slot(slot[0], meeting.moved_from)
            if original not in rows and original not in meetings and not _is_past(original, diary.seen):
                outcome = (Status.RESCHEDULED, Certainty.RECORDED, InitiatedBy.UNKNOWN)
                rows[original] = _row(
                    diary, meeting, _stamped(diary, uid, original), slot[0], meeting.moved_from, outcome, MOVED
                )


def _let_go(
    diary: Diary,
    download: Download,
    there: Mapping[str, Mapping[Slot, Meeting]],
    fresh: Fresh,
) -> None:
    """Decide about every open meeting that the download no longer shows."""
    for uid, slot, row in _missing(diary, there):
        stood_after_start = _is_past(slot, diary.seen if diary.seen is not None else download.moment)
        if uid in download.events.hidden or stood_after_start:
            continue
        repeats = any(meeting.repeats for meeting in there.get(uid, {}).values())
        if any(not repeats or abs(start - slot[1]) < NEAR for start in fresh.get((uid, slot[0]), [])):
            _set(diary, row, (Status.RESCHEDULED, Certainty.RECORDED, InitiatedBy.UNKNOWN), MOVED)
        else:
            diary.gone += 1
            _set(diary, row, (Status.CANCELLED, Certainty.INFERRED, InitiatedBy.UNKNOWN), GONE)


def _missing(diary: Diary, there: Mapping[str, Mapping[Slot, Meeting]]) -> Iterator[tuple[str, Slot, Row]]:
    for uid, rows in diary.rows.items():
        for slot, row in rows.items():
            if slot not in there.get(uid, {}) and row["status"] in _OPEN:
                yield uid, slot, row


def _add_from_older(diary: Diary, download: Download) -> None:
    """From a download older than one that is known, take only what is not known: by then it was gone."""
    diary.older += 1
    for meeting in download.events.meetings:
        rows = diary.rows.setdefault(meeting.uid, {})
        slot = _slot(_known_client(diary, meeting), meeting.starts)
        if slot in rows or _is_known_otherwise(diary, download, rows, meeting, slot):
            continue
        outcome, word = _outcome(diary, meeting), meeting.word
        if meeting.outcome is None and slot[1] > download.moment:
            moved = any(
                client == slot[0] and (not meeting.repeats or abs(start - slot[1]) < NEAR) for client, start in rows
            )
            outcome = (
                (Status.RESCHEDULED, Certainty.RECORDED, InitiatedBy.UNKNOWN)
                if moved
                else (Status.CANCELLED, Certainty.INFERRED, InitiatedBy.UNKNOWN)
            )
            word = MOVED if moved else GONE
        rows[slot] = _new(diary, rows, slot, meeting, outcome, word)


def _is_known_otherwise(
    diary: Diary, download: Download, rows: Mapping[Slot, Row], meeting: Meeting, slot: Slot
) -> bool:
    """Say whether a past meeting may be known under another time: put right since, or its series was changed."""
    if slot[1] > download.moment:
        return False
    if meeting.repeats:
        return bool(rows)
    return any(client == slot[0] and _is_past((client, start), diary.seen) for client, start in rows)


def settle(diary: Diary) -> None:
    """Put down what nobody marked and is past by now, also where no download said anything about it."""
    for rows in diary.rows.values():
        for (_, start), row in rows.items():
            if row["status"] == Status.BOOKED and start < diary.context.now:
                _set(diary, row, (Status.UNKNOWN, Certainty.NOT_UPDATED, None), row.get("source_status", ""))


def _is_past(slot: Slot, moment: datetime | None) -> bool:
    return moment is not None and slot[1] <= moment


def _outcome(diary: Diary, meeting: Meeting) -> Outcome:
    return meeting.outcome or (*not_marked(meeting.starts, diary.context), None)


def _set(diary: Diary, row: Row, outcome: Outcome, word: str) -> None:
    status, certainty, by = outcome
    row.update(status=status, certainty=certainty, initiated_by=by or "", source_status=word)
    diary.touched[row["appointment_id"], row["client_id"]] = row


def _new(diary: Diary, rows: Mapping[Slot, Row], slot: Slot, meeting: Meeting, outcome: Outcome, word: str) -> Row:
    taken = any(row["appointment_id"] == meeting.uid and start != slot[1] for (_, start), row in rows.items())
    id = _stamped(diary, meeting.uid, slot) if meeting.repeats or taken else meeting.uid
    return _row(diary, meeting, id, slot[0], meeting.starts, outcome, word)


def _stamped(diary: Diary, uid: str, slot: Slot) -> str:
    return f"{uid}|{slot[1].astimezone(diary.context.timezone):%Y%m%dT%H%M%S}"


def _row(diary: Diary, meeting: Meeting, id: str, client: str, starts: When, outcome: Outcome, word: str) -> Row:
    status, certainty, by = outcome
    first_booking = id == meeting.uid or (meeting.repeats and meeting.moved_from is None)
    row = appointment(
        id=id,
        client=client,
        therapist=diary.therapist,
        starts=starts,
        status=status,
        certainty=certainty,
        by=by,
        booked=meeting.booked if first_booking else None,
        source_status=word,
    )
    diary.touched[id, client] = row
    return row
