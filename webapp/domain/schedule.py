"""Poll schedule: when the gateway is polled again, so that a missing notice strands no user."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum


class PollReason(StrEnum):
    """Why an onboarding is polled; the words that the column `poll_reason` holds."""

    QUIET = "quiet"  # no event: only the slow schedule
    WAITING = "waiting"  # a user waits on a page, or has just left it
    NOTICE = "notice"  # a poll must confirm a notice


#: Seconds between polls before the slow schedule begins.
_QUICK_STEPS: dict[PollReason, tuple[float, ...]] = {
    PollReason.QUIET: (),
    PollReason.WAITING: (0, 2, 2, 4, 7, 15),  # that is: at once, then at 2, 4, 8, 15 and 30 s
    PollReason.NOTICE: (0, 2, 10, 60),
}
#: Number of quick polls by reason, without reasons that have none.
QUICK_POLLS = {reason: len(steps) for reason, steps in _QUICK_STEPS.items() if steps}


def delay(reason: PollReason, poll_count: int, slow: Sequence[timedelta]) -> timedelta:
    """Return how long to wait before poll number `poll_count` (from 0) for `reason`.

    First the quick steps of the reason, then `slow` (RECONCILE_AFTER), whose last step repeats.
    """
    quick = _QUICK_STEPS[reason]
    if poll_count < len(quick):
        return timedelta(seconds=quick[poll_count])
    return slow[min(poll_count - len(quick), len(slow) - 1)]


def is_slow(reason: PollReason, poll_count: int) -> bool:
    """Whether poll number `poll_count` belongs to the slow schedule."""
    return poll_count >= len(_QUICK_STEPS[reason])


def next_poll(
    reason: PollReason,
    poll_count: int,
    slow: Sequence[timedelta],
    now: datetime,
    expires_at: datetime,
) -> datetime:
    """Return the time of the next poll, at the latest `expires_at` while that lies ahead."""
    planned = now + delay(reason, poll_count, slow)
    return min(planned, expires_at) if now < expires_at else planned
