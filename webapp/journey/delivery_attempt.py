"""Make one attempt to send something to a receiver, and name the reason of a failure."""

from __future__ import annotations

import logging
from collections.abc import Callable

from webapp.domain.messages import AttemptError
from webapp.hostsite.sender import Answer, PrivateAddress, SendFailed, TimedOut

_GONE_STATUS = 410
_log = logging.getLogger(__name__)


def try_to_send(
    send: Callable[[], Answer], message_id: str
) -> tuple[Answer | None, AttemptError | None]:
    """Call `send`; return the answer, and why it is no success (None for 2xx).

    Raises nothing: one bad message must not stop the others. `message_id` is for the log.
    """
    try:
        answer = send()
    except PrivateAddress:
        return None, AttemptError.ADDRESS_REFUSED
    except TimedOut:
        return None, AttemptError.TIMED_OUT
    except SendFailed:
        return None, AttemptError.CONNECTION_FAILED
    except Exception as error:  # noqa: BLE001 - its text may quote the message
        extra = {"message_id": message_id, "error": type(error).__name__}
        _log.error("message_sending_failed", extra=extra)
        return None, AttemptError.FAILED
    return answer, error_of(answer.status)


def error_of(status: int) -> AttemptError | None:
    """Return why a receiver's HTTP status is a failure; None for 2xx."""
    if 200 <= status < 300:
        return None
    if status == _GONE_STATUS:
        return AttemptError.GONE
    return AttemptError.REDIRECT if 300 <= status < 400 else AttemptError.HTTP_STATUS
