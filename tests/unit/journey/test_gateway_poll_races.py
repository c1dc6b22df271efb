"""gateway_poll: events that arrive during a poll are neither overwritten nor lost."""

import pytest

from webapp.domain.onboarding import Status
from webapp.journey.retry_policy import DEAD_LETTER_AFTER


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


@pytest.mark.parametrize(("what", "poll_count"), [("read", 1), ("notice", 0)])
def test_poll_that_is_not_due_any_more_makes_no_call(harness, adas, what, poll_count):
    harness.back(adas)
    ((_, planned),) = harness.gateway_poll.due_polls()
    harness.clock.advance(seconds=1)
    if what == "read":
        harness.gateway_poll.poll(adas, planned)
    else:
        harness.notice(adas, "VERIFIED")
    harness.gateway_poll.poll(adas, planned)
    assert harness.gateway.count("read") == poll_count
    assert harness.row(adas).poll_count == poll_count, "the skipped poll uses up no quick step"
    harness.clock.advance(seconds=2)
    assert harness.run_due() == 1


def test_poll_of_a_stopped_schedule_makes_no_call(harness, adas):
    harness.put(adas, next_poll_at=None)
    harness.gateway_poll.poll(adas, harness.clock())
    assert harness.gateway.count("read") == 0


def test_poll_that_reactivates_plans_anew_although_polling_was_stopped(harness, ada, adas):
    harness.put(adas, status=Status.INTERRUPTED, interruptions=2)
    second = harness.begin(ada)
    harness.set_gateway_word(adas, "PENDING")
    harness.set_gateway_word(second, "NOT_VERIFIED")
    harness.notice(adas, "PENDING")

    def meanwhile(_id: str) -> None:
        del harness.gateway.during_call["read"]
        harness.gateway_poll.poll(adas)  # another onboarding is active: polling of this one stops
        assert harness.row(adas).next_poll_at is None
        harness.gateway_poll.poll(second)

    harness.gateway.during_call["read"] = meanwhile
    harness.gateway_poll.poll(adas)
    assert harness.status(adas) is Status.IN_REVIEW
    assert harness.row(adas).next_poll_at is not None
