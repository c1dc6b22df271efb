"""Seeing changes by looking at the database: cheap on SQLite, slower but right on PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

#: Between two looks, in seconds. `PRAGMA data_version` costs microseconds.
SQLITE_SECONDS = 0.01
POSTGRES_SECONDS = 0.25
#: After an error, in seconds: the database may be away for a moment.
PAUSE_SECONDS = 1.0


class Probe(Protocol):
    """Tells whether another connection has committed, and what it touched."""

    def moved(self) -> bool: ...

    def touched(self) -> set[str]: ...

    def close(self) -> None: ...


class Polling:
    """Implements `live.watcher.Changes`."""

    def __init__(self, open_probe: Callable[[], Probe], interval_seconds: float) -> None:
        self._open = open_probe
        self._interval = interval_seconds
        self._probe = open_probe()

    def wait(self) -> set[str]:
        time.sleep(self._interval)
        try:
            return self._probe.touched() if self._probe.moved() else set()
        except Exception:  # noqa: BLE001 - the watcher must outlive any trouble of the database
            self._recover()
            return set()

    def close(self) -> None:
        self._probe.close()

    def _recover(self) -> None:
        time.sleep(PAUSE_SECONDS)
        self._probe.close()
        self._probe = self._open()
