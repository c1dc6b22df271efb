"""Hand notices on to an older receiver, in threads of the jobs process.

As for messages, the durable record is the row (`inbox.forward_at`), and there is no job of the job
library.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue

import structlog

from webapp.journey.notice_forwarding import ClaimedNotice, ForwardAttempt, NoticeForwarding
from webapp.store.errors import DatabaseUnavailable

#: Notices in flight at the same time, and while the last attempts have all failed.
MAX_AT_ONCE = 8
MAX_WHILE_FAILING = 1
#: Seconds between two searches for due notices without a change.
SEARCH_SECONDS = 0.5
PAUSE_SECONDS = 2.0
#: How long the end of the process waits for attempts in flight.
CLOSE_SECONDS = 3.0
_log = structlog.get_logger(__name__)


class NoticeForwarder:
    """One thread claims and stores; each attempt has a daemon thread of its own."""

    def __init__(self, forwarding: NoticeForwarding) -> None:
        self._forwarding = forwarding
        self._is_prepared = False
        self._is_failing = False
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forwarding", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Search for due notices now."""
        self._changed.set()

    def close(self) -> None:
        """Claim no more notices; attempts that last longer are made again by the next process."""
        self._stopping.set()
        self.wake()
        self._thread.join(CLOSE_SECONDS)

    def run_once(self) -> bool:
        """Claim, send and store one batch; return whether more may be due."""
        if not self._is_prepared:
            self._forwarding.prepare()
            self._is_prepared = True
        claimed = self._forwarding.claim(MAX_WHILE_FAILING if self._is_failing else MAX_AT_ONCE)
        attempts = self._send_all(claimed)
        self._forwarding.store(attempts)
        if attempts:
            self._is_failing = all(each.error is not None for each in attempts)
        return bool(claimed)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._changed.clear()
            try:
                may_be_more = self.run_once()
            except DatabaseUnavailable:  # the jobs process logs it
                self._stopping.wait(PAUSE_SECONDS)
            except Exception as error:  # noqa: BLE001 - forwarding must not stop for good
                _log.error("forwarding_search_failed", error=type(error).__name__)
                self._stopping.wait(PAUSE_SECONDS)
            else:
                if not self._forwarding.is_on:
                    return
                if not may_be_more:
                    self._changed.wait(SEARCH_SECONDS)

    def _send_all(self, claimed: Sequence[ClaimedNotice]) -> list[ForwardAttempt]:
        """Send all at once; return the outcomes, at the end of the process those that came."""
        finished: SimpleQueue[ForwardAttempt] = SimpleQueue()
        in_flight = sum(self._start_sending(each, finished) for each in claimed)
        attempts: list[ForwardAttempt] = []
        ends_at = float("inf")
        while len(attempts) < in_flight and time.monotonic() < ends_at:
            try:
                attempts.append(finished.get(timeout=0.1))
            except Empty:
                if self._stopping.is_set():
                    ends_at = min(ends_at, time.monotonic() + CLOSE_SECONDS / 2)
        return attempts

    def _start_sending(self, claimed: ClaimedNotice, finished: SimpleQueue[ForwardAttempt]) -> bool:
        def send() -> None:
            finished.put(self._forwarding.send(claimed))

        try:
            threading.Thread(target=send, name="forward", daemon=True).start()
        except RuntimeError:  # no thread can be started: sent again when the claim ends
            _log.error("forwarding_thread_not_started")
            return False
        return True
