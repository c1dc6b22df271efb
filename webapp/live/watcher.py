"""One thread per process that waits for changes and passes on the ids of changed onboardings."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

#: Seconds until the source is opened again after an error.
RETRY_SECONDS = 1.0

#: Called in every turn with the ids changed since the last one, mostly none. None means that
#: changes may have been missed, so any onboarding may have changed.
OnChange = Callable[[set[str] | None], None]


class ChangeSource(Protocol):
    """`wait` blocks briefly and returns the ids changed since the last call.

    Both methods may raise anything: the source is then closed and opened again.
    """

    def wait(self) -> set[str]: ...

    def close(self) -> None: ...


class Watcher:
    """The thread starts with the first `start`, so that it lives in the process that waits."""

    def __init__(
        self, open_source: Callable[[], ChangeSource], retry_seconds: float = RETRY_SECONDS
    ) -> None:
        self._open_source = open_source
        self._retry_seconds = retry_seconds
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def start(self, on_change: OnChange) -> None:
        """Have `on_change` called in the watcher's thread. Safe to call more than once.

        When `on_change` raises, it is called again with None. Raises RuntimeError when no thread
        can be started; the next call tries again.
        """
        with self._lock:
            if self._thread is None and not self.closed:
                thread = threading.Thread(
                    target=self._run, args=(on_change,), name="watcher", daemon=True
                )
                thread.start()
                self._thread = thread

    def close(self, wait_seconds: float = 0) -> None:
        """Stop the thread; wait at most `wait_seconds` for its end."""
        with self._lock:
            self._stopping.set()
        if self._thread is not None:
            self._thread.join(wait_seconds)

    @property
    def closed(self) -> bool:
        return self._stopping.is_set()

    def _run(self, on_change: OnChange) -> None:
        while not self.closed:
            try:
                self._watch(on_change)
            except Exception:  # noqa: BLE001 - the watcher must survive any database error
                self._stopping.wait(self._retry_seconds)

    def _watch(self, on_change: OnChange) -> None:
        source = self._open_source()
        try:
            on_change(None)  # changes before this moment have not been seen
            while not self.closed:
                on_change(source.wait())
        finally:
            source.close()
