"""Store notices by group commit: one transaction for all notices that are waiting.

The commit, which waits for the disk, takes most of the time. So one thread per process writes all
waiting notices, commits once, and then lets their requests answer; meanwhile new notices queue up.
The statements (`notice_statements`) go to the driver directly, one of each kind per batch.
All other repositories use SQLAlchemy (docs/decisions/0009).
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
from webapp.store.notice_statements import NoticeRow, statements
from webapp.store.unit_of_work import Database
from webapp.store.write_lock import NO_THREAD

#: The most notices of one transaction.
MAX_BATCH = 256
#: The writer thread ends after this time without notices; the next notice starts another.
IDLE_SECONDS = 5.0


@dataclass(frozen=True)
class NewNotice:
    """A received notice; `received_at` is aware UTC. `may_forward`: see `NoticeRow`."""

    verification_id: str
    status: str
    body: bytes
    received_at: datetime
    may_forward: bool = False


@dataclass
class _PendingNotice:
    """A queued notice, and the result for which its request waits."""

    row: NoticeRow
    received_at: datetime
    new: bool = False
    error: Exception | None = None
    _finished: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._finished.acquire()

    def finish(self, *, new: bool = False, error: Exception | None = None) -> None:
        self.new, self.error = new, error
        self._finished.release()

    def result(self) -> bool:
        if not self._finished.acquire(timeout=WAIT_SECONDS):
            # It may still be stored; the gateway's repeat will do no harm.
            raise DatabaseUnavailable("notices are not written in time: see the disk")
        if self.error is not None:
            raise self.error
        return self.new


class NoticeWriter:
    """One per process. Its thread runs only while there are notices to write.

    If the thread dies, its current batch is lost; the next notice starts another thread.
    """

    def __init__(self, database: Database, max_batch: int = MAX_BATCH) -> None:
        self._database = database
        self._max_batch = max_batch
        self._waiting: SimpleQueue[_PendingNotice] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def store(self, notice: NewNotice) -> bool:
        """Store a notice, or count a repeat; return whether it was new, once it is on disk.

        Schedules a poll at once for an unsettled notice and adds a timeline row. A repeat is
        unsettled again unless a poll confirmed the notice before: a premature or false notice must
        not hide the real one that follows. Raises DatabaseUnavailable unless surely stored.
        """
        row = NoticeRow(
            notice.verification_id,
            notice.status,
            self._database.cipher.seal(notice.body.decode("utf-8", "replace")),
            self._database.request_id(),
            notice.may_forward,
        )
        pending = _PendingNotice(row, notice.received_at)
        self._waiting.put(pending)
        self._ensure_thread()
        return pending.result()

    def _ensure_thread(self) -> None:
        with self._starting:
            if self._thread is not None and self._thread.is_alive():
                return
            thread = threading.Thread(target=self._run, name="notices", daemon=True)
            try:
                thread.start()
            except RuntimeError as cause:  # the next notice tries again, and writes this one too
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
            while len(batch) < self._max_batch and not self._waiting.empty():
                batch.append(self._waiting.get())
            self._write(batch)

    def _write(self, batch: Sequence[_PendingNotice]) -> None:
        """Store a batch and finish each notice; after an error retry each notice alone."""
        try:
            repeated = self._store(batch)
        except NotWritable as unavailable:
            for each in batch:
                each.finish(error=DatabaseUnavailable(str(unavailable)))
        except Exception as error:  # noqa: BLE001 - raised again in the request's thread
            if len(batch) == 1:
                batch[0].finish(error=error)
                return
            for each in batch:
                self._write([each])
        else:
            for each in batch:
                each.finish(new=each.row.key not in repeated)
                repeated.add(each.row.key)

    def _store(self, batch: Sequence[_PendingNotice]) -> set[tuple[str, str]]:
        """Store a batch in one transaction; return the keys of those stored before."""
        rows = [each.row for each in batch]
        now = max(each.received_at for each in batch)
        with self._database.writing() as work:
            batch_statements = statements(work.connection, now)
            repeated = batch_statements.upsert(rows)
            batch_statements.schedule_polls(rows)
            batch_statements.plan_forwards(rows)
            return repeated
