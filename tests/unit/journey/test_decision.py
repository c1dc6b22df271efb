"""What the host or an operator decides, and who had decided before."""

import pytest

from tests.unit.journey.fakes import away
from webapp.domain.errors import Conflict, GatewayForbidden, GatewayUnavailable, NotFound
from webapp.domain.onboarding import Status
from webapp.gateway.errors import Forbidden
from webapp.journey.decision import Decision


@pytest.fixture
def decision(house) -> Decision:
    return Decision(house.ground, house.gateway, house.progress)


@pytest.fixture
def in_review(house, ada) -> str:
    found = house.begin(ada)
    house.said(found, "PENDING_VERIFICATION")
    house.progress.read(found)
    return found


def test_olga_accepts_and_it_is_verified(house, decision, in_review):
    assert decision.accept(in_review, actor="olga").status is Status.VERIFIED


def test_olga_rejects_and_her_comment_stays_with_operators(house, decision, in_review):
    row = decision.reject(in_review, actor="olga", comment="blurred, and not her")
    assert row.status is Status.REJECTED
    assert row.rejection_reason == "blurred, and not her"
    assert [str(reason.code) for reason in row.reasons] == ["other"]


def test_the_same_decision_twice_is_made_once(house, decision, in_review):
    decision.accept(in_review, actor="olga")
    assert decision.accept(in_review, actor="olga").status is Status.VERIFIED
    assert house.gateway.count("accept") == 1


def test_a_decision_against_a_final_one_is_refused_with_the_true_status(decision, in_review):
    decision.accept(in_review, actor="olga")
    with pytest.raises(Conflict) as told:
        decision.reject(in_review, actor="max", comment="no")
    assert told.value.status is Status.VERIFIED


def test_whoever_was_quicker_at_the_gateway_is_right(house, decision, in_review):
    house.said(in_review, "NOT_VERIFIED")
    with pytest.raises(Conflict) as told:
        decision.accept(in_review, actor="olga")
    assert told.value.status is Status.REJECTED


def test_a_lost_answer_is_recognised_when_it_is_asked_for_again(house, decision, in_review):
    house.gateway.lost["accept"] = 1
    with pytest.raises(GatewayUnavailable):
        decision.accept(in_review, actor="olga")
    assert decision.accept(in_review, actor="olga").status is Status.VERIFIED


def test_after_a_lost_answer_the_truth_comes_by_itself(house, decision, in_review):
    house.gateway.lost["accept"] = 1
    with pytest.raises(GatewayUnavailable):
        decision.accept(in_review, actor="olga")
    house.run_due()
    assert house.status(in_review) is Status.VERIFIED


def test_a_gateway_that_is_away_changes_nothing(house, decision, in_review):
    house.gateway.trouble["accept"].append(away())
    with pytest.raises(GatewayUnavailable):
        decision.accept(in_review, actor="olga")
    assert house.status(in_review) is Status.IN_REVIEW


def test_an_account_without_the_right_is_told_so(house, decision, in_review):
    house.gateway.trouble["reject"].append(Forbidden("reject: answered 403", status=403))
    with pytest.raises(GatewayForbidden):
        decision.reject(in_review, actor="olga", comment="no")


@pytest.mark.parametrize("step", ["accept", "review"])
def test_what_ada_has_not_finished_cannot_be_decided(house, ada, decision, step):
    found = house.begin(ada)
    with pytest.raises(Conflict) as told:
        getattr(decision, step)(found, actor="olga")
    assert told.value.status is Status.STARTED
    assert house.gateway.count(step) == 0


def test_an_unknown_onboarding_cannot_be_decided(decision):
    with pytest.raises(NotFound):
        decision.accept("00000000-0000-4000-8000-000000000000", actor="olga")


def test_the_decision_is_on_the_timeline_with_who_asked_for_it(house, decision, in_review):
    decision.accept(in_review, actor="olga")
    with house.database.reading() as work:
        lines = [line for line in work.timeline.of(in_review) if line.event == "decision_asked"]
    assert [(line.actor, line.detail) for line in lines] == [("olga", {"wanted": "verified"})]
