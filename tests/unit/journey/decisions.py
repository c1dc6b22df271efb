"""Fixtures and helpers of the tests of decisions."""

import pytest

from webapp.journey.decision import Decision

CALLS = {"accept": "accept", "reject": "reject", "review": "send_to_review"}


@pytest.fixture
def decision(harness) -> Decision:
    return harness.decision


@pytest.fixture
def in_review(harness, adas) -> str:
    harness.poll_answered(adas, "PENDING_VERIFICATION")
    return adas


@pytest.fixture
def deciding(harness, ada) -> str:
    found = harness.begin(ada, "host")
    harness.poll_answered(found, "PENDING_VALIDATION")
    return found


def decisions_of(harness, onboarding_id):
    with harness.database.reading() as work:
        return work.decisions.of(onboarding_id)


def decide(decision, kind, onboarding_id, **more):
    more |= {"comment": "no"} if kind == "reject" else {}
    return getattr(decision, kind)(onboarding_id, actor="olga", **more)


def alarms(harness):
    with harness.database.reading() as work:
        return set(work.alarms.active())


def run_due_after(harness, **pause):
    harness.clock.advance(**pause)
    return harness.run_due()
