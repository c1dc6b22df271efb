"""Tenants: the vendor's customers, each with its credentials, webhook and processes."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NOTICE_STATES = (
    "PENDING_VALIDATION", "PENDING_VERIFICATION", "VERIFIED", "NOT_VERIFIED", "VIDEO_AVAILABLE",
)  # fmt: skip

DEFAULT = "default"


@dataclass(frozen=True)
class Webhook:
    """URL and headers of a tenant's notices, and the states it subscribes to."""

    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    states: tuple[str, ...] = NOTICE_STATES

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of the control API, without header values: they are secrets."""
        return {
            "url": self.url,
            "header_names": sorted(self.headers),
            "states": list(self.states),
        }


@dataclass
class Tenant:
    """One customer of the vendor."""

    name: str
    api_key: str
    api_secret: str = field(repr=False)
    webhook: Webhook = field(default_factory=Webhook)
    return_url: str | None = None
    """Redirect target of the hosted page when the create call has no `redirectUrl`."""

    def has_credentials(self, key: str, secret: str) -> bool:
        """Compare the credentials in constant time."""
        return _equal(key, self.api_key) & _equal(secret, self.api_secret)

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of the control API, without the secret."""
        return {
            "name": self.name,
            "api_key": self.api_key,
            "return_url": self.return_url,
            "webhook": self.webhook.as_json(),
        }


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
