"""Onboardings that the host site decides: its deadline, and what is overdue."""

from datetime import timedelta

import pytest

from webapp.domain.decisions import DecisionOutcome
from webapp.domain.onboarding import Status
from webapp.journey.degradations import find_degradations
from webapp.store.statistics import CachedStatistics


@pytest.fixture
def waiting(harness, ada) -> str:
    """An onboarding of a flow whose host site decides, however long it takes."""
    found = harness.begin(ada, "stay")
    harness.poll_answered(found, "PENDING_VALIDATION")
    return found


def poll_until(harness, onboarding_id, **after):
    """Make the due polls in the time that follows."""
    end = harness.clock() + timedelta(**after)
    while (row := harness.row(onboarding_id)).next_poll_at <= end:
        harness.clock.moment = max(harness.clock(), row.next_poll_at)
        harness.run_due()
    harness.clock.moment = end


def overdue(harness):
    return [line for line in find_degradations(harness.database) if "should have been" in line]


def alarms(harness):
    return CachedStatistics(harness.database, harness.clock)().alarms


def test_deadline_with_stay_marks_it_overdue_once_and_waits(harness, waiting):
    began = harness.clock()
    poll_until(harness, waiting, minutes=59)
    assert overdue(harness) == []
    poll_until(harness, waiting, days=3)
    row = harness.row(waiting)
    assert (row.status, harness.gateway.count("send_to_review")) == (Status.DECIDING, 0)
    assert row.overdue_at == began + timedelta(minutes=60)
    assert harness.events(waiting).count("decision_overdue") == 1
    assert row.next_poll_at is not None


def test_overdue_decision_raises_an_alarm_until_it_is_decided(harness, waiting, ben):
    other = harness.begin(ben, "stay")
    harness.poll_answered(other, "PENDING_VALIDATION")
    poll_until(harness, waiting, hours=2)
    harness.run_due()
    (line,) = overdue(harness)
    assert line.startswith("2 onboardings should have been decided by their host sites")
    assert alarms(harness) == {"decisions_overdue": 3600}
    harness.decision.accept(waiting, actor="host")
    assert overdue(harness)[0].startswith("1 onboarding should")
    harness.host_api.change.cancel(harness.sites["shop"], other)
    assert (overdue(harness), alarms(harness)) == ([], {})
    assert harness.status(waiting) is Status.VERIFIED


def test_open_decision_is_not_overdue(harness, waiting):
    harness.gateway.processes[waiting] = "PENDING_VALIDATION"
    harness.gateway.accept = lambda *_: harness.gateway._begun("accept", waiting)
    harness.decision.accept(waiting, actor="host")
    poll_until(harness, waiting, hours=2)
    assert overdue(harness) == []


def test_cancel_withdraws_the_decision_that_is_not_confirmed(harness, waiting):
    harness.gateway.accept = lambda *_: harness.gateway._begun("accept", waiting)
    harness.decision.accept(waiting, actor="host", personal_data={"name": "Ada"})
    harness.host_api.change.cancel(harness.sites["shop"], waiting)
    with harness.database.reading() as work:
        (decision,) = work.decisions.of(waiting)
    assert (decision.outcome, decision.content) == (DecisionOutcome.WITHDRAWN, None)
    harness.poll_answered(waiting, "VERIFIED")
    assert harness.status(waiting) is Status.VERIFIED
