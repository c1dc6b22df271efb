"""The jobs process: finds what is due, hands it to the queue, and keeps the house clean."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import structlog

from webapp.jobs.executor_id import executor_id
from webapp.jobs.in_flight import Key
from webapp.jobs.queue import READS_AT_ONCE, REMAKE_SECONDS, JobQueue
from webapp.store.errors import DatabaseUnavailable
from webapp.wiring import Components

#: What is due is looked for this often anyway, and whether we are to stop (seconds).
TICK_SECONDS = 0.5
STOP_SECONDS = 0.05
CLEAN_SECONDS = 3600
#: How often the fleet is told that this process lives (seconds).
BEAT_SECONDS = 10
#: How long nothing is tried after the database was away: at first, and at most (seconds).
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 10.0
#: How many that have no job yet one turn looks at; others may be quicker to take them.
AT_ONCE = 200
#: With so many in hand no more are made: they are not done the sooner for it, and what is more
#: urgent would have to wait for all of them.
IN_HAND = 2 * READS_AT_ONCE
_log = structlog.get_logger(__name__)


class Asking(Protocol):
    """Whom jobs are asked of: the queue, or somebody who only writes them down."""

    @property
    def in_hand(self) -> frozenset[Key]: ...

    def ask_for(self, onboarding_id: str, planned: datetime) -> bool: ...


class JobsProcess:
    """`stopping` is asked between any two steps; the loop ends soon after it says yes."""

    def __init__(self, wired: Components, stopping: Callable[[], bool]) -> None:
        self._wired = wired
        self._stopping = stopping
        self._asked: dict[Key, float] = {}
        self._clean_at = 0.0
        self._beat_at = 0.0
        self._name = executor_id(wired.settings.instance_dir)
        self._news = threading.Event()
        self._queue: JobQueue | None = None
        self._pause_seconds = 0.0

    def run(self) -> None:
        self._wired.watcher.start(self._told)
        try:
            while not self._stopping():
                self._news.clear()
                try:
                    self._turn()
                except DatabaseUnavailable as away:
                    self._pause(away)
                else:
                    self._wait()
        finally:
            self._wired.watcher.close(wait_seconds=1)
            if self._queue is not None:
                self._queue.close()
            _log.info("jobs_stopped")

    def _turn(self) -> None:
        queue = self._opened()
        self.hand_over(queue)
        self._beat()
        if self._pause_seconds:
            self._pause_seconds = 0.0
            _log.info("database_back")
        if time.monotonic() >= self._clean_at:
            swept = self._wired.database.sweep(self._wired.clock())
            _log.info("cleaned", rows=swept, jobs=queue.forget_old())
            self._clean_at = time.monotonic() + CLEAN_SECONDS

    def _opened(self) -> JobQueue:
        if self._queue is None:
            self._queue = JobQueue(self._wired, self._name, self._news.set)
            _log.info("jobs_started")
        return self._queue

    def _pause(self, away: DatabaseUnavailable) -> None:
        longer = 2 * self._pause_seconds or FIRST_PAUSE_SECONDS
        self._pause_seconds = min(longer, LONGEST_PAUSE_SECONDS)
        _log.warning("database_away", reason=str(away), pause_seconds=self._pause_seconds)
        self._beat_at = 0.0  # a turn writes something before it says that the database is back
        end = time.monotonic() + self._pause_seconds
        while time.monotonic() < end and not self._stopping():
            time.sleep(STOP_SECONDS)

    def _beat(self) -> None:
        if time.monotonic() >= self._beat_at:
            self._beat_at = time.monotonic() + BEAT_SECONDS
            with self._wired.database.writing() as work:
                work.heartbeats.beat(self._name)

    def hand_over(self, queue: Asking) -> None:
        """Have jobs made of what is due and has none yet, as far as there is room in hand."""
        in_hand = queue.in_hand
        room = IN_HAND - len(in_hand)
        for key in self._without_a_job(in_hand) if room > 0 else []:
            if queue.ask_for(*key):
                room -= 1
            self._asked[key] = time.monotonic()
            if not room:
                return

    def _without_a_job(self, in_hand: frozenset[Key]) -> list[Key]:
        """What is due, but for what we have in hand or have asked for within REMAKE_SECONDS."""
        since = time.monotonic() - REMAKE_SECONDS
        asked = {key: at for key, at in self._asked.items() if at > since}
        # What has been asked for stays due until it is done: look past all of it.
        due = self._wired.steps.progress.due(AT_ONCE + len(asked.keys() | in_hand))
        self._asked = {key: asked[key] for key in due if key in asked}
        return [key for key in due if key not in asked and key not in in_hand]

    def _told(self, touched: set[str] | None) -> None:
        if touched is None or touched:
            self._news.set()

    def _wait(self) -> None:
        """Until somebody has written something about an onboarding, or half a second has gone."""
        end = time.monotonic() + TICK_SECONDS
        while time.monotonic() < end and not self._stopping():
            if self._news.wait(STOP_SECONDS):
                return
