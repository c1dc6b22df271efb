"""What one jobs process has been given to do and has not done yet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

#: An onboarding, and for when its read was planned.
Key = tuple[str, datetime]


class InFlight:
    """Kept by the thread that hands over and by those that do it. When no more than `few` are
    left, `needs_more` is called."""

    def __init__(self, few: int, needs_more: Callable[[], None]) -> None:
        self._few = few
        self._needs_more = needs_more
        self._lock = threading.Lock()
        self._keys: set[Key] = set()

    def all(self) -> frozenset[Key]:
        with self._lock:
            return frozenset(self._keys)

    def add(self, key: Key) -> None:
        with self._lock:
            self._keys.add(key)

    def remove(self, key: Key) -> None:
        """It has been done, or is not ours; one that is not in hand is no mistake."""
        with self._lock:
            self._keys.discard(key)
            few = len(self._keys) <= self._few
        if few:
            self._needs_more()
