"""Notices to the integrator (contract, section 5): sent from threads, each attempt logged."""

import json
import logging
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import httpx

from webapp.sandbox.gateway.clock import Clock, written
from webapp.sandbox.gateway.deliveries import Delivery
from webapp.sandbox.gateway.options import Webhook
from webapp.sandbox.gateway.switches import Switches

_TIMEOUT_SECONDS = 5.0
_KEPT = 5000


@cache
def _trusted_authorities() -> ssl.SSLContext:
    # Reading the bundle takes longer than everything else at the start.
    return ssl.create_default_context()


log = logging.getLogger("mobbscan.sandbox")


class Notices:
    """Keeps the log and sends. Notices of one process leave in order, those of others at once."""

    def __init__(self, webhook: Webhook, clock: Clock, switches: Callable[[], Switches]) -> None:
        self.webhook = webhook
        self._clock = clock
        self._switches = switches
        self._lock = threading.Lock()
        self._log: deque[Delivery] = deque(maxlen=_KEPT)
        self._lanes: dict[str, deque[Delivery]] = {}
        self._threads: set[threading.Thread] = set()
        self._closing = threading.Event()
        self._client = httpx.Client(
            timeout=_TIMEOUT_SECONDS, trust_env=False, verify=_trusted_authorities()
        )

    def record(self, verification_id: str, status: str) -> Delivery:
        """Write down a notice that a change of state calls for; sending it is a second step."""
        mode = self._switches().notices
        delivery = Delivery(verification_id, status, "state", written(self._clock.now()))
        if mode == "never" or self.webhook.url is None:
            delivery.state = "dropped"
        elif mode == "hold":
            delivery.state = "held"
        delivery.copies = 2 if mode == "twice" else 1
        self._log.append(delivery)
        return delivery

    def dispatch(self, deliveries: Iterable[Delivery]) -> None:
        """Send from threads and return at once. Held and dropped ones stay where they are."""
        for delivery in deliveries:
            if delivery.state == "queued":
                self._put_in_lane(delivery)

    def send_now(self, delivery: Delivery) -> None:
        """Send and return when the receiver has answered or given up on us."""
        attempts = self._switches().notice_attempts
        for attempt in range(attempts):
            if attempt and self._closing.wait(0.5 * 2 ** (attempt - 1)):
                return
            if self._attempt(delivery):
                return

    def forge(self, verification_id: str, status: str, headers: dict[str, str] | None) -> Delivery:
        """Send a notice that nothing in this gateway gave cause for."""
        now = written(self._clock.now())
        delivery = Delivery(verification_id, status, "forged", now, headers=headers)
        self._log.append(delivery)
        self._attempt(delivery)
        return delivery

    def release(self) -> list[Delivery]:
        """Send everything that is held, in the order in which it was held back."""
        held = [delivery for delivery in self._all() if delivery.state == "held"]
        for delivery in held:
            delivery.state = "queued"
        self.dispatch(held)
        return held

    def find(self, delivery_id: str) -> Delivery | None:
        """Return one line of the log."""
        return next((each for each in self._all() if each.id == delivery_id), None)

    def shown(self, verification_id: str | None = None) -> list[dict[str, Any]]:
        """Return the log, newest first."""
        return [
            delivery.shown()
            for delivery in reversed(self._all())
            if verification_id in (None, delivery.verification_id)
        ]

    def forget(self) -> None:
        """Empty the log; what is not sent yet never will be."""
        with self._lock:
            self._log.clear()
            for lane in self._lanes.values():
                lane.clear()

    def close(self) -> None:
        """Stop sending, when what is under way has arrived, and let go of the connections."""
        with self._lock:
            self._closing.set()
            sending = tuple(self._threads)
        for thread in sending:
            thread.join()
        self._client.close()

    def _all(self) -> list[Delivery]:
        with self._lock:
            return list(self._log)

    def _put_in_lane(self, delivery: Delivery) -> None:
        with self._lock:
            if self._closing.is_set():
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

    def _drain(self, verification_id: str) -> None:
        while (delivery := self._next(verification_id)) is not None:
            if self._closing.wait(self._switches().notice_delay_ms / 1000):
                return
            for _ in range(delivery.copies):
                self.send_now(delivery)

    def _next(self, verification_id: str) -> Delivery | None:
        with self._lock:
            lane = self._lanes[verification_id]
            if lane:
                return lane.popleft()
            del self._lanes[verification_id]
            self._threads.discard(threading.current_thread())
            return None

    def _attempt(self, delivery: Delivery) -> bool:
        outcome: dict[str, Any] = {"at": written(self._clock.now())}
        started = time.monotonic()
        try:
            outcome["status"] = self._post(delivery)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            outcome["error"] = type(error).__name__
        outcome["milliseconds"] = round((time.monotonic() - started) * 1000)
        delivered: bool = outcome.get("status", 0) // 100 == 2
        delivery.attempts.append(outcome)
        delivery.state = "delivered" if delivered else "failed"
        answer = outcome.get("status") or outcome["error"]
        log.info("notice %s %s: %s", delivery.verification_id, delivery.status, answer)
        return delivered

    def _post(self, delivery: Delivery) -> int:
        if self.webhook.url is None:
            raise httpx.UnsupportedProtocol("no webhook is configured")
        chosen = self.webhook.headers if delivery.headers is None else delivery.headers
        headers = httpx.Headers({"Content-Type": "application/json"})
        headers.update(dict(chosen))
        body = {"verificationId": delivery.verification_id, "status": delivery.status}
        return self._client.post(
            self.webhook.url, content=json.dumps(body), headers=headers
        ).status_code
