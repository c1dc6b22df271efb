"""When a message is sent again."""

from datetime import timedelta

import pytest

from tests.unit.domain.samples import NOW
from webapp.domain.messages import ATTEMPT_DELAYS, LONGEST_RETRY_AFTER, next_attempt


def test_attempt_delays_follow_the_documented_schedule() -> None:
    seconds = [each.total_seconds() for each in ATTEMPT_DELAYS]
    hour = 3600
    assert seconds == [0, 5, 30, 120, 600, hour, 4 * hour, 12 * hour, 24 * hour, 48 * hour]


@pytest.mark.parametrize("failed", range(1, 10))
@pytest.mark.parametrize("jitter", [-1.0, 0.0, 1.0])
def test_next_attempt_varies_by_a_fifth(failed: int, jitter: float) -> None:
    waits = next_attempt(failed, NOW, jitter)
    assert waits is not None
    assert waits - NOW == ATTEMPT_DELAYS[failed] * (1 + 0.2 * jitter)


def test_next_attempt_after_ten_failures_is_none() -> None:
    assert next_attempt(10, NOW, 0.0) is None


def test_next_attempt_retry_after_makes_the_wait_longer_only() -> None:
    assert next_attempt(1, NOW, 0.0, timedelta(seconds=90)) == NOW + timedelta(seconds=90)
    assert next_attempt(3, NOW, 0.0, timedelta(seconds=1)) == NOW + timedelta(minutes=2)
    assert next_attempt(1, NOW, 0.0, timedelta(days=365)) == NOW + LONGEST_RETRY_AFTER
