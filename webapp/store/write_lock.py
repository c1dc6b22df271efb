"""Whose turn it is to write to an SQLite file: one transaction of all processes at a time.

SQLite's own way of waiting is to look again and again, longer and longer apart: under load some
look for a second. Here the kernel wakes the next one. The turn is a lock on a file beside the
database, and a process that is killed loses it.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from pathlib import Path

from webapp.store.errors import DatabaseUnavailable

NO_THREAD = "no thread can be started: see the limits of processes and memory of this server"


class WriteLock:
    """One per engine. Programs that do not know of it are still kept out by SQLite's lock."""

    def __init__(self, database: Path, wait_seconds: float) -> None:
        self._path = database.with_name(database.name + ".turn")
        self._wait_seconds = wait_seconds
        self._here = threading.Lock()
        self._given_up: threading.Thread | None = None

    def take(self) -> int:
        """Wait for it; give it back with `end`. Raises DatabaseUnavailable after `wait_seconds`."""
        until = time.monotonic() + self._wait_seconds
        if not self._here.acquire(timeout=self._wait_seconds):
            raise _stuck()
        try:
            return self._locked(until)
        except BaseException:
            self._here.release()
            raise

    def end(self, turn: int) -> None:
        os.close(turn)  # which frees the lock
        self._here.release()

    def _locked(self, until: float) -> int:
        # A descriptor for each turn: nothing to share with a forked child, nothing to keep open.
        turn = self._opened()
        try:
            self._lock(turn, until)
        except OSError as cause:
            os.close(turn)
            raise DatabaseUnavailable(
                f"{self._path} beside the file of DATABASE_URL cannot be locked "
                f"({cause.strerror}): see that it lies on a disk of this machine"
            ) from None
        return turn

    def _lock(self, turn: int, until: float) -> None:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._wait(turn, until)

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as cause:
            raise DatabaseUnavailable(
                f"{self._path} beside the file of DATABASE_URL cannot be opened "
                f"({cause.strerror}): see that the disk is not full and may be written to"
            ) from None

    def _wait(self, turn: int, until: float) -> None:
        """Block in the kernel, which knows no time limit: so a thread does it for us.

        If we give up first, it closes what it gets. Only one such thread is ever left behind.
        """
        if self._given_up is not None:
            self._given_up.join(max(0.0, until - time.monotonic()))
            if self._given_up.is_alive():
                os.close(turn)
                raise _stuck()
            self._given_up = None
        got: Future[None] = Future()
        thread = threading.Thread(target=_block, args=(turn, got), name="turn", daemon=True)
        try:
            thread.start()
        except RuntimeError as cause:
            os.close(turn)
            raise DatabaseUnavailable(NO_THREAD) from cause
        try:
            got.result(max(0.0, until - time.monotonic()))
        except NotYet:
            if got.cancel():
                self._given_up = thread
                raise _stuck() from None


def _block(turn: int, got: Future[None]) -> None:
    refused: OSError | None = None
    try:
        fcntl.flock(turn, fcntl.LOCK_EX)
    except OSError as cause:
        refused = cause
    if not got.set_running_or_notify_cancel():
        os.close(turn)
    elif refused is not None:
        got.set_exception(refused)
    else:
        got.set_result(None)


def _stuck() -> DatabaseUnavailable:
    return DatabaseUnavailable(
        "another process has been writing to the file of DATABASE_URL for too long: see whether "
        "one is stopped, or the disk is stuck"
    )
