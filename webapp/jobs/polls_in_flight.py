"""The polls that this jobs process has enqueued and not finished."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

#: An onboarding's id, and the time (aware UTC) for which its poll was planned.
PollKey = tuple[str, datetime]


class PollsInFlight:
    """A set shared by the thread that enqueues and the threads that poll.

    `needs_more` is called whenever no more than `low_mark` keys are left.
    """

    def __init__(self, low_mark: int, needs_more: Callable[[], None]) -> None:
        self._low_mark = low_mark
        self._needs_more = needs_more
        self._lock = threading.Lock()
        self._keys: set[PollKey] = set()

    def all(self) -> frozenset[PollKey]:
        with self._lock:
            return frozenset(self._keys)

    def add(self, key: PollKey) -> None:
        with self._lock:
            self._keys.add(key)

    def remove(self, key: PollKey) -> None:
        """Remove a finished key; an unknown key is ignored."""
        with self._lock:
            self._keys.discard(key)
            is_low = len(self._keys) <= self._low_mark
        if is_low:
            self._needs_more()
