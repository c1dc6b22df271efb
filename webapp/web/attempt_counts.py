"""Count attempts per minute in memory, and share the counts with all nodes once a second.

A request never waits for the database: it is counted and refused in memory. A thread adds what is
new to the shared counts, at most once a second, and learns what the other processes have counted.
Why not the library `limits`: docs/decisions/0018.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from webapp.domain.limit_counts import LimitCount, LimitTotal
from webapp.web.request_log import log

#: Stores counts and returns the totals of their keys; None if nothing could be stored.
Share: TypeAlias = Callable[[Sequence[LimitCount]], Sequence[LimitTotal] | None]
#: The most keys that one process remembers; the one that has been quiet longest is dropped.
MAX_KEYS = 10_000
SHARE_SECONDS = 1.0
MINUTE = 60


@dataclass(frozen=True)
class Allowance:
    """Whether an attempt is within the limit, and how many more are.

    `wait_seconds`: for a refused attempt, after how many whole seconds one is allowed.
    `reset_seconds`: whole seconds until the current minute ends.
    """

    is_allowed: bool
    remaining: int
    wait_seconds: int
    reset_seconds: int


@dataclass
class _Window:
    """Attempts of a key in `minute` (Unix time) and in the one before, as far as known here."""

    minute: int
    previous: int = 0
    current: int = 0

    def move_to(self, minute: int) -> None:
        is_set_back = minute < self.minute - 1  # the clock, by more than a minute
        if minute > self.minute or is_set_back:
            self.previous = self.current if minute == self.minute + 1 else 0
            self.minute, self.current = minute, 0

    def seconds_left(self, now: float) -> float:
        """Return the rest of the minute. A node whose clock is ahead may have begun a later one."""
        return min(float(MINUTE), (self.minute + 1) * MINUTE - now)

    def weight(self, now: float) -> float:
        """Return the attempts of the last 60 s, as if those of each minute were evenly spread."""
        return self.previous * self.seconds_left(now) / MINUTE + self.current

    def wait_seconds(self, limit: int, now: float) -> int:
        """Return after how many whole seconds `weight` falls below `limit`."""
        left = self.seconds_left(now)
        if self.current >= limit:
            wait = left + MINUTE * (1 - limit / self.current)
        else:
            wait = left - MINUTE * (limit - self.current) / max(1, self.previous)
        return max(1, math.floor(wait) + 1)


class AttemptCounts:
    """Sliding window counters of a minute, by key. Safe for threads; not shared across a fork."""

    def __init__(
        self,
        share: Share,
        *,
        max_keys: int = MAX_KEYS,
        clock: Callable[[], float] = time.time,
        share_seconds: float = SHARE_SECONDS,
    ) -> None:
        self._share = share
        self._max_keys = max_keys
        self._clock = clock
        self._share_seconds = share_seconds
        self._windows: OrderedDict[str, _Window] = OrderedDict()
        self._unshared: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()
        self._has_unshared = threading.Event()
        self._sharer: threading.Thread | None = None

    def count(self, key: str, limit: int) -> Allowance:
        """Count an attempt. One beyond the limit is refused and not counted."""
        now = self._clock()
        with self._lock:
            window = self._open_window(key, _minute_of(now))
            allowance = _allowance(window, limit, now)
            if allowance.is_allowed:
                window.current += 1
                self._unshared[key, window.minute] += 1
                self._start_sharing()
            return allowance

    def check(self, key: str, limit: int) -> Allowance:
        """Return whether an attempt would be allowed, without counting one."""
        now = self._clock()
        with self._lock:
            window = self._windows.get(key) or _Window(_minute_of(now))
            window.move_to(_minute_of(now))
            return _allowance(window, limit, now)

    def exchange(self) -> None:
        """Share what has been counted since the last time, and take over the totals."""
        with self._lock:
            taken, self._unshared = self._unshared, Counter()
            self._has_unshared.clear()
        if not taken:
            return
        totals = self._share([LimitCount(*each, count) for each, count in taken.items()])
        with self._lock:
            if totals is None:
                self._keep_unshared(taken)
            for total in totals or ():
                self._take_over(total)

    def _open_window(self, key: str, minute: int) -> _Window:
        window = self._windows.setdefault(key, _Window(minute))
        self._windows.move_to_end(key)
        window.move_to(minute)
        if len(self._windows) > self._max_keys:
            self._windows.popitem(last=False)
        return window

    def _take_over(self, total: LimitTotal) -> None:
        window = self._windows.get(total.key)
        if window is None or total.minute > _minute_of(self._clock()) + 1:
            return  # dropped meanwhile, or counted by a clock that is wrong
        if total.minute > window.minute:
            window.move_to(total.minute)
        unshared = self._unshared[total.key, total.minute]
        if window.minute == total.minute:
            window.previous = total.previous
            window.current = total.current + unshared
        elif window.minute == total.minute + 1:
            window.previous = total.current + unshared

    def _keep_unshared(self, taken: Counter[tuple[str, int]]) -> None:
        """Keep what still matters for the next exchange, up to the number of remembered keys."""
        oldest = _minute_of(self._clock()) - 1
        kept = [each for each in taken.items() if each[0][1] >= oldest]
        self._unshared.update(dict(kept[-self._max_keys :]))

    def _start_sharing(self) -> None:
        self._has_unshared.set()
        if self._sharer is None:
            sharer = threading.Thread(target=self._share_for_ever, name="limit-counts", daemon=True)
            with suppress(RuntimeError):  # no thread can be started: try again at the next attempt
                sharer.start()
                self._sharer = sharer

    def _share_for_ever(self) -> None:
        while True:
            self._has_unshared.wait()
            try:
                self.exchange()
            except Exception as error:  # noqa: BLE001 - a later exchange may succeed
                log().error("limit_counts_share_failed", error=type(error).__name__)
            time.sleep(self._share_seconds)


def _minute_of(now: float) -> int:
    return int(now // MINUTE)


def _allowance(window: _Window, limit: int, now: float) -> Allowance:
    """Return the allowance of the next attempt; `remaining` is what is left after it."""
    used = math.floor(window.weight(now))
    is_allowed = used < limit
    return Allowance(
        is_allowed,
        remaining=max(0, limit - used - 1),
        wait_seconds=0 if is_allowed else window.wait_seconds(limit, now),
        reset_seconds=max(1, math.ceil(window.seconds_left(now))),
    )
