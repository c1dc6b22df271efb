"""Translate errors of the gateway client into errors of the journey."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from webapp.domain.errors import (
    GatewayForbidden,
    GatewayMixedUp,
    GatewayUnavailable,
    GatewayUnreadable,
)
from webapp.gateway import errors as gateway_errors

_log = logging.getLogger(__name__)
#: Used when the gateway gives no `Retry-After`.
_RETRY_AFTER_SECONDS = 10.0
#: For errors that only an operator or the vendor can fix.
_LONG_RETRY_AFTER_SECONDS = 60.0


@contextmanager
def to_step_errors() -> Iterator[None]:
    """Raise GatewayUnavailable (also a subclass) or GatewayForbidden for client errors.

    `Refused`, `Conflict` and `Unauthorized` concern one process and pass through: the step that
    made the call knows what they mean there.
    """
    try:
        yield
    except gateway_errors.Forbidden as cause:
        raise GatewayForbidden("our account at the gateway lacks a right") from cause
    except gateway_errors.InvalidResponse as cause:
        # A redirect or the page of a proxy in an outage does not come with a successful status.
        succeeded = cause.status is not None and 200 <= cause.status < 300
        error = GatewayUnreadable if succeeded else GatewayUnavailable
        raise error(cause.retry_after_seconds or _RETRY_AFTER_SECONDS) from cause
    except gateway_errors.Unavailable as cause:
        raise GatewayUnavailable(cause.retry_after_seconds or _RETRY_AFTER_SECONDS) from cause
    except gateway_errors.CredentialsRefused as cause:
        _log.error("gateway_refused_credentials", extra={"status": cause.status})
        raise GatewayUnavailable(_LONG_RETRY_AFTER_SECONDS) from cause
    except gateway_errors.ProcessMismatch as cause:
        raise GatewayMixedUp(_LONG_RETRY_AFTER_SECONDS) from cause
