"""Circuit breaker: when it opens, how long it refuses, and how one trial decides."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from webapp.gateway.circuit_breaker import CircuitBreaker
from webapp.gateway.errors import CircuitOpen

FAILURE_LIMIT = 5
OPEN_SECONDS = 10.0


class Clock:
    """Monotonic seconds that a test advances."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker("read", FAILURE_LIMIT, OPEN_SECONDS, clock)


def call(breaker: CircuitBreaker, succeeded: bool | None) -> None:
    with breaker.guard() as outcome:
        outcome.succeeded = succeeded


def refusal(breaker: CircuitBreaker) -> CircuitOpen:
    with pytest.raises(CircuitOpen) as refused, breaker.guard():
        pytest.fail("the call was let through")
    return refused.value


def fail(breaker: CircuitBreaker, times: int = FAILURE_LIMIT) -> None:
    for _ in range(times):
        call(breaker, succeeded=False)


def test_breaker_failures_below_limit_stays_closed(breaker: CircuitBreaker) -> None:
    fail(breaker, FAILURE_LIMIT - 1)
    call(breaker, succeeded=True)


def test_breaker_failures_at_limit_opens_for_configured_seconds(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    fail(breaker)
    assert refusal(breaker).retry_after_seconds == OPEN_SECONDS
    assert refusal(breaker).maybe_sent is False
    clock.seconds += OPEN_SECONDS - 0.5
    assert refusal(breaker).retry_after_seconds == 0.5


def test_breaker_success_between_failures_resets_count(breaker: CircuitBreaker) -> None:
    for _ in range(3):
        fail(breaker, FAILURE_LIMIT - 1)
        call(breaker, succeeded=True)


def test_breaker_neutral_outcome_neither_counts_nor_resets(breaker: CircuitBreaker) -> None:
    for _ in range(FAILURE_LIMIT * 2):
        call(breaker, succeeded=None)
    fail(breaker, FAILURE_LIMIT - 1)
    call(breaker, succeeded=None)
    fail(breaker, 1)
    refusal(breaker)


def test_breaker_half_open_allows_one_trial_and_refuses_other_calls(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    fail(breaker)
    clock.seconds += OPEN_SECONDS
    with breaker.guard() as trial:
        assert refusal(breaker).retry_after_seconds == 1.0
        trial.succeeded = True
    for _ in range(FAILURE_LIMIT - 1):
        call(breaker, succeeded=False)
    call(breaker, succeeded=True)


def test_breaker_failed_trial_opens_again(breaker: CircuitBreaker, clock: Clock) -> None:
    fail(breaker)
    for _ in range(2):
        clock.seconds += OPEN_SECONDS
        fail(breaker, 1)
        assert refusal(breaker).retry_after_seconds == OPEN_SECONDS


def test_breaker_neutral_or_interrupted_trial_lets_next_call_try(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    fail(breaker)
    clock.seconds += OPEN_SECONDS
    call(breaker, succeeded=None)
    with pytest.raises(KeyboardInterrupt), breaker.guard():
        raise KeyboardInterrupt
    call(breaker, succeeded=True)
    call(breaker, succeeded=True)


def test_breaker_call_started_before_opening_changes_nothing(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    with breaker.guard() as early_success, breaker.guard() as early_failure:
        fail(breaker)
        clock.seconds += 4
        early_success.succeeded, early_failure.succeeded = True, False
    assert refusal(breaker).retry_after_seconds == OPEN_SECONDS - 4


def test_breaker_concurrent_calls_do_not_wait_for_each_other(breaker: CircuitBreaker) -> None:
    together = threading.Barrier(8)

    def meet() -> None:
        with breaker.guard() as outcome:
            together.wait(10)
            outcome.succeeded = True

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(meet) for _ in range(8)]:
            future.result(20)
