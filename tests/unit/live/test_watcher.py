"""The watcher passes on changes from one thread and survives errors of source and callback."""

import queue
from collections.abc import Iterator

import pytest

from tests.support.eventually import eventually
from tests.support.thread_start_failure import no_thread_once
from webapp.live.watcher import Watcher


class FakeSource:
    """A change source fed by the test; exceptions in the queue are raised."""

    def __init__(self) -> None:
        self.changes: queue.Queue[set[str] | Exception] = queue.Queue()
        self.opened = 0
        self.closed = 0
        self.failing_opens = 0

    def open(self) -> "FakeSource":
        if self.failing_opens:
            self.failing_opens -= 1
            raise ConnectionError
        self.opened += 1
        return self

    def wait(self) -> set[str]:
        try:
            change = self.changes.get(timeout=0.01)
        except queue.Empty:
            return set()
        if isinstance(change, Exception):
            raise change
        return change

    def close(self) -> None:
        self.closed += 1


class Received(list[set[str] | None]):
    """The changes passed to the callback; it raises what is in `errors`."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[Exception] = []
        self.turns = 0

    def __call__(self, touched: set[str] | None) -> None:
        self.turns += 1
        if touched is None or touched:
            self.append(touched)
        if self.errors:
            raise self.errors.pop()


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def received() -> Received:
    return Received()


@pytest.fixture
def watcher(source: FakeSource) -> Iterator[Watcher]:
    watcher = Watcher(source.open, retry_seconds=0.01)
    yield watcher
    watcher.close()
    eventually(lambda: source.closed == source.opened)


def test_watcher_start_reports_everything_then_each_change(
    watcher: Watcher, source: FakeSource, received: Received
):
    watcher.start(received)
    source.changes.put({"ada"})
    eventually(lambda: received == [None, {"ada"}])


def test_watcher_without_change_still_calls_back_each_turn(watcher: Watcher, received: Received):
    watcher.start(received)
    eventually(lambda: received.turns > 3)
    assert received == [None]


def test_watcher_start_twice_opens_one_source(
    watcher: Watcher, source: FakeSource, received: Received
):
    assert source.opened == 0
    watcher.start(received)
    watcher.start(received)
    source.changes.put({"ada"})
    eventually(lambda: {"ada"} in received)
    assert source.opened == 1


def test_watcher_after_source_error_reports_everything_again(
    watcher: Watcher, source: FakeSource, received: Received
):
    watcher.start(received)
    eventually(lambda: received == [None])
    source.failing_opens = 2
    source.changes.put(ConnectionError())
    eventually(lambda: received == [None, None])
    source.changes.put({"ada"})
    eventually(lambda: received == [None, None, {"ada"}])


def test_watcher_after_callback_error_reports_everything_again(
    watcher: Watcher, source: FakeSource, received: Received
):
    watcher.start(received)
    eventually(lambda: received == [None])
    received.errors = [ConnectionError(), ConnectionError()]
    source.changes.put({"ada"})
    eventually(lambda: not received.errors)
    eventually(lambda: received[-1] is None)
    source.changes.put({"ben"})
    eventually(lambda: received[-1] == {"ben"})


def test_watcher_when_first_opens_fail_retries(
    watcher: Watcher, source: FakeSource, received: Received
):
    source.failing_opens = 3
    watcher.start(received)
    eventually(lambda: received == [None])


def test_watcher_start_after_close_opens_nothing(
    watcher: Watcher, source: FakeSource, received: Received
):
    watcher.close()
    watcher.start(received)
    assert source.opened == 0


def test_watcher_start_when_no_thread_starts_raises_and_recovers(
    watcher: Watcher, received: Received, monkeypatch: pytest.MonkeyPatch
):
    no_thread_once(monkeypatch)
    with pytest.raises(RuntimeError):
        watcher.start(received)
    watcher.start(received)
    eventually(lambda: received == [None])
