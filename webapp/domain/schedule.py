"""When the gateway is asked (again): a notice that never came must not strand anybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum


class PollReason(StrEnum):
    """What set the clock of an onboarding's next read."""

    QUIET = "quiet"  # nothing heard: only the slow schedule
    WAITING = "waiting"  # a person is (or was just) waiting on a page
    NOTICE = "notice"  # the gateway sent something the read-back must confirm


_FIRST: dict[PollReason, tuple[float, ...]] = {
    PollReason.QUIET: (),
    PollReason.WAITING: (0, 2, 2, 4, 7, 15),  # that is: at once, then at 2, 4, 8, 15 and 30 s
    PollReason.NOTICE: (0, 2, 10, 60),
}
#: So many reads of a cause are quick ones: somebody is waiting for them.
QUICK = {cause: len(steps) for cause, steps in _FIRST.items() if steps}


def delay(cause: PollReason, poll_count: int, slow: Sequence[timedelta]) -> timedelta:
    """How long to wait before read number `poll_count` (from 0) after `cause`.

    First the quick steps of the cause (seconds between reads), then `slow`
    (RECONCILE_AFTER), whose last step repeats for ever.
    """
    quick = _FIRST[cause]
    if poll_count < len(quick):
        return timedelta(seconds=quick[poll_count])
    return slow[min(poll_count - len(quick), len(slow) - 1)]


def is_slow(cause: PollReason, poll_count: int) -> bool:
    """Whether read number `poll_count` came by the slow schedule: nobody expected anything just
    then."""
    return poll_count >= len(_FIRST[cause])


def next_poll(
    cause: PollReason,
    poll_count: int,
    slow: Sequence[timedelta],
    now: datetime,
    expires_at: datetime,
) -> datetime:
    """The time of the next read, never later than the expiry if that is still to come."""
    planned = now + delay(cause, poll_count, slow)
    return min(planned, expires_at) if now < expires_at else planned
