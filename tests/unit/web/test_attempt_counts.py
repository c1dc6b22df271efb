"""Sliding window counters in memory, shared by several processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from webapp.domain.limit_counts import LimitCount, LimitTotal
from webapp.web.attempt_counts import AttemptCounts

BEGIN = 1_800_000_000.0  # the first second of a minute


@dataclass
class SharedCounts:
    """What the database does, in memory; `calls` records each exchange."""

    totals: dict[tuple[str, int], int] = field(default_factory=dict)
    calls: list[list[LimitCount]] = field(default_factory=list)
    is_available: bool = True

    def share(self, counts: Sequence[LimitCount]) -> list[LimitTotal] | None:
        if not self.is_available:
            return None
        self.calls.append(list(counts))
        for each in counts:
            place = each.key, each.minute
            self.totals[place] = self.totals.get(place, 0) + each.count
        return [
            LimitTotal(
                each.key,
                each.minute,
                self.totals.get((each.key, each.minute - 1), 0),
                self.totals[each.key, each.minute],
            )
            for each in counts
        ]


@dataclass
class Clock:
    now: float = BEGIN

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shared() -> SharedCounts:
    return SharedCounts()


def process(shared: SharedCounts, clock: Clock, **more: int) -> AttemptCounts:
    """Return the counts of a process that exchanges them only when the test says so."""
    counts = AttemptCounts(shared.share, clock=clock, **more)
    counts._start_sharing = lambda: None  # type: ignore[method-assign]
    return counts


def allowed(counts: AttemptCounts, attempts: int, limit: int = 30, key: str = "k") -> int:
    return sum(counts.count(key, limit).is_allowed for _ in range(attempts))


def test_count_allows_the_limit_and_refuses_the_next(clock: Clock, shared: SharedCounts) -> None:
    counts = process(shared, clock)
    assert allowed(counts, 40) == 30
    assert counts.count("other", 30).is_allowed


def test_count_refused_attempt_names_a_wait_after_which_one_is_allowed(
    clock: Clock, shared: SharedCounts
) -> None:
    counts = process(shared, clock)
    for seconds in (0.0, 15.5, 59.9, 61.0, 7.3, 44.0, 300.0):
        clock.now += seconds
        allowed(counts, 40)
        wait = counts.count("k", 30).wait_seconds
        clock.now += wait - 1.01
        assert not counts.check("k", 30).is_allowed, (seconds, wait)
        clock.now += 1.01
        assert counts.check("k", 30).is_allowed, (seconds, wait)


def test_count_across_the_change_of_the_minute_does_not_begin_anew(
    clock: Clock, shared: SharedCounts
) -> None:
    counts = process(shared, clock)
    clock.now = BEGIN + 59
    assert allowed(counts, 30) == 30
    clock.now = BEGIN + 61
    assert allowed(counts, 30) <= 1
    clock.now = BEGIN + 180
    assert allowed(counts, 40) == 30


def test_check_counts_nothing(clock: Clock, shared: SharedCounts) -> None:
    counts = process(shared, clock)
    assert all(counts.check("k", 1).is_allowed for _ in range(5))
    assert counts.count("k", 1).is_allowed
    assert not counts.check("k", 1).is_allowed


def test_count_remaining_falls_to_zero(clock: Clock, shared: SharedCounts) -> None:
    counts = process(shared, clock)
    found = [counts.count("k", 3) for _ in range(4)]
    assert [each.remaining for each in found] == [2, 1, 0, 0]
    assert found[0].reset_seconds == 60


def test_exchange_makes_the_limit_hold_over_processes(clock: Clock, shared: SharedCounts) -> None:
    one, two = process(shared, clock), process(shared, clock)
    assert allowed(one, 29) == 29
    one.exchange()
    assert two.count("k", 30).is_allowed  # two cannot know yet
    two.exchange()
    assert not two.count("k", 30).is_allowed
    clock.now += 61  # and in the next minute it still weighs
    assert allowed(two, 30) < 3


def test_exchange_keeps_what_was_counted_meanwhile(clock: Clock, shared: SharedCounts) -> None:
    counts = process(shared, clock)
    allowed(counts, 5)
    share = shared.share

    def share_slowly(given: Sequence[LimitCount]) -> list[LimitTotal] | None:
        allowed(counts, 7)  # as requests do while the database works
        return share(given)

    counts._share = share_slowly
    counts.exchange()
    assert counts.check("k", 30).remaining == 30 - 12 - 1
    counts._share = share
    counts.exchange()
    assert shared.totals == {("k", int(BEGIN // 60)): 12}


def test_exchange_without_database_counts_on_and_shares_later(
    clock: Clock, shared: SharedCounts
) -> None:
    counts = process(shared, clock)
    shared.is_available = False
    assert allowed(counts, 20) == 20
    counts.exchange()
    assert allowed(counts, 20) == 10
    shared.is_available = True
    counts.exchange()
    assert sum(shared.totals.values()) == 30


def test_exchange_in_a_later_minute_drops_what_no_longer_matters(
    clock: Clock, shared: SharedCounts
) -> None:
    counts = process(shared, clock)
    shared.is_available = False
    allowed(counts, 20)
    clock.now += 180
    counts.exchange()
    shared.is_available = True
    counts.exchange()
    assert shared.calls == []


def test_count_after_the_clock_was_set_back_begins_anew(clock: Clock, shared: SharedCounts) -> None:
    counts = process(shared, clock)
    assert allowed(counts, 30) == 30
    clock.now -= 3600
    assert allowed(counts, 30) == 30


def test_exchange_ignores_totals_of_a_clock_that_is_wrong(
    clock: Clock, shared: SharedCounts
) -> None:
    counts = process(shared, clock)
    allowed(counts, 3)
    ahead = int(BEGIN // 60) + 60
    counts._share = lambda _: [LimitTotal("k", ahead, 0, 1000)]
    counts.exchange()
    assert counts.check("k", 30).is_allowed


def test_refused_attempts_are_not_shared(clock: Clock, shared: SharedCounts) -> None:
    counts = process(shared, clock)
    allowed(counts, 1000)
    counts.exchange()
    allowed(counts, 1000)
    counts.exchange()
    assert shared.calls == [[LimitCount("k", int(BEGIN // 60), 30)]]


def test_count_of_more_keys_than_the_maximum_drops_the_quietest(
    clock: Clock, shared: SharedCounts
) -> None:
    counts = process(shared, clock, max_keys=100)
    allowed(counts, 30, key="attacker")
    for number in range(99):
        counts.count(f"other-{number}", 30)
    assert not counts.count("attacker", 30).is_allowed
    for number in range(1000):
        counts.count(f"more-{number}", 30)
    assert len(counts._windows) == 100


def test_sharing_thread_exchanges_at_most_once_in_its_interval(shared: SharedCounts) -> None:
    counts = AttemptCounts(shared.share, share_seconds=0.2)
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        counts.count("k", 1_000_000)
        time.sleep(0.001)
    assert 1 <= len(shared.calls) <= 6


def test_count_from_many_threads_allows_exactly_the_limit(
    clock: Clock, shared: SharedCounts
) -> None:
    counts = process(shared, clock)
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(allowed(counts, 200, limit=500)))
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(found) == 500
