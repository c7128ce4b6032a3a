"""Kills a site in the middle of saving, again and again, and looks whether anything that was acknowledged is gone.

    python -m tests.site.killing FOLDER ROUNDS SEED

Django is loaded once, and every check-in is made before the first round; each round forks a server, sends check-ins
from four sides, and kills the server with -9 at a random moment. Prints one line of JSON.
"""

from __future__ import annotations

import gc
import http.client
import json
import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from django.utils import timezone

from holdfast_site import start
from tests.site.conftest import DECIDED, appointment, client, links_to, person

SENDERS, EACH, LATEST = 4, 6, 0.08  # seconds after its first answer until the server is killed
PATIENCE = 20.0  # seconds, for a busy machine
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


def main(folder: Path, rounds: int, seed: int) -> dict[str, int]:
    """Do all rounds; what was acknowledged, what of it is lost."""
    start.make_site(folder, key_file=folder.with_name("master.key"), **DECIDED)
    start.get_django_ready(folder)
    start.bring_up_to_date()
    dice, acknowledged = random.Random(seed), []
    (first, *_), *links = checkins(1 + rounds)
    load_all(first)
    for its_own in links:
        acknowledged += one_round(its_own, dice)
    return {"acknowledged": len(acknowledged), "lost": lost(acknowledged), "broken": broken(folder)}


def checkins(rounds: int) -> list[list[str]]:
    """Links to some check-ins for each round, each time another client's."""
    from django.db import transaction

    with transaction.atomic():
        carl, now = person("carl"), timezone.now()
        return [links_to(appointment(client(f"c{number}"), carl, now), SENDERS * EACH, now) for number in range(rounds)]


def load_all(link: str) -> None:
    """Load whatever a server needs by answering one check-in here, so that no round waits for it after its fork."""
    from django.db import connections
    from django.test import Client

    for name in ("waitress", "holdfast_site.wsgi"):
        import_module(name)
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.get(f"/c/{link}")
    assert b"It is saved" in browser.post(f"/c/{link}", answered(str(uuid4()))).content
    connections.close_all()
    gc.freeze()  # what is loaded stays: no server looks through it, and copies it by looking


def one_round(links: list[str], dice: random.Random) -> list[str]:
    """Some check-ins, and a server that does not live long."""
    server, port = forked_server()
    done: list[str] = []
    with ThreadPoolExecutor(SENDERS + 1) as many:
        many.submit(kill_soon, server, done, dice.uniform(0.0, LATEST))
        for sender in range(SENDERS):
            many.submit(send, port, links[sender::SENDERS], done)
    os.waitpid(server, 0)
    return done


def kill_soon(server: int, done: list[str], later: float) -> None:
    """Kill the server a moment after its first answer."""
    until = time.monotonic() + PATIENCE
    while not done and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(later)
    os.kill(server, signal.SIGKILL)


def forked_server() -> tuple[int, int]:
    """A server in a process of its own, and its port."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        from django.conf import settings

        from holdfast_site.server import server

        made = server(settings.SITE_FOLDER, listen="127.0.0.1", port=0)
        os.write(writing, str(made.effective_port).encode())
        made.run()
        os._exit(0)
    port = int(os.read(reading, 10))
    os.close(reading), os.close(writing)
    return child, port


def send(port: int, links: list[str], done: list[str]) -> None:
    """Send one check-in after the other, until the server is gone. Thanked for counts as acknowledged."""
    try:
        for link in links:
            form = str(uuid4())
            wire = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            wire.request("POST", f"/c/{link}", urlencode(answered(form)), HEADERS)
            answer = wire.getresponse()
            if answer.status == 200 and b"It is saved" in answer.read():
                done.append(form)
            wire.close()
    except (OSError, http.client.HTTPException):
        return


def answered(form: str) -> dict[str, object]:
    """What is sent in."""
    return {"form": form, "pace": 1, "words": form}


def lost(acknowledged: list[str]) -> int:
    """How many of them are not there, or do not open to what was sent."""
    from holdfast_site.checkins.models import SealedBox
    from holdfast_site.checkins.selectors import opened

    boxes = SealedBox.objects.select_related("submission__invitation__appointment__client")
    kept = {str(opened(box, box.submission.invitation.appointment.client)["words"]) for box in boxes}
    return len(set(acknowledged) - kept)


def broken(folder: Path) -> int:
    """How much is wrong with the database and its audit."""
    return len(start.database_problems(folder))


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), *map(int, sys.argv[2:]))))
