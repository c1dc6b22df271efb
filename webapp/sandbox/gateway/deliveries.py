"""The log of notices: what was to be sent, and what came of it."""

import uuid
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Delivery:
    """One notice. `state`: queued, held, dropped, delivered (any 2xx) or failed."""

    verification_id: str
    status: str
    cause: str
    queued_at: str | None
    state: str = "queued"
    copies: int = 1
    headers: dict[str, str] | None = field(default=None, repr=False)
    """Headers in place of the configured ones; `None` means the configured ones."""
    attempts: list[dict[str, Any]] = field(default_factory=list)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def shown(self) -> dict[str, Any]:
        """Return what the control page and the control API show."""
        return {
            "id": self.id,
            "verification_id": self.verification_id,
            "status": self.status,
            "cause": self.cause,
            "queued_at": self.queued_at,
            "state": self.state,
            "attempts": self.attempts,
        }
