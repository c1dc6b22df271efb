"""See changes by polling the database, which costs microseconds on SQLite."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

#: Seconds between two polls of `PRAGMA data_version`.
SQLITE_SECONDS = 0.005


class ChangeProbe(Protocol):
    """Reports whether another connection has committed, and which onboardings it changed."""

    def moved(self) -> bool: ...

    def touched(self) -> set[str]: ...

    def close(self) -> None: ...


class PollingSource:
    """Implements `live.watcher.ChangeSource` by polling."""

    def __init__(self, open_probe: Callable[[], ChangeProbe], interval_seconds: float) -> None:
        self._interval = interval_seconds
        self._probe = open_probe()

    def wait(self) -> set[str]:
        time.sleep(self._interval)
        return self._probe.touched() if self._probe.moved() else set()

    def close(self) -> None:
        self._probe.close()
