"""Writers of an SQLite file take turns: nobody looks again and again, nobody waits for ever."""

import errno
import fcntl
import os
import signal
import sqlite3
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
def somebody_holds(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process has the turn, and does nothing with it."""
    command = [sys.executable, "-c", HOLD, f"{path}.turn"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def waiting() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "turn"]


def test_every_writer_has_the_turn_as_long_as_its_transaction_lasts(database: Database, path: Path):
    beside = os.open(f"{path}.turn", os.O_RDWR | os.O_CREAT, 0o600)
    with database.writing(), pytest.raises(BlockingIOError):
        fcntl.flock(beside, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(beside, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(beside, fcntl.LOCK_UN)
    with pytest.raises(ZeroDivisionError), database.writing():
        _ = 1 / 0
    fcntl.flock(beside, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(beside)


def test_readers_need_no_turn(database: Database, path: Path):
    with somebody_holds(path), database.reading() as work:
        assert work.onboardings.unfinished() == []


def test_one_after_the_other_in_threads_and_engines(path: Path):
    """Engines are as other processes: each opens the file for itself."""
    turns = [WriteLock(path, 30.0) for _ in range(3)]
    seen: list[int] = []
    inside = []

    def take(number: int) -> None:
        for _ in range(20):
            turn = turns[number % 3].take()
            inside.append(number)
            seen.append(len(inside))
            inside.remove(number)
            turns[number % 3].end(turn)

    numbers = iter(range(9))
    lock = threading.Lock()

    def run() -> None:
        with lock:
            number = next(numbers)
        take(number)

    assert in_threads(9, run) == [None] * 9
    assert seen == [1] * 180


def test_whoever_is_killed_has_no_turn_any_more(database: Database, path: Path):
    with somebody_holds(path) as holder:
        writing = threading.Thread(target=admit, args=(database,))
        writing.start()
        eventually(waiting)
        holder.send_signal(signal.SIGKILL)
        writing.join(timeout=20)
    assert not writing.is_alive()
    assert admit(database).id


def test_a_turn_that_does_not_end_is_unwritable_in_time(address: str, path: Path):
    engine = make_engine(address, wait_seconds=0.3)
    database = Database(engine, Cipher([KEY]))
    with somebody_holds(path):
        for _ in range(4):
            began_at = time.monotonic()
            with pytest.raises(NotWritable, match="another process has been writing"):
                admit(database)
            assert 0.2 < time.monotonic() - began_at < 10
        assert len(waiting()) == 1, "of those who gave up only one is still in the kernel"
    eventually(lambda: not waiting())
    assert admit(database).id, "whoever gave up does not get it afterwards"
    engine.dispose()


def test_in_one_process_too_nobody_waits_longer_than_that(path: Path):
    turn = WriteLock(path, 0.2)
    taken = turn.take()
    with pytest.raises(DatabaseUnavailable):
        turn.take()
    turn.end(taken)
    turn.end(turn.take())


def test_a_file_that_cannot_be_made_is_named(tmp_path: Path):
    with pytest.raises(DatabaseUnavailable, match=r"state\.turn beside the file of DATABASE_URL"):
        WriteLock(tmp_path / "none" / "state", 1.0).take()
    turn = WriteLock(tmp_path / "state", 1.0)
    turn.end(turn.take())
    assert (tmp_path / "state.turn").stat().st_mode & 0o777 == 0o600


def test_of_programs_that_know_no_turns_sqlites_own_lock_is_waited_for(
    database: Database, path: Path
):
    release = threading.Event()

    def beside() -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        held.set()
        release.wait(20)
        other.execute("ROLLBACK")
        other.close()

    held = threading.Event()
    other = threading.Thread(target=beside)
    other.start()
    assert held.wait(20)
    writing = threading.Thread(target=admit, args=(database,))
    writing.start()
    writing.join(0.2)
    assert writing.is_alive()
    release.set()
    writing.join(20)
    other.join(20)
    assert not writing.is_alive()


def test_where_no_thread_is_to_be_had_nothing_is_left_open(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    turn = WriteLock(path, 10)
    with somebody_holds(path):
        before = open_files()
        no_thread_once(monkeypatch)
        with pytest.raises(DatabaseUnavailable, match="no thread"):
            turn.take()
        assert open_files() == before
    turn.end(turn.take())


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("blocking", [False, True])
def test_a_system_without_a_lock_to_give_is_unwritable_and_nothing_is_left_open(
    path: Path, monkeypatch: pytest.MonkeyPatch, blocking: bool
):
    """At once, or only for those who wait for another's turn."""
    lock = fcntl.flock

    def no_lock_available(turn: int, how: int) -> None:
        if blocking and how & fcntl.LOCK_NB:
            lock(turn, how)
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    turn = WriteLock(path, 10.0)
    with somebody_holds(path):
        before, began_at = open_files(), time.monotonic()
        with monkeypatch.context() as patched:
            patched.setattr(fcntl, "flock", no_lock_available)
            with pytest.raises(DatabaseUnavailable, match=f"locked .{os.strerror(errno.ENOLCK)}"):
                turn.take()
        assert time.monotonic() - began_at < 5
        assert open_files() == before
    turn.end(turn.take())
