"""Encode a status as the JSON that page scripts read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webapp.journey.views import OnboardingView


def status_json(view: OnboardingView) -> str:
    """Return `{id, status, version, updated_at, next, reasons}`; times are RFC 3339 in UTC."""
    return json.dumps(
        {
            "id": view.id,
            "status": str(view.status),
            "version": view.version,
            "updated_at": rfc3339(view.updated_at),
            "next": view.next,
            "reasons": [
                {"code": str(reason.code), "retry_allowed": reason.retry_allowed}
                for reason in view.reasons
            ],
        },
        separators=(",", ":"),
    )


def rfc3339(moment: datetime) -> str:
    """Format a time in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
