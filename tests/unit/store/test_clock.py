"""Test the shared clock: corrected without making any caller wait."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from tests.support.eventually import eventually
from tests.support.thread_start_failure import no_thread_once
from tests.unit.store.rows import KEY, add, admit, in_threads, noticed, onboarding, written
from webapp.store.clock import SharedClock
from webapp.store.column_types import Cipher
from webapp.store.engine import make_engine
from webapp.store.errors import DatabaseUnavailable
from webapp.store.unit_of_work import Database, UnitOfWork

pytestmark = pytest.mark.parametrize("kind", ["postgresql"])
#: The size of a process's pool.
CONNECTIONS = 10
CLOSE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def always_due(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make a comparison due at every call."""
    monkeypatch.setattr("webapp.store.clock.COMPARE_SECONDS", 0.0)
    yield
    eventually(lambda: not [each for each in threading.enumerate() if each.name == "clock"])


@contextmanager
def all_taken(engine: Engine) -> Iterator[None]:
    with ExitStack() as taken:
        for _ in range(CONNECTIONS):
            taken.enter_context(engine.connect())
        yield


def utc_now() -> datetime:
    return datetime.now(UTC)


def test_clock_with_an_exhausted_pool_is_corrected(engine: Engine):
    wrong = timedelta(0)
    clock = SharedClock(engine, lambda: utc_now() + wrong)
    with all_taken(engine):
        wrong = timedelta(minutes=10)
        eventually(lambda: abs(clock() - utc_now()) < CLOSE, seconds=30)


def test_clock_during_a_comparison_returns_at_once(engine: Engine):
    mine, comparing, go_on = threading.current_thread(), threading.Event(), threading.Event()

    def own() -> datetime:
        if threading.current_thread() is not mine:
            comparing.set()
            go_on.wait(30)
        return utc_now()

    clock = SharedClock(engine, own)
    clock()
    eventually(comparing.is_set, seconds=30)
    assert abs(clock() - utc_now()) < CLOSE
    assert not go_on.is_set()
    go_on.set()


def test_clock_without_a_free_thread_returns_the_time(engine, monkeypatch):
    clock = SharedClock(engine, utc_now)
    no_thread_once(monkeypatch)
    assert abs(clock() - utc_now()) < CLOSE


def test_clock_inside_a_contended_transaction_does_not_deadlock(engine: Engine, database: Database):
    """Twelve transactions with all connections wait for the row that the caller has locked."""
    row = add(database, onboarding(admit(database)))
    clock = SharedClock(engine, utc_now)
    held = threading.Event()

    def owner(work: UnitOfWork) -> None:
        work.onboardings.schedule_poll(row.id, None, "quiet", 1)
        held.set()
        eventually(lambda: engine.pool.checkedout() == CONNECTIONS)  # type: ignore[attr-defined]
        clock()

    def other(work: UnitOfWork) -> None:
        work.onboardings.schedule_poll(row.id, None, "quiet", 1)
        clock()

    first = threading.Thread(target=written, args=(database, owner))
    first.start()
    assert held.wait(30)
    assert in_threads(12, lambda: written(database, other)) == [None] * 12
    first.join(30)
    assert noticed(database, row.id)


def test_pool_timeout_is_shorter_than_the_wait_of_a_notice(address: str):
    """Half of the time limit of a notice: 5 of 10 seconds."""
    engine = make_engine(address, wait_seconds=0.2)
    database = Database(engine, Cipher([KEY]))
    before = time.monotonic()
    with all_taken(engine), pytest.raises(DatabaseUnavailable), database.reading():
        pass
    assert time.monotonic() - before < 15
    engine.dispose()
