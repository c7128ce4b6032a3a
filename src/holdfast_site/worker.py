"""What a site does by itself, in threads beside the requests: one sends, one looks for whom something waits,
one works out, one keeps the help page.

Each looks at the database for what is to be done and notes what it did, so it can be stopped or killed at any point
and goes on from there. There is no queue beside the tables: what is due follows from them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.utils import timezone

from holdfast_site import help_page
from holdfast_site.accounts.store import SessionStore
from holdfast_site.exchange.services import forget_old
from holdfast_site.messages import selectors, services
from holdfast_site.messages.models import Beat
from holdfast_site.messages.staff import queue_codes
from holdfast_site.messages.transports import Transport, transports
from holdfast_site.refreshing import refresh
from holdfast_site.waiting import Teller

SEND_EVERY, TELL_EVERY, LOOK_EVERY, HELP_EVERY, LAST_ROUND = 5.0, 60.0, 20.0, 60.0, 15.0  # seconds
BEAT_EVERY, REFRESH_EVERY = timedelta(seconds=30), timedelta(hours=1)


@dataclass
class Sender:
    """Queues what is due, sends what waits, and gives a sign of life."""

    channels: Mapping[str, Transport]
    clock: Callable[[], datetime]
    beat_at: datetime | None = None

    def turn(self, now: datetime) -> None:
        """Do one round."""
        services.queue_due(now, self.channels)
        services.queue_changed_ways(now)
        queue_codes(now)
        services.send_waiting(self.clock, self.channels)
        if self.beat_at is None or abs(now - self.beat_at) >= BEAT_EVERY:
            services.beat(now)
            self.beat_at = now


@dataclass
class Refresher:
    """Works the lists out, the model with them: when it begins, within a minute of a new answer, and every hour.

    Once a day the model's chances are judged first: flags are muted where they have been off here.
    """

    has_begun: bool = False

    def turn(self, now: datetime) -> None:
        """Do one round."""
        forget_old(now)
        last = Beat.objects.values_list("refreshed_at", flat=True).first()
        is_fresh = self.has_begun and last is not None and abs(now - last) < REFRESH_EVERY
        if last is not None and is_fresh and not selectors.has_news(last):
            return
        if refresh(now):
            services.note_refreshed(now)
        SessionStore.clear_expired()
        self.has_begun = True


@dataclass(frozen=True, slots=True)
class Running:
    """A worker at work."""

    stopped: threading.Event
    threads: Sequence[threading.Thread]

    def stop(self) -> None:
        """Let it finish its round, so that its folder can be cleared away. Elsewhere it may be killed at any point."""
        self.stopped.set()
        for thread in self.threads:
            thread.join(LAST_ROUND)


def start(folder: Path) -> Running:
    """Begin all of them, beside the requests."""
    stopped = threading.Event()
    turns = (
        ("send", Sender(transports(), timezone.now).turn, SEND_EVERY),
        ("tell", Teller(transports()).turn, TELL_EVERY),
        ("refresh", Refresher().turn, LOOK_EVERY),
        ("help", lambda _: help_page.keep(folder, settings.SITE), HELP_EVERY),
    )
    threads = [
        threading.Thread(target=_keep_doing, args=(turn, every, stopped), name=name, daemon=True)
        for name, turn, every in turns
    ]
    for thread in threads:
        thread.start()
    return Running(stopped, threads)


def _keep_doing(turn: Callable[[datetime], None], every: float, stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            turn(timezone.now())
        except Exception:  # whatever it was: a worker that stops is worse, and the banner shows one that gets nowhere
            logging.getLogger(__name__).exception("a round was not finished")
        finally:
            connections.close_all()
        stopped.wait(every)
