"""Send notices from threads: in order per process, in parallel across processes."""

import threading
from collections import deque
from collections.abc import Callable

from mobbscan_sandbox.gateway.delivery import Delivery


class DeliveryQueues:
    """A queue and a thread for each process with unsent notices."""

    def __init__(self, send: Callable[[Delivery], None], shuffle_ms: Callable[[], int]) -> None:
        self._send = send
        self._shuffle_ms = shuffle_ms
        self._lock = threading.Lock()
        self._queues: dict[str, deque[Delivery]] = {}
        self._threads: set[threading.Thread] = set()
        self.closing = threading.Event()

    def put(self, delivery: Delivery) -> None:
        """Queue a notice behind the earlier ones of its process."""
        with self._lock:
            if self.closing.is_set():
                return
            queue = self._queues.get(delivery.verification_id)
            if queue is not None:
                queue.append(delivery)
                return
            self._queues[delivery.verification_id] = deque([delivery])
            thread = threading.Thread(
                target=self._drain, args=[delivery.verification_id], daemon=True
            )
            self._threads.add(thread)
            thread.start()

    def clear(self) -> None:
        """Drop all unsent notices."""
        with self._lock:
            for queue in self._queues.values():
                queue.clear()

    def close(self) -> None:
        """Stop after the notices that are being sent now."""
        with self._lock:
            self.closing.set()
            threads = tuple(self._threads)
        for thread in threads:
            thread.join()

    def _drain(self, verification_id: str) -> None:
        # A shuffled queue waits for further notices and then sends the last one first.
        while not self.closing.wait(self._shuffle_ms() / 1000):
            delivery = self._next(verification_id, last=self._shuffle_ms() > 0)
            if delivery is None:
                return
            self._send(delivery)

    def _next(self, verification_id: str, *, last: bool) -> Delivery | None:
        with self._lock:
            queue = self._queues[verification_id]
            if queue:
                return queue.pop() if last else queue.popleft()
            del self._queues[verification_id]
            self._threads.discard(threading.current_thread())
            return None
