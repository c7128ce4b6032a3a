"""How long the therapist's pages take, and how often they ask the database, at a hundred times the demo's data.

    python -m benchmarks.site_pages            # a hundred demo practices in one, in a temporary folder
    python -m benchmarks.site_pages --times 10

One therapist treats sixty clients in it. The pages are asked for as a browser would, with signing in, audit and all,
on a database on disk; no server and no network is between. The middle of forty is held against 150 ms.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from holdfast_site import demo, start

MOST_MS = 150
CLIENTS = 60
ASKED = 40
BATCH = 5000
HOME = "T01"  # who has sixty


def main() -> int:
    """Make the practice, ask, and say whether it is quick enough."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=100, help="how many demo practices in one")
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory(prefix="holdfast-pages-") as made:
        began = time.perf_counter()
        _practice(Path(made), times)
        print(f"{_counts()}, made in {time.perf_counter() - began:.0f} s")
        measured = [_measured(name, ask) for name, ask in _pages()]
    for one in measured:
        print(one.words)
    return 0 if all(one.median <= MOST_MS for one in measured) else 1


@dataclass(frozen=True, slots=True)
class Measured:
    """One page."""

    name: str
    median: float  # on the clock
    processor: float
    queries: int
    size: int

    @property
    def words(self) -> str:
        return (
            f"{self.name:<14} {self.median:5.0f} ms on the clock, {self.processor:.0f} ms of the processor, "
            f"{self.queries} queries, {self.size / 1000:.0f} kB"
        )


def _measured(name: str, ask: Callable[[], Any]) -> Measured:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as asked:
        answer = ask()
    queries = len(asked)  # the next request clears the log
    assert answer.status_code == 200, answer.status_code
    clock, processor = zip(*(_milliseconds(ask) for _ in range(ASKED)), strict=True)
    return Measured(name, statistics.median(clock), statistics.median(processor), queries, len(answer.content))


def _milliseconds(ask: Callable[[], Any]) -> tuple[float, float]:
    clock, processor = time.perf_counter(), time.process_time()
    ask()
    return 1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - processor)


def _pages() -> Sequence[tuple[str, Callable[[], Any]]]:
    """Today, and the page of whichever of the sixty has come most often."""
    from django.db.models import Count
    from django.test import Client as Browser

    from holdfast_site.people.models import Client

    browser = Browser(SERVER_NAME="127.0.0.1")
    browser.post("/demo/therapist")
    own = Client.objects.filter(appointments__therapist=HOME).annotate(came=Count("appointments"))
    longest = own.order_by("-came", "pk")[0]
    return [
        ("Today", lambda: browser.get("/today/")),
        ("client page", lambda: browser.get(f"/today/client/{longest.pk}")),
    ]


def _counts() -> str:
    from holdfast_site.checkins.models import Invitation
    from holdfast_site.people.models import Appointment, Client

    counted = ((Client, "clients"), (Appointment, "appointments"), (Invitation, "check-ins"))
    return ", ".join(f"{model.objects.count():,} {name}" for model, name in counted)


# --- the practice -----------------------------------------------------------------------------------


def _practice(home: Path, times: int) -> None:
    demo.make(home)
    from django.db import transaction
    from django.utils import timezone

    from holdfast_site.accounts.models import Post
    from holdfast_site.people.models import Therapist

    start.bring_up_to_date()
    with transaction.atomic():
        for number in range(1, times):
            _Copy(number).make()
        Post.objects.filter(role="therapist").update(therapist=Therapist.objects.get(pk=HOME))
        _give_sixty(timezone.now())


@dataclass(frozen=True, slots=True)
class _Copy:
    """One more demo practice beside the first, with its own ids and keys."""

    number: int

    def id(self, name: str) -> str:
        return f"{name}-{self.number}"

    def make(self) -> None:
        from holdfast_site.caseload.models import Course, Overdue
        from holdfast_site.people.models import Ending, Pause, Therapist

        Therapist.objects.bulk_create(self._moved(Therapist.objects.exclude(pk__contains="-")))
        keys = self._clients()
        self._checkins(keys, self._appointments())
        self._repairs(keys)
        for model in (Ending, Pause, Course, Overdue):
            model.objects.bulk_create(self._moved(model.objects.exclude(client__pk__contains="-")), BATCH)

    def _moved(self, rows: Iterable[Any]) -> list[Any]:
        """The same rows for the copies of the same people."""
        found = []
        for row in rows:
            if hasattr(row, "client_id"):
                row.client_id, row.therapist_id, row.pk = self.id(row.client_id), self.id(row.therapist_id), None
            else:
                row.pk = self.id(row.pk)
            found.append(row)
        return found

    def _clients(self) -> dict[str, tuple[Any, Any]]:
        """Keys of each client: the first one's, and the copy's own."""
        from django.conf import settings

        from holdfast_site.people.models import Client
        from holdfast_site.people.wishes import sealed, wishes_of

        found = {}
        copies = []
        for one in Client.objects.exclude(pk__contains="-"):
            pk = self.id(one.pk)
            copy = Client(pk=pk, wrapped_key=settings.VAULT.new_client_key(pk))
            copy.sealed_wishes = sealed(copy, wishes_of(one))
            copies.append(copy)
            found[one.pk] = (
                settings.VAULT.client_box(one.pk, one.wrapped_key),
                settings.VAULT.client_box(pk, copy.wrapped_key),
            )
        Client.objects.bulk_create(copies)
        return found

    def _appointments(self) -> dict[tuple[str, str], Any]:
        from holdfast_site.people.models import Appointment

        rows = self._moved(Appointment.objects.exclude(client__pk__contains="-"))
        return {(one.appointment_id, one.client_id): one for one in Appointment.objects.bulk_create(rows, BATCH)}

    def _checkins(self, keys: dict[str, tuple[Any, Any]], appointments: dict[tuple[str, str], Any]) -> None:
        from holdfast_site.checkins.models import Invitation, SealedBox, Submission

        first = Invitation.objects.exclude(appointment__client__pk__contains="-").select_related(
            "appointment", "submission"
        )
        invitations, submissions, boxes = [], [], []
        for one in first.prefetch_related("submission__boxes"):
            about = appointments[one.appointment.appointment_id, self.id(one.appointment.client_id)]
            copy = Invitation(
                appointment=about,
                link=secrets.token_bytes(32),
                sent_at=one.sent_at,
                expires_at=one.expires_at,
                version=one.version,
                rotating=one.rotating,
            )
            invitations.append(copy)
            if hasattr(one, "submission"):
                answered = Submission(invitation=copy, form=uuid4(), answered_at=one.submission.answered_at)
                submissions.append(answered)
                theirs, own = keys[one.appointment.client_id]
                boxes += [
                    (answered, box.audience, theirs.open(box.sealed, place=box.place), own)
                    for box in one.submission.boxes.all()
                ]
        Invitation.objects.bulk_create(invitations, BATCH)
        Submission.objects.bulk_create(submissions, BATCH)
        sealed = []
        for answered, audience, plain, own in boxes:
            box = SealedBox(submission=answered, audience=audience)
            box.sealed = own.seal(plain, place=box.place)
            sealed.append(box)
        SealedBox.objects.bulk_create(sealed, BATCH)

    def _repairs(self, keys: dict[str, tuple[Any, Any]]) -> None:
        from holdfast_site.caseload.models import Repair

        copies = []
        for one in Repair.objects.exclude(client__pk__contains="-"):
            theirs, own = keys[one.client_id]
            plain = theirs.open(one.sealed, place=one.place)
            (copy,) = self._moved([one])
            copy.form = uuid4()
            copy.sealed = own.seal(plain, place=copy.place)
            copies.append(copy)
        Repair.objects.bulk_create(copies)


def _give_sixty(now: Any) -> None:
    """Sixty clients who are in treatment now, each with an appointment this week, go to one therapist."""
    from datetime import timedelta

    from holdfast_site.caseload.models import Course, Overdue
    from holdfast_site.people.models import Appointment, Ending, Pause

    lately = Appointment.objects.filter(status="attended", starts_at__gt=now - timedelta(days=60))
    chosen = list(lately.order_by("client").values_list("client", flat=True).distinct()[:CLIENTS])
    for model in (Appointment, Ending, Pause):
        model.objects.filter(client__in=chosen).update(therapist=HOME)
    for model in (Course, Overdue):
        model.objects.filter(client__in=chosen).delete()
    Course.objects.bulk_create(
        Course(client_id=one, therapist_id=HOME, rhythm_days=7.0, rhythm_is_own=True) for one in chosen
    )
    Appointment.objects.bulk_create(
        Appointment(
            appointment_id=f"next-{one}",
            client_id=one,
            therapist_id=HOME,
            starts_at=now + timedelta(days=1, minutes=number),
            status="booked",
        )
        for number, one in enumerate(chosen)
    )


if __name__ == "__main__":
    raise SystemExit(main())
