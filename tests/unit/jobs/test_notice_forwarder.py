"""NoticeForwarder: hands notices on in threads, a few at a time."""

import threading
import time
from collections.abc import Iterator

import pytest

from tests.support.databases import address, kind, migrated_postgres, migrated_sqlite, postgres  # noqa: F401 - fixtures
from tests.support.eventually import eventually
from tests.support.gateway import Receiver, listening_receiver
from tests.unit.journey.harness import HEADERS, JourneyHarness, unknown_id
from webapp.hostsite.sender import MessageClient
from webapp.jobs.notice_forwarder import MAX_AT_ONCE, NoticeForwarder
from webapp.journey.notice_forwarding import NoticeForwarding, OlderReceiver
from webapp.journey.webhook import Webhook
from webapp.store.notice_writer import NoticeWriter
from webapp.wiring import utc_now


@pytest.fixture
def older() -> Iterator[Receiver]:
    with listening_receiver() as receiver:
        yield receiver


@pytest.fixture
def harness(address: str) -> Iterator[JourneyHarness]:  # noqa: F811 - a fixture
    harness = JourneyHarness(address)
    harness.clock.moment = utc_now()
    writer = NoticeWriter(harness.database)
    harness.webhook = Webhook(harness.deps, writer, [HEADERS], forwards=True)
    yield harness
    harness.close()


class CountingForwarding(NoticeForwarding):
    """Counts the attempts in flight; each lasts until `release` is set."""

    def __init__(self, harness: JourneyHarness, older: Receiver) -> None:
        client = MessageClient(harness.clock)
        super().__init__(harness.deps, client, OlderReceiver(older.url, HEADERS))
        self.in_flight = self.most = 0
        self.release = threading.Event()
        self._lock = threading.Lock()

    def send(self, claimed):
        with self._lock:
            self.in_flight += 1
            self.most = max(self.most, self.in_flight)
        self.release.wait(10)
        with self._lock:
            self.in_flight -= 1
        return super().send(claimed)


def test_forwarder_hands_on_all_with_few_in_flight(harness, older):
    for _ in range(20):
        harness.notice(unknown_id(), "VERIFIED")
    forwarding = CountingForwarding(harness, older)
    forwarder = NoticeForwarder(forwarding)
    forwarder.start()
    eventually(lambda: forwarding.in_flight == MAX_AT_ONCE)
    forwarding.release.set()
    eventually(lambda: len(older.bodies) == 20)
    forwarder.close()
    assert forwarding.most == MAX_AT_ONCE


def test_forwarder_tries_one_at_a_time_while_the_receiver_fails(harness, older):
    older.status = 500
    for _ in range(20):
        harness.notice(unknown_id(), "VERIFIED")
    forwarder = NoticeForwarder(CountingForwarding(harness, older))
    forwarder._forwarding.release.set()
    forwarder.run_once()
    forwarder.run_once()
    assert len(older.bodies) == MAX_AT_ONCE + 1


def test_forwarder_close_does_not_wait_for_a_silent_receiver(harness, older):
    harness.notice(unknown_id(), "VERIFIED")
    forwarding = CountingForwarding(harness, older)
    forwarder = NoticeForwarder(forwarding)
    forwarder.start()
    eventually(lambda: forwarding.in_flight == 1)
    began = time.monotonic()
    forwarder.close()
    assert time.monotonic() - began < 4
    forwarding.release.set()
