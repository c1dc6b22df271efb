"""Keep an answer of the identity provider for a while, and limit how often it is fetched anew."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

#: A changed discovery document or a withdrawn key has its effect after this time.
_MAX_AGE_SECONDS = 600.0
#: An identity provider that signs wrongly must not be asked for its keys at every login.
_MAX_REFETCHES = 3
_REFETCH_WINDOW_SECONDS = 60.0


class CachedAnswer(Generic[T]):
    """The result of `load`, which is called again when it is older than `max_age_seconds`."""

    def __init__(self, load: Callable[[], T], max_age_seconds: float = _MAX_AGE_SECONDS) -> None:
        self._load = load
        self._max_age_seconds = max_age_seconds
        #: In one tuple, since threads replace it without a lock: two may load at the same time.
        self._kept: tuple[float, T] | None = None

    def get(self) -> T:
        """Return the answer. Raises what `load` raises."""
        kept = self._kept
        if kept is None or time.monotonic() - kept[0] > self._max_age_seconds:
            kept = self._kept = (time.monotonic(), self._load())
        return kept[1]

    def forget(self) -> None:
        """Load anew at the next use."""
        self._kept = None


class RefetchLimit:
    """Allows three events in any minute of this process."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=_MAX_REFETCHES)
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Count an event, unless the limit is reached; return whether it is allowed."""
        now = time.monotonic()
        with self._lock:
            is_full = len(self._times) == _MAX_REFETCHES
            if is_full and now - self._times[0] < _REFETCH_WINDOW_SECONDS:
                return False
            self._times.append(now)
            return True
