"""What the host or an operator decides, and who had decided before."""

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
    harness.said(found, "PENDING_VERIFICATION")
    harness.gateway_poll.poll(found)
    return found


def test_olga_accepts_and_it_is_verified(harness, decision, in_review):
    assert decision.accept(in_review, actor="olga").status is Status.VERIFIED


def test_olga_rejects_and_her_comment_stays_with_operators(harness, decision, in_review):
    row = decision.reject(in_review, actor="olga", comment="blurred, and not her")
    assert row.status is Status.REJECTED
    assert row.rejection_reason == "blurred, and not her"
    assert [str(reason.code) for reason in row.reasons] == ["other"]


def test_the_same_decision_twice_is_made_once(harness, decision, in_review):
    decision.accept(in_review, actor="olga")
    assert decision.accept(in_review, actor="olga").status is Status.VERIFIED
    assert harness.gateway.count("accept") == 1


def test_a_decision_against_a_final_one_is_refused_with_the_true_status(decision, in_review):
    decision.accept(in_review, actor="olga")
    with pytest.raises(Conflict) as told:
        decision.reject(in_review, actor="max", comment="no")
    assert told.value.status is Status.VERIFIED


def test_whoever_was_quicker_at_the_gateway_is_right(harness, decision, in_review):
    harness.said(in_review, "NOT_VERIFIED")
    with pytest.raises(Conflict) as told:
        decision.accept(in_review, actor="olga")
    assert told.value.status is Status.REJECTED


def test_a_lost_answer_is_recognised_when_it_is_asked_for_again(harness, decision, in_review):
    harness.gateway.lost["accept"] = 1
    with pytest.raises(GatewayUnavailable):
        decision.accept(in_review, actor="olga")
    assert decision.accept(in_review, actor="olga").status is Status.VERIFIED


def test_after_a_lost_answer_the_truth_comes_by_itself(harness, decision, in_review):
    harness.gateway.lost["accept"] = 1
    with pytest.raises(GatewayUnavailable):
        decision.accept(in_review, actor="olga")
    harness.run_due()
    assert harness.status(in_review) is Status.VERIFIED


def test_a_gateway_that_is_away_changes_nothing(harness, decision, in_review):
    harness.gateway.trouble["accept"].append(away())
    with pytest.raises(GatewayUnavailable):
        decision.accept(in_review, actor="olga")
    assert harness.status(in_review) is Status.IN_REVIEW


def test_an_account_without_the_right_is_told_so(harness, decision, in_review):
    harness.gateway.trouble["reject"].append(Forbidden("reject: answered 403", status=403))
    with pytest.raises(GatewayForbidden):
        decision.reject(in_review, actor="olga", comment="no")


@pytest.mark.parametrize("step", ["accept", "review"])
def test_what_ada_has_not_finished_cannot_be_decided(harness, ada, decision, step):
    found = harness.begin(ada)
    with pytest.raises(Conflict) as told:
        getattr(decision, step)(found, actor="olga")
    assert told.value.status is Status.STARTED
    assert harness.gateway.count(step) == 0


def test_an_unknown_onboarding_cannot_be_decided(decision):
    with pytest.raises(NotFound):
        decision.accept("00000000-0000-4000-8000-000000000000", actor="olga")


def test_the_decision_is_on_the_timeline_with_who_asked_for_it(harness, decision, in_review):
    decision.accept(in_review, actor="olga")
    with harness.database.reading() as work:
        lines = [line for line in work.timeline.of(in_review) if line.event == "decision_asked"]
    assert [(line.actor, line.detail) for line in lines] == [("olga", {"wanted": "verified"})]
