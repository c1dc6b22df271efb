"""Who is told of every call: its name, how it ended, how long it took; nothing that was sent."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from webapp.gateway import errors

Observer = Callable[[str, str, float], None]
"""Is given the call, its outcome (both out of the few words below) and seconds."""

CALLS = (
    "log_in", "create", "read", "accept", "reject", "review", "delete",
    "image", "recording", "pdf", "zip",
)  # fmt: skip
OK = "ok"
#: The reader of a file went away, or what was asked for could not be sent at all.
OTHER = "other"
_WORDS: dict[type[errors.GatewayError], str] = {
    errors.Unavailable: "unavailable",
    errors.InvalidResponse: "invalid_response",
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
OUTCOMES = (OK, *_WORDS.values(), OTHER)


class Instrumented(Protocol):
    """Whose calls are told."""

    observe: Observer


Who = TypeVar("Who", bound=Instrumented)
Given = ParamSpec("Given")
Answer = TypeVar("Answer")
Method = Callable[Concatenate[Who, Given], Answer]


def told_as(call: str) -> Callable[[Method[Who, Given, Answer]], Method[Who, Given, Answer]]:
    """Tell the object's observer of each call of the method, with all its repetitions as one."""

    def decorate(method: Method[Who, Given, Answer]) -> Method[Who, Given, Answer]:
        @functools.wraps(method)
        def told(self: Who, /, *args: Given.args, **named: Given.kwargs) -> Answer:
            with telling(self.observe, call):
                return method(self, *args, **named)

        return told

    return decorate


@contextmanager
def telling(observe: Observer, call: str) -> Iterator[None]:
    """Tell `observe` how the block ended, and after how long."""
    began_at, outcome = monotonic(), OTHER
    try:
        yield
        outcome = OK
    except errors.GatewayError as error:
        outcome = _WORDS.get(type(error), OTHER)
        raise
    finally:
        observe(call, outcome, monotonic() - began_at)


@contextmanager
def telling_of_file(
    observe: Observer, call: str, opened: AbstractContextManager[Answer]
) -> Iterator[Answer]:
    """The same for a file, from asking for it to its last byte."""
    with telling(observe, call), opened as file:
        yield file


def nobody(_call: str, _outcome: str, _seconds: float) -> None:
    """Tells nobody."""
