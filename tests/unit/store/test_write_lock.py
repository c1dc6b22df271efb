"""Test the write lock of SQLite files: mutual exclusion, time limit, killed holders, errors."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.support.thread_start_failure import no_thread_once
from tests.unit.store.rows import KEY, admit, in_threads
from webapp.domain.errors import NotWritable
from webapp.store.column_types import Cipher
from webapp.store.engine import make_engine
from webapp.store.errors import DatabaseUnavailable
from webapp.store.unit_of_work import Database
from webapp.store.write_lock import WriteLock

HOLD = """
import fcntl, os, sys, time
fcntl.flock(os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def path(address: str) -> Path:
    return Path(address.removeprefix("sqlite:///"))


@contextmanager
def lock_held_by_another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock until the end of the block."""
    command = [sys.executable, "-c", HOLD, f"{path}.lock"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def waiting_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "write lock"]


def test_writing_holds_the_lock_until_the_transaction_ends(database: Database, path: Path):
    beside = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    with database.writing(), pytest.raises(BlockingIOError):
        fcntl.flock(beside, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(beside, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(beside, fcntl.LOCK_UN)
    with pytest.raises(ZeroDivisionError), database.writing():
        _ = 1 / 0
    fcntl.flock(beside, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(beside)


def test_reading_while_another_process_holds_the_lock_succeeds(database: Database, path: Path):
    with lock_held_by_another_process(path), database.reading() as work:
        assert work.onboardings.unfinished() == []


def test_acquire_in_several_threads_and_engines_excludes_each_other(path: Path):
    """Engines stand for processes: each opens the file itself."""
    locks = iter([WriteLock(path, 30.0) for _ in range(3)] * 3)
    seen: list[int] = []
    inside: list[int] = []

    def lock_repeatedly() -> None:
        lock = next(locks)
        for _ in range(20):
            descriptor = lock.acquire()
            inside.append(1)
            seen.append(len(inside))
            inside.pop()
            lock.release(descriptor)

    assert in_threads(9, lock_repeatedly) == [None] * 9
    assert seen == [1] * 180


def test_write_lock_of_a_killed_process_is_freed(database: Database, path: Path):
    with lock_held_by_another_process(path) as holder:
        writing = threading.Thread(target=admit, args=(database,))
        writing.start()
        eventually(waiting_threads)
        holder.send_signal(signal.SIGKILL)
        writing.join(timeout=20)
    assert not writing.is_alive()
    assert admit(database).id


def test_acquire_of_a_lock_never_freed_raises_after_the_time_limit(address: str, path: Path):
    engine = make_engine(address, wait_seconds=0.3)
    database = Database(engine, Cipher([KEY]))
    with lock_held_by_another_process(path):
        for _ in range(4):
            started_at = time.monotonic()
            with pytest.raises(NotWritable, match="another process has been writing"):
                admit(database)
            assert 0.2 < time.monotonic() - started_at < 10
        assert len(waiting_threads()) == 1, "at most one timed-out thread is left"
    eventually(lambda: not waiting_threads())
    assert admit(database).id, "the timed-out thread did not keep the lock"
    engine.dispose()


def test_acquire_twice_in_one_process_raises_after_the_time_limit(path: Path):
    lock = WriteLock(path, 0.2)
    descriptor = lock.acquire()
    with pytest.raises(DatabaseUnavailable):
        lock.acquire()
    lock.release(descriptor)
    lock.release(lock.acquire())


def test_acquire_without_the_folder_names_the_lock_file(tmp_path: Path):
    with pytest.raises(DatabaseUnavailable, match=r"state\.lock beside the file of DATABASE_URL"):
        WriteLock(tmp_path / "none" / "state", 1.0).acquire()
    lock = WriteLock(tmp_path / "state", 1.0)
    lock.release(lock.acquire())
    assert (tmp_path / "state.lock").stat().st_mode & 0o777 == 0o600


def test_acquire_without_a_free_thread_raises_and_closes_the_file(path, monkeypatch):
    lock = WriteLock(path, 10)
    with lock_held_by_another_process(path):
        before = open_files()
        no_thread_once(monkeypatch)
        with pytest.raises(DatabaseUnavailable, match="no thread"):
            lock.acquire()
        assert open_files() == before
    lock.release(lock.acquire())


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("blocking", [False, True])
def test_acquire_without_lock_support_raises_and_closes_the_file(path, monkeypatch, blocking):
    """At once, or only while it waits."""
    flock = fcntl.flock

    def no_lock_available(descriptor: int, how: int) -> None:
        if blocking and how & fcntl.LOCK_NB:
            flock(descriptor, how)
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    lock = WriteLock(path, 10.0)
    with lock_held_by_another_process(path):
        before, started_at = open_files(), time.monotonic()
        with monkeypatch.context() as patched:
            patched.setattr(fcntl, "flock", no_lock_available)
            with pytest.raises(DatabaseUnavailable, match=f"locked .{os.strerror(errno.ENOLCK)}"):
                lock.acquire()
        assert time.monotonic() - started_at < 5
        assert open_files() == before
    lock.release(lock.acquire())
