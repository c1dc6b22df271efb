"""result: what Ada may know, once or as it happens."""

import threading
import time
from contextlib import suppress

import pytest

from tests.support.eventually import eventually
from tests.unit.journey.harness import JourneyHarness
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import Status
from webapp.journey.views import StatusView, Visitor


@pytest.fixture
def adas(harness: JourneyHarness, ada) -> str:
    return harness.begin(ada)


class Listener:
    """A browser that follows one onboarding in a thread of its own."""

    def __init__(
        self, harness: JourneyHarness, visitor: Visitor, onboarding_id: str, seconds: float = 30
    ):
        self.seen: list[StatusView | None] = []
        self._stream = harness.result.follow(visitor, onboarding_id, seconds)
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        for view in self._stream:
            self.seen.append(view)

    def words(self) -> list[str]:
        return [str(view.status) for view in self.seen if view is not None]

    def ended(self, within_seconds: float = 2) -> bool:
        self._thread.join(within_seconds)
        return not self._thread.is_alive()


def test_the_status_has_its_version_and_what_to_do_next(harness, ada, adas):
    view = harness.result.status(ada, adas)
    row = harness.row(adas)
    assert (view.id, view.status, view.version, view.updated_at, view.next, view.reasons) == (
        adas,
        Status.STARTED,
        row.version,
        row.updated_at,
        "continue",
        (),
    )


@pytest.mark.parametrize(
    ("status", "then"),
    [
        (Status.CREATED, "continue"),
        (Status.INTERRUPTED, "continue"),
        (Status.IN_REVIEW, "wait"),
        (Status.VERIFIED, "done"),
        (Status.REJECTED, "retry"),
        (Status.EXPIRED, "retry"),
        (Status.ERASED, "done"),
    ],
)
def test_every_status_says_what_is_next(harness, ada, adas, status, then):
    harness.put(adas, status=status)
    assert harness.result.status(ada, adas).next == then


def test_the_last_attempt_leaves_nothing_to_retry(harness, ada, adas):
    harness.put(adas, status=Status.REJECTED, attempt=3, submitted_at=harness.clock())
    assert harness.result.status(ada, adas).next == "done"


def test_a_change_by_another_process_wakes_ada(harness, ada, adas):
    other = JourneyHarness(harness.address, harness.gateway, harness.clock)
    listener = Listener(harness, ada, adas)
    eventually(lambda: listener.words() == ["started"])
    harness.said(adas, "VERIFIED")
    began = time.monotonic()
    other.gateway_poll.poll(adas)
    eventually(lambda: listener.words() == ["started", "verified"], every=0.01)
    assert time.monotonic() - began < 10, "long before the stream has ended"
    harness.result.close(wait_seconds=0)
    assert listener.ended()
    other.close()


def test_a_change_between_the_first_look_and_the_first_listening_is_not_missed(harness, ada, adas):
    """The very first listener of a process starts the watching; a change may come just then."""
    other = JourneyHarness(harness.address, harness.gateway, harness.clock)
    harness.said(adas, "VERIFIED")
    stream = harness.result.follow(ada, adas, 30)
    first = next(stream)
    assert first is not None
    other.gateway_poll.poll(adas)
    second = next(stream)
    assert second is not None
    assert (first.status, second.status) == (Status.STARTED, Status.VERIFIED)
    stream.close()
    other.close()


def test_bens_changes_do_not_wake_ada(harness, ada, ben, adas):
    listener = Listener(harness, ada, adas)
    eventually(lambda: listener.words())
    bens = harness.begin(ben)
    harness.said(bens, "VERIFIED")
    harness.gateway_poll.poll(bens)
    harness.said(adas, "PENDING_VERIFICATION")
    harness.gateway_poll.poll(adas)
    eventually(lambda: len(listener.words()) == 2)
    assert listener.words() == ["started", "in_review"]
    harness.result.close(wait_seconds=0)
    assert listener.ended()


def test_what_nobody_may_see_wakes_nobody(harness, ada, adas):
    listener = Listener(harness, ada, adas)
    eventually(lambda: listener.words())
    harness.notice(adas, "VERIFIED")
    harness.said(adas, "VERIFIED")
    harness.gateway_poll.poll(adas)
    eventually(lambda: "verified" in listener.words())
    assert listener.words() == ["started", "verified"]
    harness.result.close(wait_seconds=0)
    assert listener.ended()


def test_a_stream_ends_at_its_time(harness, ada, adas):
    views = list(harness.result.follow(ada, adas, 0.05))
    assert views[0] is not None
    assert set(views[1:]) <= {None}


def test_all_streams_end_when_the_process_stops(harness, ada, adas):
    listeners = [Listener(harness, ada, adas) for _ in range(5)]
    eventually(lambda: all(listener.words() for listener in listeners))
    harness.result.close(wait_seconds=0)
    assert all(listener.ended() for listener in listeners)


def test_ben_cannot_listen_to_ada(harness, ben, adas):
    with pytest.raises(NotFound):
        harness.result.follow(ben, adas, 1)


def test_a_browser_that_goes_leaves_nothing_waiting(harness, ada, adas):
    stream = harness.result.follow(ada, adas, 30)
    next(stream)
    with suppress(StopIteration):
        stream.close()
    assert len(harness.subscriptions) == 0
