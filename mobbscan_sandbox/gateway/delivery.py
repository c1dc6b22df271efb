"""One notice with its delivery state and attempts."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from mobbscan_sandbox.gateway.tenants import DEFAULT


@dataclass
class Delivery:
    """One notice to one tenant.

    `state`: queued, held, after_restart, dropped, unsubscribed, delivered (any 2xx) or failed.
    """

    verification_id: str
    status: str
    cause: str
    queued_at: str | None
    tenant: str = DEFAULT
    state: str = "queued"
    copies: int = 1
    delay_ms: int = 0
    send_after_ms: int = 0
    fault: str | None = None
    """The kind of fault that is applied to it; redelivery through the controls applies none."""
    headers: dict[str, str] | None = field(default=None, repr=False)
    """Headers instead of the configured ones; `None` means the configured ones."""
    attempts: list[dict[str, Any]] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of the control API."""
        return {
            "id": self.id,
            "verification_id": self.verification_id,
            "tenant": self.tenant,
            "status": self.status,
            "cause": self.cause,
            "queued_at": self.queued_at,
            "state": self.state,
            "fault": self.fault,
            "attempts": self.attempts,
        }
