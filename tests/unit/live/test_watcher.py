"""One thread per process looks, tells what has changed, and outlives every trouble."""

import queue
from collections.abc import Iterator

import pytest

from tests.support.eventually import eventually
from tests.support.threads import no_thread_once
from webapp.live.watcher import Watcher


class Changes:
    """Where a test says what has changed; trouble in the queue is raised."""

    def __init__(self) -> None:
        self.said: queue.JobQueue[set[str] | Exception] = queue.JobQueue()
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
            said = self.said.get(timeout=0.01)
        except queue.Empty:
            return set()
        if isinstance(said, Exception):
            raise said
        return said

    def close(self) -> None:
        self.closed += 1


class Told(list[set[str] | None]):
    """What was told, without the turns in which nothing was; raises what is in `trouble`."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble: list[Exception] = []
        self.turns = 0

    def __call__(self, touched: set[str] | None) -> None:
        self.turns += 1
        if touched is None or touched:
            self.append(touched)
        if self.trouble:
            raise self.trouble.pop()


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def watcher(changes: Changes) -> Iterator[Watcher]:
    watcher = Watcher(changes.open, pause_seconds=0.01)
    yield watcher
    watcher.close()
    eventually(lambda: changes.closed == changes.opened)


def test_what_has_changed_is_told_after_a_first_look_at_everything(
    watcher: Watcher, changes: Changes, told: Told
):
    """What changed before the looking began would be missed otherwise."""
    watcher.start(told)
    changes.said.put({"adas"})
    eventually(lambda: told == [None, {"adas"}])


def test_turns_without_a_change_are_told_too(watcher: Watcher, told: Told):
    watcher.start(told)
    eventually(lambda: told.turns > 3)
    assert told == [None]


def test_the_thread_starts_when_it_is_asked_to_and_only_once(
    watcher: Watcher, changes: Changes, told: Told
):
    assert changes.opened == 0
    watcher.start(told)
    watcher.start(told)
    changes.said.put({"adas"})
    eventually(lambda: {"adas"} in told)
    assert changes.opened == 1


def test_trouble_in_the_middle_ends_nothing_and_everything_is_looked_at_once_more(
    watcher: Watcher, changes: Changes, told: Told
):
    watcher.start(told)
    eventually(lambda: told == [None])
    changes.refusals = 2
    changes.said.put(ConnectionError())
    eventually(lambda: told == [None, None])
    changes.said.put({"adas"})
    eventually(lambda: told == [None, None, {"adas"}])


def test_trouble_of_whoever_is_told_is_made_good_by_a_look_at_everything(
    watcher: Watcher, changes: Changes, told: Told
):
    watcher.start(told)
    eventually(lambda: told == [None])
    told.trouble = [ConnectionError(), ConnectionError()]
    changes.said.put({"adas"})
    eventually(lambda: not told.trouble)
    eventually(lambda: told[-1] is None)
    changes.said.put({"bens"})
    eventually(lambda: told[-1] == {"bens"})


def test_trouble_at_the_start_ends_nothing(watcher: Watcher, changes: Changes, told: Told):
    changes.refusals = 3
    watcher.start(told)
    eventually(lambda: told == [None])


def test_after_the_end_nobody_starts_it_again(watcher: Watcher, changes: Changes, told: Told):
    watcher.close()
    watcher.start(told)
    assert changes.opened == 0


def test_where_no_thread_is_to_be_had_the_next_start_has_one(
    watcher: Watcher, told: Told, monkeypatch: pytest.MonkeyPatch
):
    no_thread_once(monkeypatch)
    with pytest.raises(RuntimeError):
        watcher.start(told)
    watcher.start(told)
    eventually(lambda: told == [None])
