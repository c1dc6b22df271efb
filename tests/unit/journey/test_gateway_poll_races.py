"""gateway_poll: events that arrive during a poll are neither overwritten nor lost."""

import pytest

from tests.unit.journey.harness import JourneyHarness
from webapp.domain.onboarding import Status
from webapp.journey.retry_policy import DEAD_LETTER_AFTER


@pytest.fixture
def adas(harness: JourneyHarness, ada) -> str:
    return harness.begin(ada)


@pytest.mark.parametrize("how", ["postpone", "fail"])
def test_failed_poll_does_not_postpone_a_notice_that_arrived_meanwhile(harness, adas, how):
    harness.back(adas)
    ((_, planned),) = harness.gateway_poll.due_polls()
    harness.clock.advance(seconds=8)
    harness.notice(adas, "VERIFIED")
    harness.clock.advance(seconds=2)
    if how == "postpone":
        harness.gateway_poll.postpone(adas, planned)
    else:
        for _ in range(DEAD_LETTER_AFTER):
            harness.gateway_poll.record_failure(adas, "KeyError", planned)
    harness.set_gateway_word(adas, "VERIFIED")
    assert harness.run_due() == 1
    assert harness.status(adas) is Status.VERIFIED


@pytest.mark.parametrize("what", ["read", "notice"])
def test_poll_that_is_not_due_any_more_makes_no_call(harness, adas, what):
    harness.back(adas)
    ((_, planned),) = harness.gateway_poll.due_polls()
    harness.clock.advance(seconds=1)
    if what == "read":
        harness.gateway_poll.poll(adas, planned)
        poll_count = 1
    else:
        harness.notice(adas, "VERIFIED")
        poll_count = 0
    asked = harness.gateway.count("read")
    harness.gateway_poll.poll(adas, planned)
    assert harness.gateway.count("read") == asked
    assert harness.row(adas).poll_count == poll_count, "the skipped poll uses up no quick step"
    harness.clock.advance(seconds=2)
    assert harness.run_due() == 1


def test_poll_of_a_stopped_schedule_makes_no_call(harness, adas):
    harness.put(adas, next_poll_at=None)
    harness.gateway_poll.poll(adas, harness.clock())
    assert harness.gateway.count("read") == 0


def test_poll_that_reactivates_plans_anew_although_polling_was_stopped(harness, ada, monkeypatch):
    first = harness.begin(ada)
    harness.put(first, status=Status.INTERRUPTED, interruptions=2)
    second = harness.begin(ada)
    harness.set_gateway_word(first, "PENDING")
    harness.set_gateway_word(second, "NOT_VERIFIED")
    harness.notice(first, "PENDING")
    ask = harness.gateway.read

    def in_the_middle(onboarding_id):
        monkeypatch.setattr(harness.gateway, "read", ask)
        harness.gateway_poll.poll(first)  # another onboarding is active: polling of this one stops
        assert harness.row(first).next_poll_at is None
        harness.gateway_poll.poll(second)
        return ask(onboarding_id)

    monkeypatch.setattr(harness.gateway, "read", in_the_middle)
    harness.gateway_poll.poll(first)
    assert harness.status(first) is Status.IN_REVIEW
    assert harness.row(first).next_poll_at is not None
