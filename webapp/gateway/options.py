"""Settings of the gateway client: addresses, credentials, time budgets and limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from webapp.basics.urls import origin_of


@dataclass(frozen=True)
class GatewayOptions:
    """Address and credentials of the gateway, and the variants of its calls.

    `base_url` may contain a path. `ca_file` is a PEM file of certificate authorities, trusted in
    addition to the usual ones. `proxy` is the outbound proxy of all calls, as
    `http://[user:password@]host:port`; None: direct. `time_zone` is the zone of the gateway's
    times that state none. Raises `ValueError` for an invalid URL, path or method. Contract 1.
    """

    base_url: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    create_path: str = "/onboarding"
    delete_method: str = "DELETE"
    decision_type: str = "AUTO"
    hosted_origins: tuple[str, ...] = ()
    ca_file: str | None = None
    proxy: str | None = field(default=None, repr=False)
    time_zone: tzinfo = UTC

    def __post_init__(self) -> None:
        """Check the values now rather than at the first call."""
        if origin_of(self.base_url) is None:
            raise ValueError("base_url must be an absolute http(s) address")
        if self.delete_method not in ("DELETE", "GET"):
            raise ValueError("delete_method must be DELETE or GET")
        if not self.create_path.startswith("/"):
            raise ValueError("create_path must start with a slash")
        if any(origin_of(origin) is None for origin in self.hosted_origins):
            raise ValueError("hosted_origins must be http(s) origins")

    def url(self, path: str) -> str:
        """Return the full URL of a path of the gateway."""
        return self.base_url.rstrip("/") + path

    def trusted_origins(self) -> frozenset[str]:
        """Return the origins of hosted pages: the gateway's own and the configured ones."""
        origins = (origin_of(address) for address in (self.base_url, *self.hosted_origins))
        return frozenset(origin for origin in origins if origin is not None)


@dataclass(frozen=True)
class Budgets:
    """Time budgets: total seconds per kind of call, from name look-up to the last retry's end.

    Evidence has three: until its first bytes are recognised, between two chunks, and from the
    first request to the last chunk, including the time its reader takes.
    """

    log_in_seconds: float = 8
    create_seconds: float = 12
    read_seconds: float = 8
    post_seconds: float = 8
    evidence_begins_seconds: float = 15
    evidence_idle_seconds: float = 15
    evidence_seconds: float = 15 * 60


@dataclass(frozen=True)
class Limits:
    """Largest files, in bytes after decoding, and the limits of the circuit breaker.

    After `failures_before_open` failures in a row, calls of that kind (all calls, when no
    connection can be made) are refused for `circuit_open_seconds`; then one trial call is sent.
    """

    max_image_bytes: int = 32 * 1024 * 1024
    max_file_bytes: int = 1024 * 1024 * 1024
    failures_before_open: int = 5
    circuit_open_seconds: float = 10
