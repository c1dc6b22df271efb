"""One thread per process looks, wakes whoever waits, and outlives every trouble."""

import queue
import threading
from collections.abc import Iterator

import pytest

from tests.support.eventually import eventually
from webapp.live.watcher import Watcher


class Changes:
    """Where a test says what has changed; `Trouble` in the queue is raised."""

    def __init__(self) -> None:
        self.told: queue.Queue[set[str] | Exception] = queue.Queue()
        self.opened = 0
        self.closed = 0
        self.refusals = 0

    def open(self) -> "Changes":
        if self.refusals:
            self.refusals -= 1
            raise ConnectionError
        self.opened += 1
        return self

    def wait(self) -> set[str]:
        try:
            told = self.told.get(timeout=0.01)
        except queue.Empty:
            return set()
        if isinstance(told, Exception):
            raise told
        return told

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def watcher(changes: Changes) -> Iterator[Watcher]:
    watcher = Watcher(changes.open, pause_seconds=0.01)
    yield watcher
    watcher.close()


def settled(event: threading.Event) -> threading.Event:
    """The event after the first wake, which every newcomer may get."""
    event.clear()
    return event


def test_only_who_waits_for_it_is_woken(watcher: Watcher, changes: Changes):
    with watcher.watching("adas") as adas, watcher.watching("bens") as bens:
        eventually(lambda: changes.opened)
        adas.wait(1)
        settled(bens)
        settled(adas)
        changes.told.put({"adas"})
        assert adas.wait(5)
        assert not bens.is_set()


def test_two_who_wait_for_the_same_are_both_woken(watcher: Watcher, changes: Changes):
    with watcher.watching("adas") as one, watcher.watching("adas") as two:
        changes.told.put({"adas"})
        assert one.wait(5)
        assert two.wait(5)


def test_the_thread_starts_with_the_first_who_waits(watcher: Watcher, changes: Changes):
    assert changes.opened == 0
    with watcher.watching("adas"):
        eventually(lambda: changes.opened == 1)
    with watcher.watching("bens"), watcher.watching("olgas"):
        pass
    assert changes.opened == 1


def test_who_came_before_the_looking_began_looks_once_more(watcher: Watcher, changes: Changes):
    """What changed in between would be missed otherwise."""
    with watcher.watching("adas") as adas:
        assert adas.wait(5)


def test_trouble_in_the_middle_ends_nothing_and_everybody_looks_once_more(
    watcher: Watcher, changes: Changes
):
    with watcher.watching("adas") as adas:
        adas.wait(5)
        settled(adas)
        changes.refusals = 2
        changes.told.put(ConnectionError())
        assert adas.wait(5)
        settled(adas)
        changes.told.put({"adas"})
        assert adas.wait(5)
    assert changes.closed == 1


def test_trouble_at_the_start_ends_nothing(watcher: Watcher, changes: Changes):
    changes.refusals = 3
    with watcher.watching("adas") as adas:
        assert adas.wait(5)


def test_at_the_end_everybody_wakes_and_the_looking_stops(watcher: Watcher, changes: Changes):
    with watcher.watching("adas") as adas:
        adas.wait(5)
        settled(adas)
        watcher.close()
        assert adas.wait(5)
        eventually(lambda: changes.closed == changes.opened)


def test_after_the_end_nobody_starts_it_again(watcher: Watcher, changes: Changes):
    watcher.close()
    with watcher.watching("adas"):
        assert changes.opened == 0
