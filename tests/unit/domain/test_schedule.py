"""When the gateway is asked again."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.schedule import PollReason, delay, next_poll

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SLOW = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 1440))
FAR = NOW + timedelta(days=365)


def reads(cause: PollReason, count: int, expires_at: datetime = FAR) -> list[float]:
    """Seconds after the cause at which reads happen, if each takes no time at all."""
    at, seen = NOW, []
    for poll_count in range(count):
        at = next_poll(cause, poll_count, SLOW, at, expires_at)
        seen.append((at - NOW).total_seconds())
    return seen


def test_somebody_waiting_has_the_gateway_read_at_0_2_4_8_15_and_30_seconds():
    assert reads(PollReason.WAITING, 6) == [0, 2, 4, 8, 15, 30]


def test_after_the_quick_reads_come_those_of_reconcile_after():
    moments = reads(PollReason.WAITING, 12)[5:]
    slow = [later - earlier for earlier, later in pairwise(moments)]
    assert slow == [60, 300, 1800, 7200, 86400, 86400]


def test_a_lagging_notice_is_asked_about_after_2_10_and_60_seconds():
    assert reads(PollReason.NOTICE, 4) == [0, 2, 12, 72]


def test_silence_is_noticed_by_reconcile_after_alone():
    assert reads(PollReason.QUIET, 2) == [60, 360]


def test_the_last_step_repeats_for_ever():
    assert delay(PollReason.QUIET, 1000, SLOW) == timedelta(days=1)


@given(
    st.sampled_from(PollReason),
    st.integers(0, 50),
    st.integers(1, 10**6),
)
def test_a_read_is_never_planned_beyond_an_expiry_still_to_come(cause, poll_count, seconds):
    expires_at = NOW + timedelta(seconds=seconds)
    assert NOW <= next_poll(cause, poll_count, SLOW, NOW, expires_at) <= expires_at


@pytest.mark.parametrize("over_for", [0, 1, 3600])
def test_after_the_expiry_reads_go_on_as_planned(over_for):
    expired = NOW - timedelta(seconds=over_for)
    assert next_poll(PollReason.QUIET, 1, SLOW, NOW, expired) == NOW + SLOW[1]
