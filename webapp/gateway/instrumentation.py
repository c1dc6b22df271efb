"""Report the name, outcome and duration of every gateway call to an observer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic
from typing import TypeVar

from webapp.gateway import errors

Observer = Callable[[str, str, float], None]
"""Takes one of `CALLS`, one of `OUTCOMES`, and seconds."""

CALLS = (
    "log_in", "create", "read", "accept", "reject", "review", "delete",
    "image", "recording", "pdf", "zip",
)  # fmt: skip
OK = "ok"
#: The reader of a file stopped, or the request could not be sent at all.
OTHER = "other"
_OUTCOME_OF_ERROR: dict[type[errors.GatewayError], str] = {
    errors.Unavailable: "unavailable",
    errors.InvalidResponse: "invalid_response",
    errors.NoHostedPage: "no_hosted_page",
    errors.UntrustedHostedPage: "untrusted_hosted_page",
    errors.CircuitOpen: "circuit_open",
    errors.RequestRefused: "request_refused",
    errors.UntrustedUrl: "untrusted_url",
    errors.EvidenceNotFound: "evidence_not_found",
    errors.Unauthorized: "unauthorized",
    errors.Forbidden: "forbidden",
    errors.StateConflict: "state_conflict",
    errors.CredentialsRefused: "credentials_refused",
    errors.ProcessMismatch: "process_mismatch",
}
OUTCOMES = (OK, *_OUTCOME_OF_ERROR.values(), OTHER)


Result = TypeVar("Result")


@contextmanager
def observe_call(observe: Observer, call: str) -> Iterator[None]:
    """Report the outcome and the duration of the block to `observe`."""
    began_at, outcome = monotonic(), OTHER
    try:
        yield
        outcome = OK
    except errors.GatewayError as error:
        outcome = _OUTCOME_OF_ERROR.get(type(error), OTHER)
        raise
    finally:
        observe(call, outcome, monotonic() - began_at)


@contextmanager
def observe_stream(
    observe: Observer, call: str, stream: AbstractContextManager[Result]
) -> Iterator[Result]:
    """Report a streamed file, from the request to its last byte."""
    with observe_call(observe, call), stream as opened:
        yield opened


def ignore_call(_call: str, _outcome: str, _seconds: float) -> None:
    """Observe nothing; the default observer."""
