"""The fast way of a notice into the database: many at once, in one transaction.

What takes time is not the row but the commit, which waits for the disk. So one thread of each
process writes all notices that are waiting, commits once, and only then lets those who brought
them answer; meanwhile the next ones gather. And since this is the one path that a burst of
notices takes, its statements are given to the driver as they are: one of each kind for a whole
batch. Everything else of the store goes through SQLAlchemy (docs/decisions/0009).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue

from webapp.domain.errors import NotWritable
from webapp.store.engine import WAIT_SECONDS
from webapp.store.errors import DatabaseUnavailable
from webapp.store.notice_statements import Row, statements
from webapp.store.unit_of_work import Database
from webapp.store.write_lock import NO_THREAD

#: So many notices are written at once at most: the others wait for the next commit.
MOST_AT_ONCE = 256
#: A thread that has had nothing to do for so long ends; the next notice starts another.
IDLE_SECONDS = 5.0


@dataclass(frozen=True)
class NewNotice:
    """A notice that has come; `received_at` is aware UTC."""

    verification_id: str
    status: str
    body: bytes
    received_at: datetime


@dataclass
class _Waiting:
    """One notice, and whoever waits for what becomes of it."""

    row: Row
    received_at: datetime
    new: bool = False
    error: Exception | None = None
    _answered: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._answered.acquire()

    def answer(self, *, new: bool = False, error: Exception | None = None) -> None:
        self.new, self.error = new, error
        self._answered.release()

    def result(self) -> bool:
        if not self._answered.acquire(timeout=WAIT_SECONDS):
            # It may still be stored; its sender will only repeat it.
            raise DatabaseUnavailable("notices are not written in time: see the disk")
        if self.error is not None:
            raise self.error
        return self.new


class NoticeWriter:
    """One per process. Its thread lives only while there is something to write.

    One that dies before takes along what it has in hand; the next notice starts another.
    """

    def __init__(self, database: Database, most_at_once: int = MOST_AT_ONCE) -> None:
        self._database = database
        self._most = most_at_once
        self._waiting: SimpleQueue[_Waiting] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def keep(self, notice: NewNotice) -> bool:
        """Store it, or count a repeat; whether it was new. Returns once that is on the disk.

        An open notice has the gateway asked now and a line on the timeline. A repeat is open
        again unless the gateway has already agreed with it: an early or false word must not hide
        the real one that comes later. Raises DatabaseUnavailable when it is not known to be stored.
        """
        row = Row(
            notice.verification_id,
            notice.status,
            self._database.cipher.seal(notice.body.decode("utf-8", "replace")),
            self._database.request_id(),
        )
        mine = _Waiting(row, notice.received_at)
        self._waiting.put(mine)
        self._see_to_a_thread()
        return mine.result()

    def _see_to_a_thread(self) -> None:
        with self._starting:
            if self._thread is not None and self._thread.is_alive():
                return
            thread = threading.Thread(target=self._run, name="notices", daemon=True)
            try:
                thread.start()
            except RuntimeError as cause:  # the next notice tries again, and takes this one along
                raise DatabaseUnavailable(NO_THREAD) from cause
            self._thread = thread

    def _run(self) -> None:
        while True:
            try:
                batch = [self._waiting.get(timeout=IDLE_SECONDS)]
            except Empty:
                with self._starting:
                    if self._waiting.empty():
                        self._thread = None
                        return
                continue
            while len(batch) < self._most and not self._waiting.empty():
                batch.append(self._waiting.get())
            self._write(batch)

    def _write(self, batch: Sequence[_Waiting]) -> None:
        """Tell everyone what became of theirs; what spoils a batch spoils only itself."""
        try:
            repeated = self._store(batch)
        except NotWritable as away:
            for each in batch:
                each.answer(error=DatabaseUnavailable(str(away)))
        except Exception as error:  # noqa: BLE001 - whoever brought it shall hear of it
            if len(batch) == 1:
                batch[0].answer(error=error)
                return
            for each in batch:
                self._write([each])
        else:
            for each in batch:
                each.answer(new=each.row.key not in repeated)
                repeated.add(each.row.key)

    def _store(self, batch: Sequence[_Waiting]) -> set[tuple[str, str]]:
        """All in one transaction; which of them had been stored before."""
        rows = [each.row for each in batch]
        now = max(each.received_at for each in batch)
        with self._database.writing() as work:
            say = statements(work.connection, now)
            repeated = say.keep(rows)
            say.wake(rows)
            return repeated
