"""One thread per process looks whether anything has changed, and tells what."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

#: After trouble: the database may be away for a moment.
PAUSE_SECONDS = 1.0

#: Told the ids touched since last time, in every turn, so mostly none. None: it was not
#: looking for a while, and anything may have changed.
Told = Callable[[set[str] | None], None]


class Changes(Protocol):
    """Where changes are seen. `wait` blocks briefly and gives the ids touched since last time.

    Both may raise anything: it is closed and opened again.
    """

    def wait(self) -> set[str]: ...

    def close(self) -> None: ...


class Watcher:
    """The thread starts with the first `start`, so that it lives in the process that waits."""

    def __init__(
        self, open_changes: Callable[[], Changes], pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._open = open_changes
        self._pause_seconds = pause_seconds
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()

    def start(self, told: Told) -> None:
        """Have `told` called in the watcher's thread; more than once does no harm.

        When `told` raises it is told again, and then that anything may have changed.
        """
        with self._lock:
            if self._thread is None and not self.closed:
                thread = threading.Thread(
                    target=self._look, args=(told,), name="watcher", daemon=True
                )
                thread.start()  # where no thread is to be had, the next one tries again
                self._thread = thread

    def close(self, wait_seconds: float = 0) -> None:
        """The thread ends soon; wait so long for it."""
        with self._lock:
            self._ending.set()
        if self._thread is not None:
            self._thread.join(wait_seconds)

    @property
    def closed(self) -> bool:
        return self._ending.is_set()

    def _look(self, told: Told) -> None:
        while not self.closed:
            try:
                self._look_until_trouble(told)
            except Exception:  # noqa: BLE001 - the watcher must outlive any trouble of the database
                self._ending.wait(self._pause_seconds)

    def _look_until_trouble(self, told: Told) -> None:
        changes = self._open()
        try:
            told(None)  # what changed while nobody was looking is not missed
            while not self.closed:
                told(changes.wait())
        finally:
            changes.close()
