"""Seeing changes by looking at the database, which is cheap on SQLite."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

#: Between two looks, in seconds. `PRAGMA data_version` costs microseconds.
SQLITE_SECONDS = 0.005


class Probe(Protocol):
    """Tells whether another connection has committed, and what it touched."""

    def moved(self) -> bool: ...

    def touched(self) -> set[str]: ...

    def close(self) -> None: ...


class PollingSource:
    """Implements `live.watcher.Changes`."""

    def __init__(self, open_probe: Callable[[], Probe], interval_seconds: float) -> None:
        self._interval = interval_seconds
        self._probe = open_probe()

    def wait(self) -> set[str]:
        time.sleep(self._interval)
        return self._probe.touched() if self._probe.moved() else set()

    def close(self) -> None:
        self._probe.close()
