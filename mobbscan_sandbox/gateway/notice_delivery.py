"""Notices to the customers (contract, section 5): sent from threads, each attempt logged."""

import logging
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import httpx

from mobbscan_sandbox.gateway.clock import OffsetClock, format_time
from mobbscan_sandbox.gateway.delivery import Delivery
from mobbscan_sandbox.gateway.delivery_queues import DeliveryQueues
from mobbscan_sandbox.gateway.faults import Faults
from mobbscan_sandbox.gateway.notice_body import notice_content, notice_headers
from mobbscan_sandbox.gateway.switches import Switches
from mobbscan_sandbox.gateway.tenants import DEFAULT, Webhook

_TIMEOUT_SECONDS = 5.0
_KEPT = 5000


@cache
def _trusted_authorities() -> ssl.SSLContext:
    # Reading the bundle takes longer than everything else at the start.
    return ssl.create_default_context()


log = logging.getLogger("mobbscan.sandbox")


class NoticeSender:
    """Keeps the log and sends."""

    def __init__(
        self,
        webhook_of: Callable[[str], Webhook],
        clock: OffsetClock,
        switches: Callable[[], Switches],
        faults: Faults,
        changed: Callable[[], None],
    ) -> None:
        self._webhook_of = webhook_of
        self._clock = clock
        self._switches = switches
        self._faults = faults
        self._changed = changed
        self._lock = threading.Lock()
        self._log: deque[Delivery] = deque(maxlen=_KEPT)
        self._lanes = DeliveryQueues(self._send_from_lane, self._shuffle_ms)
        self._client = httpx.Client(
            timeout=_TIMEOUT_SECONDS, trust_env=False, verify=_trusted_authorities()
        )

    def record(self, verification_id: str, status: str, tenant: str = DEFAULT) -> Delivery:
        """Write down a notice that a change of state calls for; sending it is a second step."""
        mode = self._switches().notices
        now = format_time(self._clock.now())
        delivery = Delivery(verification_id, status, "state", now, tenant)
        webhook = self._webhook_of(tenant)
        if mode == "never" or webhook.url is None:
            delivery.state = "dropped"
        elif status not in webhook.states and not (status == "PENDING" and _pending(webhook)):
            delivery.state = "unsubscribed"
        elif mode in ("hold", "after_restart"):
            delivery.state = {"hold": "held"}.get(mode, mode)
        delivery.copies = 2 if mode == "twice" else 1
        if delivery.state not in ("dropped", "unsubscribed"):
            self._spoil(delivery)
        self._log.append(delivery)
        return delivery

    def dispatch(self, deliveries: Iterable[Delivery]) -> None:
        """Send from threads and return at once. Held and dropped ones stay where they are."""
        for delivery in deliveries:
            if delivery.state == "queued":
                # As the switch stands now: one that is turned later is for later notices.
                delivery.lane_ms = self._switches().notice_delay_ms + delivery.delay_ms
                self._lanes.put(delivery)

    def send_now(self, delivery: Delivery) -> None:
        """Send and return when the receiver has answered or given up on us."""
        attempts = self._switches().notice_attempts
        for attempt in range(attempts):
            if attempt and self._lanes.closing.wait(0.5 * 2 ** (attempt - 1)):
                return
            if self._attempt(delivery):
                return

    def send_again(self, delivery: Delivery) -> None:
        """Send one a person picked, now and without the fault it may have had."""
        delivery.spoilt = None
        self.send_now(delivery)

    def forge(
        self, verification_id: str, status: str, tenant: str, headers: dict[str, str] | None
    ) -> Delivery:
        """Send a notice that nothing in this gateway gave cause for."""
        now = format_time(self._clock.now())
        delivery = Delivery(verification_id, status, "forged", now, tenant, headers=headers)
        self._log.append(delivery)
        self._attempt(delivery)
        return delivery

    def release(self, state: str = "held") -> list[Delivery]:
        """Send everything that is held, in the order in which it was held back."""
        view = [delivery for delivery in self.all() if delivery.state == state]
        for delivery in view:
            delivery.state = "queued"
        self.dispatch(view)
        return view

    def take_up(self, deliveries: Iterable[Delivery]) -> None:
        """Go on after a restart: with what was under way, and with what waited for it."""
        self._log.extend(deliveries)
        self.dispatch(self.all())
        self.release("after_restart")

    def find(self, delivery_id: str) -> Delivery | None:
        """Return one line of the log."""
        return next((each for each in self.all() if each.id == delivery_id), None)

    def shown(self, verification_id: str | None = None) -> list[dict[str, Any]]:
        """Return the log, newest first."""
        return [
            delivery.shown()
            for delivery in reversed(self.all())
            if verification_id in (None, delivery.verification_id)
        ]

    def forget(self) -> None:
        """Empty the log; what is not sent yet never will be."""
        self._log.clear()
        self._lanes.clear()

    def close(self) -> None:
        """Stop sending, when what is under way has arrived, and let go of the connections."""
        self._lanes.close()
        self._client.close()

    def all(self) -> list[Delivery]:
        """Return the log, oldest first."""
        with self._lock:
            return list(self._log)

    def _shuffle_ms(self) -> int:
        switches = self._switches()
        return switches.notice_shuffle_ms if switches.notices == "shuffled" else 0

    def _spoil(self, delivery: Delivery) -> None:
        fault = self._faults.claim("notice", delivery.verification_id)
        if fault is None:
            return
        delivery.delay_ms = fault.delay_ms
        delivery.spoilt = fault.kind
        if fault.kind == "drop":
            delivery.state = "dropped"
        elif fault.kind == "twice":
            delivery.copies = 2

    def _send_from_lane(self, delivery: Delivery) -> None:
        if self._lanes.closing.wait(delivery.lane_ms / 1000):
            return
        for _ in range(delivery.copies):
            self.send_now(delivery)

    def _attempt(self, delivery: Delivery) -> bool:
        outcome: dict[str, Any] = {"at": format_time(self._clock.now())}
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
        self._changed()
        return delivered

    def _post(self, delivery: Delivery) -> int:
        webhook = self._webhook_of(delivery.tenant)
        if webhook.url is None:
            raise httpx.UnsupportedProtocol("no webhook is configured")
        headers = httpx.Headers({"Content-Type": "application/json"})
        headers.update(notice_headers(delivery, webhook.headers))
        content = notice_content(delivery)
        return self._client.post(webhook.url, content=content, headers=headers).status_code


def _pending(webhook: Webhook) -> bool:
    return any(state.startswith("PENDING") for state in webhook.states)
