"""The worker killed with -9 between each two of its steps: nothing is lost, and nothing goes out twice unmarked.

Each round forks a worker that kills itself before or after one step, then lets another go on five minutes later.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from datetime import timedelta

import pytest

from tests.site.conftest import appointment
from tests.site.messages.test_sending import _mail, _past, card, messages, turn

__all__ = ("_mail", "_past")

STEPS = [
    ("services", "_queue"), ("services", "send_waiting"), ("services", "_outgoing"), ("services", "_note_sent"),
    ("services", "beat"), ("services", "invite"), ("services", "record"),
]  # fmt: skip


def killed_at(step, where, now):
    """A worker in a process of its own that is killed before or after a step."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            from holdfast_site.messages import services

            original = getattr(services, step)

            def dies(*arguments, **named):
                if where == "after":
                    original(*arguments, **named)
                os.kill(os.getpid(), signal.SIGKILL)

            setattr(services, step, dies)
            turn(now)
        finally:
            os._exit(7)  # the step was not reached
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot fork a worker")
@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("step", [name for _, name in STEPS])
def test_killed_anywhere_it_goes_on_from_there(cast, mail, past, now, step, where):
    card(cast.eli, now, email="eli@zanzibar.example")
    appointment(cast.eli, cast.ben, now - timedelta(hours=6))
    assert killed_at(step, where, now) == -signal.SIGKILL
    for minutes in (1, 6, 7):
        turn(now + timedelta(minutes=minutes))
    by_mark = Counter(mail_["Message-ID"] for mail_ in mail.got)
    assert {mail_["To"] for mail_ in mail.got} == {"dan@zanzibar.example", "eli@zanzibar.example"}
    assert len(by_mark) == 2
    assert sum(by_mark.values()) <= 3  # at most the one that was on its way, under its own mark again
    assert [message.state for message in messages()] == ["sent", "sent"]
    assert all(bytes(message.sealed) == b"" for message in messages())
    again = sum(by_mark.values()) - 2
    assert again == 0 or any(message.maybe_sent for message in messages())
