"""Poll schedule: times of polls by reason, the slow steps, and the expiry."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.samples import NOW
from webapp.domain.schedule import PollReason, next_poll

SLOW = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 1440))
FAR = NOW + timedelta(days=365)


def polls(reason: PollReason, count: int) -> list[float]:
    """Seconds from the event to each poll, if a poll takes no time."""
    at, seen = NOW, []
    for poll_count in range(count):
        at = next_poll(reason, poll_count, SLOW, at, FAR)
        seen.append((at - NOW).total_seconds())
    return seen


@pytest.mark.parametrize(
    ("reason", "times"),
    [(PollReason.WAITING, [0, 2, 4, 8, 15, 30]), (PollReason.NOTICE, [0, 2, 12, 72])],
)
def test_next_poll_after_the_quick_steps_follows_reconcile_after(reason, times):
    moments = polls(reason, len(times) + 6)
    assert moments[: len(times)] == times
    slow = [later - earlier for earlier, later in pairwise(moments[len(times) - 1 :])]
    assert slow == [60, 300, 1800, 7200, 86400, 86400]


def test_next_poll_without_events_follows_reconcile_after():
    assert polls(PollReason.QUIET, 2) == [60, 360]


@given(st.sampled_from(PollReason), st.integers(0, 50), st.integers(1, 10**6))
def test_next_poll_before_the_expiry_is_never_later_than_it(reason, poll_count, seconds):
    expires_at = NOW + timedelta(seconds=seconds)
    assert NOW <= next_poll(reason, poll_count, SLOW, NOW, expires_at) <= expires_at


@pytest.mark.parametrize("over_for", [0, 1])
def test_next_poll_after_the_expiry_follows_the_schedule(over_for):
    expired = NOW - timedelta(seconds=over_for)
    assert next_poll(PollReason.QUIET, 1, SLOW, NOW, expired) == NOW + SLOW[1]
