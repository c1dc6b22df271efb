"""The jobs process: enqueue due polls, send messages, show a heartbeat, delete old rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from webapp.jobs.erased_traces import ErasedTraces
from webapp.jobs.executor_id import executor_id
from webapp.jobs.message_sender import MessageSender
from webapp.jobs.notice_forwarder import NoticeForwarder
from webapp.jobs.polls_in_flight import PollKey
from webapp.jobs.queue import CONCURRENT_POLLS, REENQUEUE_SECONDS, JobQueue
from webapp.store.errors import DatabaseUnavailable
from webapp.wiring import Components

#: Seconds between two searches for due polls, and between two checks whether to stop.
SEARCH_SECONDS = 0.5
STOP_CHECK_SECONDS = 0.05
CLEAN_UP_SECONDS = 3600
HEARTBEAT_SECONDS = 10
#: Seconds without an attempt after the database became unavailable: at first, and at most.
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 10.0
#: Due polls without a job that one search takes into account; other processes may be faster.
SEARCH_LIMIT = 200
#: No more jobs than these are in flight: more would not finish sooner, and urgent polls would wait
#: for all of them.
MAX_IN_FLIGHT = 2 * CONCURRENT_POLLS
_log = structlog.get_logger(__name__)


class JobsProcess:
    """Runs until `stopping` returns True; it is asked between any two steps."""

    def __init__(self, wired: Components, stopping: Callable[[], bool]) -> None:
        self._wired = wired
        self._stopping = stopping
        self._enqueued_at: dict[PollKey, float] = {}
        self._next_clean_up = 0.0
        self._next_heartbeat = 0.0
        self._executor_id = executor_id(wired.settings.instance_dir)
        self._changed = threading.Event()
        self._queue: JobQueue | None = None
        self._traces = ErasedTraces(wired.database, wired.clock)
        self._sender = MessageSender(wired.database, wired.message_delivery)
        self._forwarder = NoticeForwarder(wired.notice_forwarding)
        self._pause_seconds = 0.0

    def run(self) -> None:
        self._wired.watcher.start(self._on_change)
        self._sender.start()
        self._forwarder.start()
        try:
            while not self._stopping():
                self._changed.clear()
                try:
                    self._run_once()
                except DatabaseUnavailable as unavailable:
                    self._pause(unavailable)
                else:
                    self._wait_for_change()
        finally:
            self._wired.watcher.close(wait_seconds=1)
            self._sender.close()
            self._forwarder.close()
            if self._queue is not None:
                self._queue.close()
            _log.info("jobs_stopped")

    def enqueue_due(self, queue: JobQueue) -> None:
        """Enqueue the due polls that have no job yet, up to MAX_IN_FLIGHT."""
        in_flight = queue.in_flight
        room = MAX_IN_FLIGHT - len(in_flight)
        for key in self._due_without_job(in_flight) if room > 0 else []:
            if queue.enqueue(*key):
                room -= 1
            self._enqueued_at[key] = time.monotonic()
            if not room:
                return

    def _run_once(self) -> None:
        queue = self._opened_queue()
        self.enqueue_due(queue)
        self._traces.delete(queue.delete_jobs_of)
        self._show_heartbeat()
        if self._pause_seconds:
            self._pause_seconds = 0.0
            _log.info("database_connection_restored")
        if time.monotonic() >= self._next_clean_up:
            rows = self._wired.database.sweep(self._wired.clock())
            self._traces.empty_log()
            _log.info("old_rows_deleted", rows=rows, jobs=queue.delete_old_jobs())
            self._next_clean_up = time.monotonic() + CLEAN_UP_SECONDS

    def _opened_queue(self) -> JobQueue:
        if self._queue is None:
            self._queue = JobQueue(self._wired, self._executor_id, self._changed.set)
            _log.info("jobs_started")
        return self._queue

    def _pause(self, unavailable: DatabaseUnavailable) -> None:
        longer = 2 * self._pause_seconds or FIRST_PAUSE_SECONDS
        self._pause_seconds = min(longer, LONGEST_PAUSE_SECONDS)
        _log.warning(
            "database_connection_lost", reason=str(unavailable), pause_seconds=self._pause_seconds
        )
        self._next_heartbeat = 0.0  # the next turn writes before it reports a restored database
        end = time.monotonic() + self._pause_seconds
        while time.monotonic() < end and not self._stopping():
            time.sleep(STOP_CHECK_SECONDS)

    def _show_heartbeat(self) -> None:
        if time.monotonic() >= self._next_heartbeat:
            self._next_heartbeat = time.monotonic() + HEARTBEAT_SECONDS
            with self._wired.database.writing() as work:
                work.heartbeats.beat(self._executor_id)

    def _due_without_job(self, in_flight: frozenset[PollKey]) -> list[PollKey]:
        """Return due polls that are not in flight here and were not enqueued recently."""
        since = time.monotonic() - REENQUEUE_SECONDS
        recent = {key: at for key, at in self._enqueued_at.items() if at > since}
        # Enqueued polls stay due until they are done, so search past all of them.
        due = self._wired.steps.gateway_poll.due_polls(
            SEARCH_LIMIT + len(recent.keys() | in_flight)
        )
        self._enqueued_at = {key: recent[key] for key in due if key in recent}
        return [key for key in due if key not in recent and key not in in_flight]

    def _on_change(self, touched: set[str] | None) -> None:
        if touched is None or touched:
            self._changed.set()
            self._sender.wake()
            self._forwarder.wake()

    def _wait_for_change(self) -> None:
        """Wait until an onboarding has changed, for at most SEARCH_SECONDS."""
        end = time.monotonic() + SEARCH_SECONDS
        while time.monotonic() < end and not self._stopping():
            if self._changed.wait(STOP_CHECK_SECONDS):
                return
