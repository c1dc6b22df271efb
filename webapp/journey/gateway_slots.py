"""Limit how many requests of host sites wait for the gateway at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: Of the 64 threads of a web worker: a slow gateway must leave threads for users and notices.
MAX_WAITING = 16


class GatewaySlots:
    """The slots of one process."""

    def __init__(self, number: int = MAX_WAITING) -> None:
        self._free = threading.Semaphore(number)

    @contextmanager
    def try_take(self) -> Iterator[bool]:
        """Take a slot for the block without waiting; yield whether there was one."""
        taken = self._free.acquire(blocking=False)
        try:
            yield taken
        finally:
            if taken:
                self._free.release()
