"""Send notices to the tenants' webhooks (contract, section 5) and log each attempt."""

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
from mobbscan_sandbox.gateway.faults import FaultList
from mobbscan_sandbox.gateway.notice_body import notice_content, notice_headers
from mobbscan_sandbox.gateway.switches import Switches
from mobbscan_sandbox.gateway.tenants import DEFAULT, Webhook

_TIMEOUT_SECONDS = 5.0
_LOG_LENGTH = 5000


@cache
def _trusted_authorities() -> ssl.SSLContext:
    # Cached: reading the bundle is the slowest part of the start.
    return ssl.create_default_context()


log = logging.getLogger("mobbscan.sandbox")


class NoticeSender:
    """Records notices, sends them, and keeps the log of deliveries."""

    def __init__(
        self,
        webhook_of: Callable[[str], Webhook],
        clock: OffsetClock,
        switches: Callable[[], Switches],
        faults: FaultList,
        save: Callable[[], None],
    ) -> None:
        self._webhook_of = webhook_of
        self._clock = clock
        self._switches = switches
        self._faults = faults
        self._save = save
        self._lock = threading.Lock()
        self._log: deque[Delivery] = deque(maxlen=_LOG_LENGTH)
        self._queues = DeliveryQueues(self._send_from_queue, self._shuffle_ms)
        self._client = httpx.Client(
            timeout=_TIMEOUT_SECONDS, trust_env=False, verify=_trusted_authorities()
        )

    def record(self, verification_id: str, status: str, tenant: str = DEFAULT) -> Delivery:
        """Record the notice of a state change; `dispatch` sends it."""
        mode = self._switches().notices
        now = format_time(self._clock.now())
        delivery = Delivery(verification_id, status, "state", now, tenant)
        webhook = self._webhook_of(tenant)
        if mode == "never" or webhook.url is None:
            delivery.state = "dropped"
        elif status not in webhook.states and not (
            status == "PENDING" and _subscribes_to_pending(webhook)
        ):
            delivery.state = "unsubscribed"
        elif mode in ("hold", "after_restart"):
            delivery.state = {"hold": "held"}.get(mode, mode)
        delivery.copies = 2 if mode == "twice" else 1
        if delivery.state not in ("dropped", "unsubscribed"):
            self._claim_fault(delivery)
        self._log.append(delivery)
        return delivery

    def dispatch(self, deliveries: Iterable[Delivery]) -> None:
        """Send queued notices from threads; held and dropped ones are skipped."""
        for delivery in deliveries:
            if delivery.state == "queued":
                # Read now: a later change of the switch applies to later notices.
                delivery.send_after_ms = self._switches().notice_delay_ms + delivery.delay_ms
                self._queues.put(delivery)

    def send_now(self, delivery: Delivery) -> None:
        """Send and return after the answer, or after the last attempt."""
        attempts = self._switches().notice_attempts
        for attempt in range(attempts):
            if attempt and self._queues.closing.wait(0.5 * 2 ** (attempt - 1)):
                return
            if self._attempt(delivery):
                return

    def send_again(self, delivery: Delivery) -> None:
        """Send a notice again now, without its fault."""
        delivery.fault = None
        self.send_now(delivery)

    def forge(
        self, verification_id: str, status: str, tenant: str, headers: dict[str, str] | None
    ) -> Delivery:
        """Send a notice that no state change caused."""
        now = format_time(self._clock.now())
        delivery = Delivery(verification_id, status, "forged", now, tenant, headers=headers)
        self._log.append(delivery)
        self._attempt(delivery)
        return delivery

    def release(self, state: str = "held") -> list[Delivery]:
        """Send all notices in `state`, oldest first."""
        view = [delivery for delivery in self.all() if delivery.state == state]
        for delivery in view:
            delivery.state = "queued"
        self.dispatch(view)
        return view

    def resume(self, deliveries: Iterable[Delivery]) -> None:
        """Continue after a restart: send notices that were queued or waiting for the restart."""
        self._log.extend(deliveries)
        self.dispatch(self.all())
        self.release("after_restart")

    def find(self, delivery_id: str) -> Delivery | None:
        """Return one delivery of the log."""
        return next((each for each in self.all() if each.id == delivery_id), None)

    def as_json(self, verification_id: str | None = None) -> list[dict[str, Any]]:
        """Return the log as JSON, newest first."""
        return [
            delivery.as_json()
            for delivery in reversed(self.all())
            if verification_id in (None, delivery.verification_id)
        ]

    def clear(self) -> None:
        """Delete the log and all unsent notices."""
        self._log.clear()
        self._queues.clear()

    def close(self) -> None:
        """Stop after the notices that are being sent now, and close the connections."""
        self._queues.close()
        self._client.close()

    def all(self) -> list[Delivery]:
        """Return the log, oldest first."""
        with self._lock:
            return list(self._log)

    def _shuffle_ms(self) -> int:
        switches = self._switches()
        return switches.notice_shuffle_ms if switches.notices == "shuffled" else 0

    def _claim_fault(self, delivery: Delivery) -> None:
        fault = self._faults.claim("notice", delivery.verification_id)
        if fault is None:
            return
        delivery.delay_ms = fault.delay_ms
        delivery.fault = fault.kind
        if fault.kind == "drop":
            delivery.state = "dropped"
        elif fault.kind == "twice":
            delivery.copies = 2

    def _send_from_queue(self, delivery: Delivery) -> None:
        if self._queues.closing.wait(delivery.send_after_ms / 1000):
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
        self._save()
        return delivered

    def _post(self, delivery: Delivery) -> int:
        webhook = self._webhook_of(delivery.tenant)
        if webhook.url is None:
            raise httpx.UnsupportedProtocol("no webhook is configured")
        headers = httpx.Headers({"Content-Type": "application/json"})
        headers.update(notice_headers(delivery, webhook.headers))
        content = notice_content(delivery)
        return self._client.post(webhook.url, content=content, headers=headers).status_code


def _subscribes_to_pending(webhook: Webhook) -> bool:
    return any(state.startswith("PENDING") for state in webhook.states)
