"""How many check-ins a site saves in a second, beside what the database alone can put on this disk.

    python -m benchmarks.site_load [--senders 50] [--each 40]

A real server in a process of its own, real forms over real connections, everything that safety rule 17 wants. The
comparison in the same run, with the same settings: one row a transaction, straight into SQLite, from one process. It
ends with 1 if it was slower than a practice of any size may be.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import sqlite3
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
DECIDED = {
    "name": "Load",
    "timezone": "Europe/London",
    "reading_hours": "Monday to Friday, 9 to 5",
    "crisis_numbers": [{"name": "Emergency", "number": "999"}],
}
ROWS = 500
LEAST_A_SECOND, MOST_SECONDS = 100, {"wal": 0.75, "persist": 1.5}


def main() -> int:
    """Measure both, print them, and say whether it is quick enough."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--senders", type=int, default=50)
    asked.add_argument("--each", type=int, default=40)
    told = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as home:  # a real disk: /tmp may be memory
        alone = rows_alone(Path(home))
        made = get_context("spawn").Queue()
        server = get_context("spawn").Process(target=serve, args=(Path(home), told.senders * told.each, made))
        server.start()
        port, links = _told(made, server)
        took, times, failures = send_all(port, links, told.senders)
        os.kill(server.pid or 0, signal.SIGKILL)
    times.sort()
    print(f"{len(times) / took:.0f} check-ins a second from {told.senders} senders at once, {failures} failures")
    within = times[len(times) * 99 // 100]
    print(f"half within {statistics.median(times) * 1000:.0f} ms, 99 of 100 within {within * 1000:.0f} ms")
    print(f"the database alone: {alone:.0f} rows a second, one transaction each")
    quick = len(times) / took >= LEAST_A_SECOND and within <= most_seconds() and not failures
    print("quick enough" if quick else f"wanted: {LEAST_A_SECOND} a second, {most_seconds()} s, no failure")
    return 0 if quick else 1


def most_seconds() -> float:
    """Within how long 99 of 100 have to be saved: by the journal that is safe with this SQLite."""
    from holdfast_site.sqlite import wanted

    return MOST_SECONDS[str(wanted()["journal_mode"])]


def _told(made: Any, server: Any) -> Any:
    """What the server says once it is ready; or an end, if it is gone before."""
    while server.is_alive():
        with suppress(Empty):
            return made.get(timeout=1)
    raise SystemExit("The server did not start: see above. This wants an environment with the site in it.")


def rows_alone(home: Path) -> float:
    """Rows a second, each in a transaction of its own, with the site's settings."""
    from holdfast_site.sqlite import wanted

    connection = sqlite3.connect(home / "alone.sqlite3", isolation_level=None)
    for name, value in wanted().items():
        connection.execute(f"PRAGMA {name}={value}")
    connection.execute("CREATE TABLE one (id INTEGER PRIMARY KEY, what BLOB)")
    began = time.perf_counter()
    for _ in range(ROWS):
        connection.execute("INSERT INTO one (what) VALUES (?)", (os.urandom(300),))
    return ROWS / (time.perf_counter() - began)


def serve(home: Path, count: int, made: object) -> None:
    """Make a site with so many check-ins to answer, tell the port and the links, and serve until killed."""
    from holdfast_site import start

    folder = home / "practice"
    start.make_site(folder, key_file=home / "master.key", **DECIDED)
    start.get_django_ready(folder)
    start.bring_up_to_date()
    from django.db import connections, transaction
    from django.utils import timezone

    from holdfast_site.access.actors import ANYONE
    from holdfast_site.checkins.services import invite
    from holdfast_site.people.models import Appointment, Therapist
    from holdfast_site.people.services import add_client
    from holdfast_site.server import server

    now, who = timezone.now(), Therapist.objects.create(pk="t")
    with transaction.atomic():
        about = [
            Appointment.objects.create(
                appointment_id=f"a{n}", client=add_client(f"c{n}"), therapist=who, starts_at=now, status="attended"
            )
            for n in range(count)
        ]
        links = [invite(by=ANYONE, appointment=one, now=now)[1] for one in about]
    connections.close_all()
    ready = server(folder, listen="127.0.0.1", port=0)
    made.put((ready.effective_port, links))  # type: ignore[attr-defined]
    ready.run()


def send_all(port: int, links: list[str], senders: int) -> tuple[float, list[float], int]:
    """Send every check-in in; how long all took, each, and how many failed."""
    began = time.perf_counter()
    with ThreadPoolExecutor(senders) as many:
        done = list(chain.from_iterable(many.map(lambda n: send(port, links[n::senders]), range(senders))))
    return time.perf_counter() - began, [took for took, right in done if right], sum(not right for _, right in done)


def send(port: int, links: list[str]) -> list[tuple[float, bool]]:
    """One sender's check-ins, one after the other on one connection."""
    wire, done = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
    for link in links:
        form = {"form": str(uuid4()), "understood": 7, "pace": 1, "approach": 0, "worth_it": 8, "words": "x" * 80}
        began = time.perf_counter()
        wire.request("POST", f"/c/{link}", urlencode(form), HEADERS)
        answer = wire.getresponse()
        done.append((time.perf_counter() - began, answer.status == 200 and b"It is saved" in answer.read()))
    return done


if __name__ == "__main__":
    raise SystemExit(main())
