"""Send due messages to host sites, in threads of the jobs process.

The durable record is the message's row (`next_attempt_at`), as it is for polls. Messages go without
the job library: it writes several rows for each job, and a message is one call (decision 0017).
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from queue import Empty, SimpleQueue

import structlog

from webapp.journey.message_delivery import ClaimedMessage, Delivery, MessageDelivery
from webapp.store.errors import DatabaseUnavailable
from webapp.store.numbering import number_committed_rows
from webapp.store.unit_of_work import Database

#: Messages in flight at the same time to one site, and to one whose last attempts have all failed.
#: There is no limit of all sites together: slow receivers would use it up, and delay the others.
MAX_PER_SITE = 8
MAX_PER_FAILING_SITE = 1
#: The most messages that one transaction claims.
CLAIM_BATCH = 64
#: Seconds between two searches for due messages without a change.
SEARCH_SECONDS = 0.5
#: Seconds that changes are collected before a search, so that a busy server searches less often.
COALESCE_SECONDS = 0.005
PAUSE_SECONDS = 2.0
#: Rows get their numbers at most so often: each time costs a transaction.
NUMBERING_SECONDS = 0.1
#: How long the end of the process waits for attempts in flight.
CLOSE_SECONDS = 3.0
_log = structlog.get_logger(__name__)


class MessageSender:
    """One thread claims and stores; each attempt has a thread of its own.

    They are daemons: the process ends without waiting for a receiver.
    """

    def __init__(self, database: Database, delivery: MessageDelivery) -> None:
        self._database = database
        self._delivery = delivery
        self._is_prepared = False
        self._next_numbering = 0.0
        self._in_flight: Counter[str] = Counter()
        self._finished: SimpleQueue[Delivery] = SimpleQueue()
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="messages", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Search for due messages now."""
        self._changed.set()

    def close(self) -> None:
        """Claim no more messages, and store the outcomes that come within CLOSE_SECONDS.

        Attempts that last longer are made again when their claims end.
        """
        self._stopping.set()
        self.wake()
        self._thread.join(CLOSE_SECONDS)

    def run_once(self) -> bool:
        """Number rows, store outcomes, claim and send; return whether more may be due."""
        if not self._is_prepared:
            self._delivery.prepare()
            self._is_prepared = True
        self._store_finished()
        claimed = self._delivery.claim(self._room, CLAIM_BATCH)
        for each in claimed:
            self._start_sending(each)
        if time.monotonic() >= self._next_numbering:
            number_committed_rows(self._database)
            self._next_numbering = time.monotonic() + NUMBERING_SECONDS
        return len(claimed) == CLAIM_BATCH

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._changed.clear()
            try:
                may_be_more = self.run_once()
            except DatabaseUnavailable:  # the jobs process logs it
                self._stopping.wait(PAUSE_SECONDS)
            except Exception as error:  # noqa: BLE001 - messages must not stop for good
                _log.error("message_search_failed", error=type(error).__name__)
                self._stopping.wait(PAUSE_SECONDS)
            else:
                if not may_be_more:
                    self._changed.wait(SEARCH_SECONDS)
                self._stopping.wait(COALESCE_SECONDS)
        self._store_last()

    def _room(self, site: str, is_failing: bool) -> int:
        return (MAX_PER_FAILING_SITE if is_failing else MAX_PER_SITE) - self._in_flight[site]

    def _start_sending(self, claimed: ClaimedMessage) -> None:
        thread = threading.Thread(target=self._send, args=(claimed,), name="message", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no thread can be started: sent again when the claim ends
            _log.error("message_thread_not_started", message_id=claimed.message.id)
            return
        self._in_flight[claimed.message.site] += 1

    def _send(self, claimed: ClaimedMessage) -> None:
        self._finished.put(self._delivery.send(claimed))
        self.wake()

    def _store_finished(self) -> None:
        deliveries = _drain(self._finished)
        try:
            self._delivery.store(deliveries)
        except DatabaseUnavailable:
            for each in deliveries:  # stored by the next turn, or sent again when the claim ends
                self._finished.put(each)
            raise
        except Exception:  # noqa: BLE001 - one outcome must not cost the others
            for each in deliveries:
                self._store_alone(each)
        for each in deliveries:
            self._in_flight[each.claimed.message.site] -= 1

    def _store_alone(self, delivery: Delivery) -> None:
        try:
            self._delivery.store([delivery])
        except Exception as error:  # noqa: BLE001 - sent again when the claim ends
            message_id = delivery.claimed.message.id
            _log.error(
                "message_outcome_not_stored", message_id=message_id, error=type(error).__name__
            )

    def _store_last(self) -> None:
        end = time.monotonic() + CLOSE_SECONDS
        while self._in_flight.total() and time.monotonic() < end:
            self._changed.wait(0.05)
            self._changed.clear()
            try:
                self._store_finished()
            except DatabaseUnavailable:
                return  # the claims end, and the next process sends again


def _drain(queue: SimpleQueue[Delivery]) -> list[Delivery]:
    found: list[Delivery] = []
    while True:
        try:
            found.append(queue.get_nowait())
        except Empty:
            return found
