"""A sample onboarding for tests without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

from webapp.domain.onboarding import Mode, Onboarding, Status

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def sample_onboarding(**fields: Any) -> Onboarding:
    """Ada's onboarding, an hour old, with these fields changed."""
    standard: dict[str, Any] = {
        "id": "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77",
        "person_id": "p",
        "site": "shop",
        "flow": "default",
        "status": Status.STARTED,
        "attempt": 1,
        "mode": Mode.IFRAME,
        "locale": "en",
        "livemode": False,
        "created_at": NOW - timedelta(hours=1),
        "updated_at": NOW - timedelta(hours=1),
        "expires_at": NOW + timedelta(hours=47),
    }
    return Onboarding(**{**standard, **fields})
