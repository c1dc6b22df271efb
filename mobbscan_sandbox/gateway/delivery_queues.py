"""Sending from threads: notices of one process leave in order, those of others at once."""

import threading
from collections import deque
from collections.abc import Callable

from mobbscan_sandbox.gateway.delivery import Delivery


class DeliveryQueues:
    """A queue and a thread for each process that has something to send."""

    def __init__(self, send: Callable[[Delivery], None], shuffle_ms: Callable[[], int]) -> None:
        self._send = send
        self._shuffle_ms = shuffle_ms
        self._lock = threading.Lock()
        self._lanes: dict[str, deque[Delivery]] = {}
        self._threads: set[threading.Thread] = set()
        self.closing = threading.Event()

    def put(self, delivery: Delivery) -> None:
        """Send it when those before it are gone."""
        with self._lock:
            if self.closing.is_set():
                return
            lane = self._lanes.get(delivery.verification_id)
            if lane is not None:
                lane.append(delivery)
                return
            self._lanes[delivery.verification_id] = deque([delivery])
            thread = threading.Thread(
                target=self._drain, args=[delivery.verification_id], daemon=True
            )
            self._threads.add(thread)
            thread.start()

    def clear(self) -> None:
        """Forget what is not sent yet."""
        with self._lock:
            for lane in self._lanes.values():
                lane.clear()

    def close(self) -> None:
        """Stop, when what is under way has arrived."""
        with self._lock:
            self.closing.set()
            sending = tuple(self._threads)
        for thread in sending:
            thread.join()

    def _drain(self, verification_id: str) -> None:
        # A shuffled lane waits for company, and then its last comes first.
        while not self.closing.wait(self._shuffle_ms() / 1000):
            delivery = self._next(verification_id, last=self._shuffle_ms() > 0)
            if delivery is None:
                return
            self._send(delivery)

    def _next(self, verification_id: str, *, last: bool) -> Delivery | None:
        with self._lock:
            lane = self._lanes[verification_id]
            if lane:
                return lane.pop() if last else lane.popleft()
            del self._lanes[verification_id]
            self._threads.discard(threading.current_thread())
            return None
