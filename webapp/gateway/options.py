"""What the client must know before its first call."""

from __future__ import annotations

from dataclasses import dataclass, field

from webapp.basics.urls import origin_of


@dataclass(frozen=True)
class GatewayOptions:
    """Where the gateway is and how this account talks to it.

    `base_url` may carry a path. `ca_file` is a PEM file of authorities trusted in addition to
    the usual ones. Raises `ValueError` for an address or method that cannot work. Contract 1, 4.
    """

    base_url: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    create_path: str = "/onboarding"
    delete_method: str = "DELETE"
    decision_type: str = "AUTO"
    hosted_origins: tuple[str, ...] = ()
    ca_file: str | None = None

    def __post_init__(self) -> None:
        """Complain now rather than at the first call."""
        if origin_of(self.base_url) is None:
            raise ValueError("base_url must be an absolute http(s) address")
        if self.delete_method not in ("DELETE", "GET"):
            raise ValueError("delete_method must be DELETE or GET")
        if not self.create_path.startswith("/"):
            raise ValueError("create_path must start with a slash")
        if any(origin_of(origin) is None for origin in self.hosted_origins):
            raise ValueError("hosted_origins must be http(s) origins")

    def address(self, path: str) -> str:
        """The full address of a path of the gateway."""
        return self.base_url.rstrip("/") + path

    def own_origin(self) -> str:
        """The only origin that tokens and requests for evidence are sent to."""
        origin = origin_of(self.base_url)
        if origin is None:
            raise ValueError("base_url must be an absolute http(s) address")
        return origin

    def trusted_origins(self) -> frozenset[str]:
        """Origins on which a hosted page may live: the gateway's own and the configured ones."""
        found = (origin_of(address) for address in (self.base_url, *self.hosted_origins))
        return frozenset(origin for origin in found if origin is not None)


@dataclass(frozen=True)
class Budgets:
    """Total seconds per kind of call, from name look-up to the last byte of the last attempt.

    Evidence has three: until its first bytes are known to be what they should be, between two
    pieces, and from the first request to the last piece, however slow its reader.
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
    """How much we take, and how often we knock.

    Bytes are those of the file itself. After so many failures in a row a kind of call (or the
    whole gateway, when no connection can be made) is left alone for `rest_seconds`; then one
    call is let through, on trial.
    """

    max_image_bytes: int = 32 * 1024 * 1024
    max_file_bytes: int = 1024 * 1024 * 1024
    failures_before_rest: int = 5
    rest_seconds: float = 10
