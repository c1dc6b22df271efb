"""Poll schedule: times of polls by reason, the slow steps, and the expiry."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.schedule import PollReason, delay, next_poll

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SLOW = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 1440))
FAR = NOW + timedelta(days=365)


def polls(reason: PollReason, count: int, expires_at: datetime = FAR) -> list[float]:
    """Seconds from the event to each poll, if a poll takes no time."""
    at, seen = NOW, []
    for poll_count in range(count):
        at = next_poll(reason, poll_count, SLOW, at, expires_at)
        seen.append((at - NOW).total_seconds())
    return seen


def test_next_poll_while_a_user_waits_is_at_0_2_4_8_15_30_seconds():
    assert polls(PollReason.WAITING, 6) == [0, 2, 4, 8, 15, 30]


def test_next_poll_after_the_quick_steps_follows_reconcile_after():
    moments = polls(PollReason.WAITING, 12)[5:]
    slow = [later - earlier for earlier, later in pairwise(moments)]
    assert slow == [60, 300, 1800, 7200, 86400, 86400]


def test_next_poll_after_a_notice_is_at_0_2_12_72_seconds():
    assert polls(PollReason.NOTICE, 4) == [0, 2, 12, 72]


def test_next_poll_without_events_follows_reconcile_after():
    assert polls(PollReason.QUIET, 2) == [60, 360]


def test_delay_repeats_the_last_step():
    assert delay(PollReason.QUIET, 1000, SLOW) == timedelta(days=1)


@given(
    st.sampled_from(PollReason),
    st.integers(0, 50),
    st.integers(1, 10**6),
)
def test_next_poll_before_the_expiry_is_never_later_than_it(reason, poll_count, seconds):
    expires_at = NOW + timedelta(seconds=seconds)
    assert NOW <= next_poll(reason, poll_count, SLOW, NOW, expires_at) <= expires_at


@pytest.mark.parametrize("over_for", [0, 1, 3600])
def test_next_poll_after_the_expiry_follows_the_schedule(over_for):
    expired = NOW - timedelta(seconds=over_for)
    assert next_poll(PollReason.QUIET, 1, SLOW, NOW, expired) == NOW + SLOW[1]
