"""What the gateway in a box is told when it starts."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Webhook:
    """Where notices go, and the headers each of them carries."""

    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class GatewayOptions:
    """Start options. Credentials that nobody chose are made up."""

    api_key: str = field(default_factory=lambda: f"sandbox-{secrets.token_hex(6)}")
    api_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    webhook: Webhook = field(default_factory=Webhook)
    public_url: str | None = None
    """Where browsers reach this gateway; `None` believes the Host header of each call."""
