"""Errors of gateway calls.

    GatewayError               status, body (first 2 kB, for operators; in no message or pickle)
    ├── Unavailable            may be tried again: network error, timeout, 5xx, 429
    │   ├── InvalidResponse    answered with something unusable: HTML, wrong type, too large
    │   │   └── NoHostedPage   created, but the answer has no address or token of its page
    │   └── CircuitOpen        not sent: the calls before it failed
    ├── RequestRefused         400 and other final refusals: the same request will fail again
    │   └── UntrustedUrl       not sent: an evidence address on an origin other than the gateway's
    ├── EvidenceNotFound       no such evidence: 404, 410, 400 or nothing in the response
    ├── Unauthorized           401 after a token renewal, or 404: the token *or* the process
    ├── Forbidden              403: our account lacks a right
    ├── StateConflict          409: the process is in another state; read it again
    ├── UntrustedHostedPage    created, with a hosted page on an origin that is not configured
    ├── CredentialsRefused     the log-in itself was refused (400, 401, 403, 422 at /auth/token)
    └── ProcessMismatch        the response is about another process than the requested one

No message contains a header, a URL, a body or anything else that was sent or received.
"""

from __future__ import annotations

from typing import Any

_BODY_KEPT_BYTES = 2048


class GatewayError(Exception):
    """Base class. `status` is the HTTP status, or None without a response."""

    def __init__(self, message: str = "", *, status: int | None = None, body: bytes = b"") -> None:
        super().__init__(message)
        self.status = status
        self.body = body[:_BODY_KEPT_BYTES]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the body: job queues store pickled errors unencrypted."""
        state = {name: value for name, value in vars(self).items() if name != "body"}
        return type(self), self.args, state


class Unavailable(GatewayError):
    """The call failed or may have failed, and may be repeated.

    `retry_after_seconds` is the gateway's `Retry-After`, or None. `maybe_sent` is False only when
    the request certainly did not reach the gateway.
    """

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        body: bytes = b"",
        retry_after_seconds: float | None = None,
        maybe_sent: bool = True,
    ) -> None:
        super().__init__(message, status=status, body=body)
        self.retry_after_seconds = retry_after_seconds
        self.maybe_sent = maybe_sent


class InvalidResponse(Unavailable):
    """An unusable response: the page of a proxy, another media type, too large, fields missing."""


class NoHostedPage(InvalidResponse):
    """The process was created, and the answer lacks its address or token. Contract 3.1.

    Repeating is useless: the id is used, and no later call returns the address.
    """


class CircuitOpen(Unavailable):
    """Not sent, because the calls before it failed. `retry_after_seconds` is always set."""

    def __init__(self, message: str = "", *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds, maybe_sent=False)


class RequestRefused(GatewayError):
    """The gateway refuses the request itself; repeating it is useless. Contract 3.1."""


class UntrustedUrl(RequestRefused):
    """An evidence URL on another origin than the gateway's; nothing was sent. Contract 9.2."""


class EvidenceNotFound(GatewayError):
    """The process has no such evidence, or none yet. Contract 3.4 to 3.7, section 10."""


class Unauthorized(GatewayError):
    """Refused with a renewed token too: unknown, foreign or unstarted process, or lost rights.

    The gateway uses one code for all of these. Contract 4-P.
    """


class Forbidden(GatewayError):
    """The account lacks a right, which only the vendor can grant. Contract 3.8."""


class StateConflict(GatewayError):
    """The process is not in a state that allows this. Contract 3.8, section 6."""


class UntrustedHostedPage(GatewayError):
    """The process was created, but its hosted page is on an origin that is not configured.

    Creating it again cannot help. `origin` is that of the page; `url` and `onboarding_token` are
    secrets of the user, for when the origin is trusted. Contract 3.1.
    """

    def __init__(
        self, message: str = "", *, origin: str = "", url: str = "", onboarding_token: str = ""
    ) -> None:
        super().__init__(message, status=200)
        self.origin = origin
        self.url = url
        self.onboarding_token = onboarding_token

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the secrets."""
        return GatewayError, self.args


class CredentialsRefused(GatewayError):
    """The log-in refused the API key and secret. Contract 2.1."""


class ProcessMismatch(GatewayError):
    """The response, or an evidence URL, is about another process than the requested one."""
