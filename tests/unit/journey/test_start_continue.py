"""start: continue, reopen, replace or restart an existing onboarding."""

import pytest

from tests.unit.journey.fakes import away
from webapp.domain.errors import GatewayUnavailable
from webapp.domain.onboarding import Status


@pytest.mark.parametrize(
    ("word", "status"), [("VERIFIED", Status.VERIFIED), ("NOT_VERIFIED", Status.REJECTED)]
)
def test_begin_with_a_started_onboarding_polls_and_shows_the_result(
    harness, ada, adas, word, status
):
    assert harness.begin(ada) == adas
    assert harness.gateway.calls == [("create", adas), ("read", adas)]
    harness.set_gateway_word(adas, word)
    assert harness.begin(ada) == adas
    assert harness.status(adas) is status
    assert harness.present.show(ada, adas).kind == "result"


def test_begin_while_the_gateway_is_unavailable_keeps_the_onboarding(harness, ada, adas):
    harness.gateway.errors["read"].append(away())
    with pytest.raises(GatewayUnavailable):
        harness.begin(ada)
    assert harness.status(adas) is Status.STARTED
    assert harness.gateway.count("create") == 1


def test_begin_after_a_late_verified_ignores_a_newer_expired_one(harness, ada, adas):
    """A late verdict verifies the older one; the newer one was never finished."""
    harness.put(adas, status=Status.CANCELED)
    harness.clock.advance(hours=1)
    second = harness.begin(ada)
    harness.put(second, status=Status.EXPIRED)
    harness.poll_answered(adas, "VERIFIED")
    assert harness.begin(ada) == adas
    assert harness.gateway.count("create") == 2


def test_begin_after_rejections_stops_when_attempts_are_used_up(harness, ada):
    for attempt in (1, 2, 3):
        found = harness.begin(ada)
        assert harness.row(found).attempt == attempt
        harness.poll_answered(found, "NOT_VERIFIED")
        harness.clock.advance(minutes=1)
    assert harness.begin(ada) == found
    assert harness.status(found) is Status.REJECTED
    assert harness.gateway.count("create") == 3


def test_begin_unfinished_after_a_return_reopens_the_same_onboarding(harness, ada, adas):
    harness.back(adas)
    assert harness.status(adas) is Status.SUBMITTED
    assert harness.begin(ada, unfinished=True) == adas
    assert harness.status(adas) is Status.STARTED
    assert harness.row(adas).submitted_at is None
    assert harness.gateway.count("create") == 1


def test_begin_unfinished_when_the_gateway_has_the_capture_keeps_its_status(harness, ada, adas):
    harness.back(adas)
    harness.set_gateway_word(adas, "PENDING_VERIFICATION")
    assert harness.begin(ada, unfinished=True) == adas
    assert harness.status(adas) is Status.IN_REVIEW


def test_begin_after_interruptions_offers_again_once_and_then_replaces(harness, ada, adas):
    harness.back(adas, "permissionError")
    assert harness.status(adas) is Status.INTERRUPTED
    assert harness.begin(ada) == adas
    assert (harness.status(adas), harness.row(adas).reasons) == (Status.STARTED, ())

    harness.back(adas, "timeoutError")
    second = harness.begin(ada)
    assert second != adas
    assert (harness.status(adas), harness.row(adas).replaced_by) == (Status.CANCELED, second)
    assert (harness.status(second), harness.row(second).attempt) == (Status.STARTED, 1)


def test_begin_twice_at_once_on_an_interrupted_one_creates_one_process(harness, ada, adas):
    harness.put(adas, status=Status.INTERRUPTED, interruptions=2)
    quicker = []

    def click_again(_id: str) -> None:
        del harness.gateway.during_call["read"]
        quicker.append(harness.begin(ada))

    harness.gateway.during_call["read"] = click_again
    assert harness.begin(ada) == quicker[0] != adas
    assert harness.gateway.count("create") == 2


def test_begin_after_expiry_before_any_job_ran_expires_and_creates(harness, ada):
    old = harness.begin(ada, "agreed")
    harness.clock.advance(hours=49)
    new = harness.begin(ada, "agreed", "2026-01")
    assert (harness.status(old), harness.status(new)) == (Status.EXPIRED, Status.STARTED)
    assert harness.row(new).expires_at > harness.clock()
    assert harness.gateway.count("create") == 1


def test_begin_after_a_replaced_one_became_active_continues_with_it(harness, ada, adas):
    harness.put(adas, status=Status.INTERRUPTED, interruptions=2)
    harness.gateway.errors["delete"].append(away())
    second = harness.begin(ada)
    assert harness.status(second) is Status.STARTED
    harness.poll_answered(second, "NOT_VERIFIED")
    harness.poll_answered(adas, "PENDING_VERIFICATION")
    assert harness.status(adas) is Status.IN_REVIEW
    assert harness.begin(ada) == adas


def test_begin_with_a_return_during_the_poll_keeps_it_submitted(harness, ada, adas):
    harness.gateway.during_call["read"] = harness.back
    assert harness.begin(ada) == adas
    assert harness.status(adas) is Status.SUBMITTED
