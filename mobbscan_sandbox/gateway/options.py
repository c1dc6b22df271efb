"""Start options of the gateway in a box."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from mobbscan_sandbox.gateway.tenants import Webhook

__all__ = ["SandboxOptions", "Webhook"]


@dataclass(frozen=True)
class SandboxOptions:
    """Start options; missing credentials are generated."""

    api_key: str = field(default_factory=lambda: f"sandbox-{secrets.token_hex(6)}")
    api_secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    webhook: Webhook = field(default_factory=Webhook)
    public_url: str | None = None
    """Address for browsers; `None` uses the Host header of each call."""
    state_file: Path | None = None
    """File that keeps the state across restarts; `None` keeps it in memory only."""
