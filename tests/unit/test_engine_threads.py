"""Two threads that ask the embedded engine at once leave the process's options as they were."""

from __future__ import annotations

import threading

import ibis
import pytest

from holdfast import engine


@pytest.fixture(name="slow")
def _slow(monkeypatch):
    """Putting a question waits, so that a second one comes while the first is under way."""
    real, inside, go_on = ibis.duckdb.compile, threading.Semaphore(0), threading.Event()

    def compile_slowly(expression):
        inside.release()
        go_on.wait(5)
        return real(expression)

    monkeypatch.setattr(ibis.duckdb, "compile", compile_slowly)
    return inside, go_on


def test_questions_put_at_once_leave_the_option_as_it_was(slow):
    inside, go_on = slow
    before, said = ibis.options.sql.fuse_selects, []
    questions = [ibis.table({"a": "int64"}, name=f"question_{number}").op() for number in range(2)]
    threads = [threading.Thread(target=lambda one=one: said.append(engine._in_sql(one))) for one in questions]
    for thread in threads:
        thread.start()
    assert inside.acquire(timeout=5)
    assert not inside.acquire(timeout=0.2)  # the second waits until the first has put the option back
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert len(said) == 2
    assert ibis.options.sql.fuse_selects is before
