"""The log of notices: what was to be sent, and what came of it."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from mobbscan_sandbox.gateway.tenants import DEFAULT


@dataclass
class Delivery:
    """One notice.

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
    lane_ms: int = 0
    spoilt: str | None = None
    """The kind of fault it carries; sending it again by hand sends it sound."""
    headers: dict[str, str] | None = field(default=None, repr=False)
    """Headers in place of the configured ones; `None` means the configured ones."""
    attempts: list[dict[str, Any]] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def shown(self) -> dict[str, Any]:
        """Return what the control page and the control API show."""
        return {
            "id": self.id,
            "verification_id": self.verification_id,
            "tenant": self.tenant,
            "status": self.status,
            "cause": self.cause,
            "queued_at": self.queued_at,
            "state": self.state,
            "fault": self.spoilt,
            "attempts": self.attempts,
        }
