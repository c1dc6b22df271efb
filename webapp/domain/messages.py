"""Messages to host sites: data classes, and when a message is sent again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

#: The type of a message that an operator sends to test a receiver.
PING = "ping"
EVIDENCE_AVAILABLE = "onboarding.evidence_available"
#: The outcome of an attempt that the receiver has taken; else a word of AttemptError.
DELIVERED = "delivered"
#: Waits before the attempts of one message, from the first one on.
ATTEMPT_DELAYS = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=48),
)
#: Each wait is changed by up to this part of it, so that messages that failed together spread.
JITTER = 0.2
#: The longest `Retry-After` of a receiver that is obeyed.
LONGEST_RETRY_AFTER = timedelta(hours=48)
#: A receiver that has failed for so long, without one success, gets no more messages.
DISABLE_AFTER = timedelta(days=5)
#: Failures with a longer pause between them are not continuous: `DISABLE_AFTER` counts from the
#: later one. Longer than the longest wait between two attempts of one message.
CONTINUOUS_WITHIN = timedelta(hours=60)


class MessageState(StrEnum):
    """The words that the column `messages.state` holds."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"  # all attempts failed; an operator can replay it
    ERASED = "erased"  # emptied with its onboarding; only the API lists it
    UNSENT = "unsent"  # the site had no `webhook_url`: only the API lists the message


class AttemptError(StrEnum):
    """Why an attempt failed; the words that the column `message_attempts.error` holds."""

    HTTP_STATUS = "http_status"  # the receiver answered, with another status than 2xx
    REDIRECT = "redirect"
    GONE = "gone"  # 410: the receiver is disabled at once
    TIMED_OUT = "timed_out"
    CONNECTION_FAILED = "connection_failed"
    ADDRESS_REFUSED = "address_refused"  # the receiver's name leads to a private address
    FAILED = "failed"  # an unexpected error of our own


@dataclass(frozen=True)
class Message:
    """One message to a host site. `body` is the JSON text that is signed and sent, unchanged.

    `id` is the `webhook-id` of all attempts. `sequence` counts the messages of one onboarding from
    1; None, like `onboarding_id`, for a ping. `number` orders all messages; it is given soon after
    the commit, None until then. `attempts` counts those since the message was written or replayed.
    `next_attempt_at` (aware UTC) is when it is sent, or when the attempt in flight counts as lost.
    """

    id: str
    site: str
    onboarding_id: str | None
    sequence: int | None
    type: str
    body: str = field(repr=False)
    created_at: datetime
    state: MessageState
    next_attempt_at: datetime | None
    attempts: int = 0
    number: int | None = None


@dataclass(frozen=True)
class Attempt:
    """The outcome of one attempt to send a message; delivered if `error` is None.

    `status` is the HTTP status, None without an answer. `answer`: up to 200 bytes of the answer's
    body, as text. `retry_after` is the wait that the receiver has asked for.
    """

    at: datetime
    duration_ms: int
    status: int | None = None
    error: AttemptError | None = None
    answer: str | None = field(default=None, repr=False)
    retry_after: timedelta | None = None

    @property
    def delivered(self) -> bool:
        """Whether the receiver has taken the message."""
        return self.error is None


def next_attempt(
    failed_attempts: int, now: datetime, jitter: float, retry_after: timedelta | None = None
) -> datetime | None:
    """Return when to send a message again after `failed_attempts`; None: no more.

    `jitter` is between -1 and 1. `retry_after` can only make the wait longer.
    """
    if failed_attempts >= len(ATTEMPT_DELAYS):
        return None
    delay = ATTEMPT_DELAYS[failed_attempts] * (1 + JITTER * jitter)
    if retry_after is not None:
        delay = max(delay, min(retry_after, LONGEST_RETRY_AFTER))
    return now + delay
