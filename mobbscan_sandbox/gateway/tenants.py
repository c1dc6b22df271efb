"""The customers of this gateway: each has its credentials and its webhook, and sees its own."""

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
    """Where notices go, which of the five states are wanted, and the headers each one carries."""

    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    states: tuple[str, ...] = NOTICE_STATES

    def shown(self) -> dict[str, Any]:
        """Return what may be shown: the values of the headers are secrets."""
        return {
            "url": self.url,
            "header_names": sorted(self.headers),
            "states": list(self.states),
        }


@dataclass
class Tenant:
    """One customer."""

    name: str
    api_key: str
    api_secret: str = field(repr=False)
    webhook: Webhook = field(default_factory=Webhook)
    return_url: str | None = None
    """Where the hosted page goes at the end when the create call does not say."""

    def knows(self, key: str, secret: str) -> bool:
        """Say whether these are its credentials."""
        return _same(key, self.api_key) & _same(secret, self.api_secret)

    def shown(self) -> dict[str, Any]:
        """Return what the controls show."""
        return {
            "name": self.name,
            "api_key": self.api_key,
            "return_url": self.return_url,
            "webhook": self.webhook.shown(),
        }


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
