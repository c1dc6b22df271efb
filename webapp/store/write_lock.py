"""The write lock of an SQLite file: one write transaction of all processes at a time.

SQLite itself waits for a lock by polling with growing pauses; under load some writers wait a
second. With a lock on a file beside the database the kernel starts the next writer at once.
"""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from pathlib import Path

from webapp.basics.file_lock import open_lock_file, try_lock, wait_for_lock
from webapp.store.errors import DatabaseUnavailable

NO_THREAD = "no thread can be started: see the limits of processes and memory of this server"


class WriteLock:
    """One per engine. SQLite's own lock still keeps out programs that do not take this one."""

    def __init__(self, database: Path, wait_seconds: float) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._wait_seconds = wait_seconds
        self._thread_lock = threading.Lock()
        self._timed_out: threading.Thread | None = None

    def acquire(self) -> int:
        """Wait for the lock and return its descriptor, for `release`.

        Raises DatabaseUnavailable after `wait_seconds`.
        """
        until = time.monotonic() + self._wait_seconds
        if not self._thread_lock.acquire(timeout=self._wait_seconds):
            raise _timeout()
        try:
            return self._locked_file(until)
        except BaseException:
            self._thread_lock.release()
            raise

    def release(self, descriptor: int) -> None:
        os.close(descriptor)  # frees the lock
        self._thread_lock.release()

    def _locked_file(self, until: float) -> int:
        # A new descriptor each time: a forked child shares none, and none stays open.
        descriptor = self._open()
        try:
            if not try_lock(descriptor):
                self._wait(descriptor, until)
        except OSError as cause:
            os.close(descriptor)
            raise DatabaseUnavailable(
                f"{self._path} beside the file of DATABASE_URL cannot be locked "
                f"({cause.strerror}): see that it lies on a local disk"
            ) from None
        return descriptor

    def _open(self) -> int:
        try:
            return open_lock_file(self._path)
        except OSError as cause:
            raise DatabaseUnavailable(
                f"{self._path} beside the file of DATABASE_URL cannot be opened "
                f"({cause.strerror}): see that the disk is not full and may be written to"
            ) from None

    def _wait(self, descriptor: int, until: float) -> None:
        """Wait in a thread, because flock(2) has no time limit.

        A thread that gets the lock after the time limit closes the descriptor. At most one such
        thread exists: the next caller waits for it first.
        """
        if self._timed_out is not None:
            self._timed_out.join(max(0.0, until - time.monotonic()))
            if self._timed_out.is_alive():
                os.close(descriptor)
                raise _timeout()
            self._timed_out = None
        acquired: Future[None] = Future()
        thread = threading.Thread(
            target=_acquire, args=(descriptor, acquired), name="write lock", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as cause:
            os.close(descriptor)
            raise DatabaseUnavailable(NO_THREAD) from cause
        try:
            acquired.result(max(0.0, until - time.monotonic()))
        except NotYet:
            if acquired.cancel():
                self._timed_out = thread
                raise _timeout() from None


def _acquire(descriptor: int, acquired: Future[None]) -> None:
    error: OSError | None = None
    try:
        wait_for_lock(descriptor)
    except OSError as cause:
        error = cause
    if not acquired.set_running_or_notify_cancel():
        os.close(descriptor)
    elif error is not None:
        acquired.set_exception(error)
    else:
        acquired.set_result(None)


def _timeout() -> DatabaseUnavailable:
    return DatabaseUnavailable(
        "another process has been writing to the file of DATABASE_URL for too long: see whether "
        "one is stopped, or the disk is stuck"
    )
