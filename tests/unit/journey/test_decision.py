"""Decisions of the host site and of operators: confirmed, repeated, impossible, lost answers."""

import pytest

from tests.unit.journey.fakes import away
from webapp.domain.errors import Conflict, GatewayForbidden, GatewayUnavailable, NotFound
from webapp.domain.onboarding import Status
from webapp.gateway.errors import Forbidden
from webapp.journey.decision import Decision


@pytest.fixture
def decision(harness) -> Decision:
    return Decision(harness.deps, harness.gateway, harness.gateway_poll)


@pytest.fixture
def in_review(harness, ada) -> str:
    found = harness.begin(ada)
    harness.set_gateway_word(found, "PENDING_VERIFICATION")
    harness.gateway_poll.poll(found)
    return found


def test_accept_of_an_onboarding_in_review_verifies_it(harness, decision, in_review):
    assert decision.accept(in_review, actor="olga").status is Status.VERIFIED


def test_reject_stores_the_comment_and_shows_reason_other(harness, decision, in_review):
    row = decision.reject(in_review, actor="olga", comment="blurred, and not her")
    assert row.status is Status.REJECTED
    assert row.rejection_reason == "blurred, and not her"
    assert [str(reason.code) for reason in row.reasons] == ["other"]


def test_accept_repeated_calls_the_gateway_once(harness, decision, in_review):
    decision.accept(in_review, actor="olga")
    assert decision.accept(in_review, actor="olga").status is Status.VERIFIED
    assert harness.gateway.count("accept") == 1


def test_reject_after_accept_raises_conflict_with_the_present_status(decision, in_review):
    decision.accept(in_review, actor="olga")
    with pytest.raises(Conflict) as raised:
        decision.reject(in_review, actor="max", comment="no")
    assert raised.value.status is Status.VERIFIED


def test_accept_after_a_rejection_at_the_gateway_raises_conflict(harness, decision, in_review):
    harness.set_gateway_word(in_review, "NOT_VERIFIED")
    with pytest.raises(Conflict) as raised:
        decision.accept(in_review, actor="olga")
    assert raised.value.status is Status.REJECTED


def test_accept_repeated_after_a_lost_answer_returns_verified(harness, decision, in_review):
    harness.gateway.lost_answers["accept"] = 1
    with pytest.raises(GatewayUnavailable):
        decision.accept(in_review, actor="olga")
    assert decision.accept(in_review, actor="olga").status is Status.VERIFIED


def test_accept_with_a_lost_answer_is_settled_by_the_next_poll(harness, decision, in_review):
    harness.gateway.lost_answers["accept"] = 1
    with pytest.raises(GatewayUnavailable):
        decision.accept(in_review, actor="olga")
    harness.run_due()
    assert harness.status(in_review) is Status.VERIFIED


def test_accept_while_the_gateway_is_unavailable_changes_nothing(harness, decision, in_review):
    harness.gateway.errors["accept"].append(away())
    with pytest.raises(GatewayUnavailable):
        decision.accept(in_review, actor="olga")
    assert harness.status(in_review) is Status.IN_REVIEW


def test_reject_without_the_right_raises_gateway_forbidden(harness, decision, in_review):
    harness.gateway.errors["reject"].append(Forbidden("reject: answered 403", status=403))
    with pytest.raises(GatewayForbidden):
        decision.reject(in_review, actor="olga", comment="no")


@pytest.mark.parametrize("step", ["accept", "review"])
def test_decision_on_a_started_onboarding_raises_conflict(harness, ada, decision, step):
    found = harness.begin(ada)
    with pytest.raises(Conflict) as raised:
        getattr(decision, step)(found, actor="olga")
    assert raised.value.status is Status.STARTED
    assert harness.gateway.count(step) == 0


def test_accept_of_an_unknown_onboarding_raises_not_found(decision):
    with pytest.raises(NotFound):
        decision.accept("00000000-0000-4000-8000-000000000000", actor="olga")


def test_accept_records_the_actor_on_the_timeline(harness, decision, in_review):
    decision.accept(in_review, actor="olga")
    with harness.database.reading() as work:
        lines = [line for line in work.timeline.of(in_review) if line.event == "decision_requested"]
    assert [(line.actor, line.detail) for line in lines] == [("olga", {"wanted": "verified"})]
