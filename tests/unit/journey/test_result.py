"""result: what Ada may know, once or as it happens."""

import threading
import time
from contextlib import suppress

import pytest

from tests.support.eventually import eventually
from tests.unit.journey.house import House
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import Status
from webapp.journey.views import StatusView, Visitor


@pytest.fixture
def adas(house: House, ada) -> str:
    return house.begin(ada)


class Listener:
    """A browser that follows one onboarding in a thread of its own."""

    def __init__(self, house: House, visitor: Visitor, onboarding_id: str, seconds: float = 30):
        self.seen: list[StatusView | None] = []
        self._stream = house.result.follow(visitor, onboarding_id, seconds)
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


def test_the_status_has_its_version_and_what_to_do_next(house, ada, adas):
    view = house.result.status(ada, adas)
    row = house.row(adas)
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
def test_every_status_says_what_is_next(house, ada, adas, status, then):
    house.put(adas, status=status)
    assert house.result.status(ada, adas).next == then


def test_the_last_attempt_leaves_nothing_to_retry(house, ada, adas):
    house.put(adas, status=Status.REJECTED, attempt=3, submitted_at=house.clock())
    assert house.result.status(ada, adas).next == "done"


def test_a_change_by_another_process_wakes_ada(house, ada, adas):
    other = House(house.address, house.gateway, house.clock)
    listener = Listener(house, ada, adas)
    eventually(lambda: listener.words() == ["started"])
    house.said(adas, "VERIFIED")
    began = time.monotonic()
    other.progress.read(adas)
    eventually(lambda: listener.words() == ["started", "verified"], every=0.01)
    assert time.monotonic() - began < 10, "long before the stream has ended"
    house.result.close(wait_seconds=0)
    assert listener.ended()
    other.close()


def test_a_change_between_the_first_look_and_the_first_listening_is_not_missed(house, ada, adas):
    """The very first listener of a process starts the watching; a change may come just then."""
    other = House(house.address, house.gateway, house.clock)
    house.said(adas, "VERIFIED")
    stream = house.result.follow(ada, adas, 30)
    first = next(stream)
    assert first is not None
    other.progress.read(adas)
    second = next(stream)
    assert second is not None
    assert (first.status, second.status) == (Status.STARTED, Status.VERIFIED)
    stream.close()
    other.close()


def test_bens_changes_do_not_wake_ada(house, ada, ben, adas):
    listener = Listener(house, ada, adas)
    eventually(lambda: listener.words())
    bens = house.begin(ben)
    house.said(bens, "VERIFIED")
    house.progress.read(bens)
    house.said(adas, "PENDING_VERIFICATION")
    house.progress.read(adas)
    eventually(lambda: len(listener.words()) == 2)
    assert listener.words() == ["started", "in_review"]
    house.result.close(wait_seconds=0)
    assert listener.ended()


def test_what_nobody_may_see_wakes_nobody(house, ada, adas):
    listener = Listener(house, ada, adas)
    eventually(lambda: listener.words())
    house.notice(adas, "VERIFIED")
    house.said(adas, "VERIFIED")
    house.progress.read(adas)
    eventually(lambda: "verified" in listener.words())
    assert listener.words() == ["started", "verified"]
    house.result.close(wait_seconds=0)
    assert listener.ended()


def test_a_stream_ends_at_its_time(house, ada, adas):
    views = list(house.result.follow(ada, adas, 0.05))
    assert views[0] is not None
    assert set(views[1:]) <= {None}


def test_all_streams_end_when_the_process_stops(house, ada, adas):
    listeners = [Listener(house, ada, adas) for _ in range(5)]
    eventually(lambda: all(listener.words() for listener in listeners))
    house.result.close(wait_seconds=0)
    assert all(listener.ended() for listener in listeners)


def test_ben_cannot_listen_to_ada(house, ben, adas):
    with pytest.raises(NotFound):
        house.result.follow(ben, adas, 1)


def test_a_browser_that_goes_leaves_nothing_waiting(house, ada, adas):
    stream = house.result.follow(ada, adas, 30)
    next(stream)
    with suppress(StopIteration):
        stream.close()
    assert len(house.followers) == 0
