"""Test the group commit of notices: one transaction, one result for each notice."""

import sqlite3
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from tests.support.eventually import eventually
from tests.support.thread_start_failure import no_thread_once
from tests.unit.store.rows import (
    NOW,
    add,
    admit,
    in_threads,
    new_notice,
    noticed,
    onboarding,
    stored,
)
from webapp.store.errors import DatabaseUnavailable
from webapp.store.notice_writer import NewNotice, NoticeWriter
from webapp.store.unit_of_work import Database

COUNT = 24


@pytest.fixture
def commits(database: Database) -> list[int]:
    """Record an entry for each commit."""
    found: list[int] = []
    event.listen(database.engine, "commit", lambda _connection: found.append(1))
    return found


@pytest.fixture
def held(database: Database) -> Iterator[threading.Event]:
    """Hold the first commit until this is set, so that notices queue up."""
    go_on = threading.Event()
    event.listen(database.engine, "commit", lambda _connection: go_on.wait(30) and None)
    yield go_on
    go_on.set()


def stored_in_one_batch(
    database: Database, commits: list[int], held: threading.Event, notices: list[NewNotice]
) -> list[Any]:
    """Store another notice, and these while its commit is held; return what each got."""
    queued: list[int] = []
    database.request_id = lambda: queued.append(1)  # each notice asks for it
    writer, waiting = NoticeWriter(database), iter(notices)

    def release_when_all_wait() -> None:
        eventually(lambda: len(queued) > len(notices))
        held.set()

    first = threading.Thread(target=writer.store, args=(new_notice(),))
    first.start()
    eventually(lambda: commits)
    release = threading.Thread(target=release_when_all_wait)
    release.start()
    answers = in_threads(len(notices), lambda: writer.store(next(waiting)))
    first.join(30)
    release.join(30)
    return answers


def events(database: Database, id_: str) -> list[str]:
    with database.reading() as work:
        return [
            f"{line.actor} {line.event} {line.detail['word']}" for line in work.timeline.of(id_)
        ]


def test_store_waiting_notices_commits_once(database: Database, commits, held):
    answers = stored_in_one_batch(database, commits, held, [new_notice() for _ in range(COUNT)])
    assert answers == [True] * COUNT
    assert len(commits) == 2


def test_store_same_notice_twice_in_a_batch_is_new_once(database: Database, commits, held):
    id_ = str(uuid.uuid4())
    answers = stored_in_one_batch(database, commits, held, [new_notice(id_)] * 8)
    assert sorted(answers) == [*[False] * 7, True]
    with database.reading() as work:
        assert [notice.times for notice in work.inbox.unsettled(id_)] == [8]
    assert events(database, id_) == ["gateway notice VERIFIED"] * 8


def test_store_schedules_a_poll_of_its_onboarding_only(database: Database):
    adas = add(
        database, onboarding(admit(database), poll_count=3, next_poll_at=NOW + timedelta(days=1))
    )
    bens = add(database, onboarding(admit(database, "ben"), next_poll_at=NOW + timedelta(days=1)))
    assert noticed(database, adas.id, "PENDING_VERIFICATION")
    row = stored(database, adas)
    assert (row.next_poll_at, row.poll_reason, row.poll_count) == (NOW, "notice", 0)
    assert row.version == adas.version
    assert stored(database, bens) == bens


def test_store_repeat_of_a_confirmed_notice_schedules_no_poll(database: Database):
    row = add(database, onboarding(admit(database)))
    noticed(database, row.id)
    with database.writing() as work:
        work.inbox.settle([notice.id for notice in work.inbox.unsettled(row.id)], "agreed", NOW)
        work.onboardings.schedule_poll(row.id, None, "quiet", 1)
    assert not noticed(database, row.id)
    assert stored(database, row).next_poll_at is None
    assert len(events(database, row.id)) == 1
    noticed(database, row.id, "VIDEO_AVAILABLE")
    assert not noticed(database, row.id)
    assert stored(database, row).next_poll_at == NOW
    assert len(events(database, row.id)) == 3


def test_store_invalid_notice_in_a_batch_fails_alone(database: Database, commits, held):
    """The endpoint refuses such notices; the writer must survive one all the same."""
    words: list[Any] = ["VERIFIED", None, "VERIFIED", "PENDING"]
    notices = [new_notice(word=word) for word in words]
    answers = stored_in_one_batch(database, commits, held, notices)
    (failed,) = [each for each in answers if each is not True]
    assert isinstance(failed, Exception)
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM inbox")) == 4


def broken_at_the_commit(connection: Connection) -> None:
    raise sqlite3.OperationalError("disk I/O error")


def test_store_with_a_failing_commit_raises_for_all(database: Database):
    writer = NoticeWriter(database)
    store = lambda: writer.store(new_notice())  # noqa: E731
    event.listen(database.engine, "commit", broken_at_the_commit)
    assert all(isinstance(each, Exception) for each in in_threads(4, store))
    event.remove(database.engine, "commit", broken_at_the_commit)
    with database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM inbox")) == 0
    assert store() is True, "the writer still works"


@pytest.mark.parametrize("kind", ["sqlite"])
def test_store_on_a_full_disk_raises_not_writable(database: Database):
    def full(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count=1")  # the file cannot grow

    event.listen(database.engine, "begin", full)
    with pytest.raises(DatabaseUnavailable):
        noticed(database, str(uuid.uuid4()), body=b"x" * 60_000)
    event.remove(database.engine, "begin", full)
    assert noticed(database, str(uuid.uuid4()))


@pytest.mark.parametrize("kind", ["postgresql"])
def test_store_by_several_writers_in_any_order_does_not_deadlock(database: Database):
    """A repeat locks its row until the commit, so all writers must lock in the same order."""
    rows = [add(database, onboarding(admit(database, f"person {number}"))) for number in range(12)]
    for row in rows:
        noticed(database, row.id)
    numbers = iter(range(6))

    def burst() -> None:
        """Store the same notices in another order with another writer, like another process."""
        writer, first = NoticeWriter(database), next(numbers) * 2
        for _ in range(5):
            order = iter(rows[first:] + rows[:first])
            store = lambda order=order: writer.store(new_notice(next(order).id))  # noqa: E731
            assert in_threads(12, store) == [False] * 12

    assert in_threads(6, burst) == [None] * 6
    with database.reading() as work:
        times = [notice.times for row in rows for notice in work.inbox.unsettled(row.id)]
    assert times == [31] * 12


def test_writer_thread_without_notices_ends(database: Database, monkeypatch):
    monkeypatch.setattr("webapp.store.notice_writer.IDLE_SECONDS", 0.05)
    writer = NoticeWriter(database)
    for _ in range(2):
        assert writer.store(new_notice())
        eventually(lambda: writer._thread is None)


def test_store_without_a_free_thread_fails_one_notice_only(database: Database, monkeypatch):
    writer, first = NoticeWriter(database), str(uuid.uuid4())
    no_thread_once(monkeypatch)
    with pytest.raises(DatabaseUnavailable, match="no thread"):
        writer.store(new_notice(first))
    assert writer.store(new_notice())
    assert not writer.store(new_notice(first)), "the next one wrote it too"


def test_store_after_the_thread_died_starts_another(database: Database, monkeypatch):
    """By an error that is no Exception, or one at an unexpected place."""

    def end_this_thread(_connection: Connection) -> None:
        raise SystemExit

    died: list[object] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    monkeypatch.setattr("webapp.store.notice_writer.WAIT_SECONDS", 0.2)
    writer = NoticeWriter(database)
    event.listen(database.engine, "commit", end_this_thread)
    with pytest.raises(DatabaseUnavailable, match="in time"):
        writer.store(new_notice())
    eventually(lambda: died and not writer._thread.is_alive())
    event.remove(database.engine, "commit", end_this_thread)
    monkeypatch.undo()
    assert writer.store(new_notice())
