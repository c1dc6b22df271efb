"""One thread per process looks whether anything changed, and wakes whoever waits for it."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

#: After trouble: the database may be away for a moment.
PAUSE_SECONDS = 1.0


class Changes(Protocol):
    """Where changes are seen. `wait` blocks briefly and gives the ids touched since last time.

    Both may raise anything: it is closed and opened again.
    """

    def wait(self) -> set[str]: ...

    def close(self) -> None: ...


class Watcher:
    """The thread starts with the first waiter, so that it lives in the process that waits."""

    def __init__(
        self, open_changes: Callable[[], Changes], pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._open = open_changes
        self._pause_seconds = pause_seconds
        self._lock = threading.Lock()
        self._waiting: dict[str, set[threading.Event]] = defaultdict(set)
        self._thread: threading.Thread | None = None
        self.closed = False

    @contextmanager
    def watching(self, onboarding_id: str) -> Iterator[threading.Event]:
        """An event that is set whenever this onboarding has changed."""
        event = threading.Event()
        with self._lock:
            self._waiting[onboarding_id].add(event)
            if self._thread is None and not self.closed:
                self._thread = threading.Thread(target=self._look, name="watcher", daemon=True)
                self._thread.start()
        try:
            yield event
        finally:
            with self._lock:
                self._waiting[onboarding_id].discard(event)
                if not self._waiting[onboarding_id]:
                    del self._waiting[onboarding_id]

    def close(self) -> None:
        """Wake everybody for the last time; streams end."""
        self.closed = True
        self._wake_all()

    def _look(self) -> None:
        while not self.closed:
            try:
                self._look_until_trouble()
            except Exception:  # noqa: BLE001 - the watcher must outlive any trouble of the database
                time.sleep(self._pause_seconds)

    def _look_until_trouble(self) -> None:
        changes = self._open()
        try:
            self._wake_all()  # what changed while nobody was looking is not missed
            while not self.closed:
                for onboarding_id in changes.wait():
                    self._wake(onboarding_id)
        finally:
            changes.close()

    def _wake_all(self) -> None:
        with self._lock:
            for events in self._waiting.values():
                for event in events:
                    event.set()

    def _wake(self, onboarding_id: str) -> None:
        with self._lock:
            for event in self._waiting.get(onboarding_id, ()):
                event.set()
