"""Decisions of the host site and of operators: confirmed, repeated, impossible, lost answers."""

import pytest

from tests.unit.journey.fakes import away
from tests.unit.journey.harness import unknown_id
from webapp.domain.errors import Conflict, GatewayForbidden, GatewayUnavailable, NotFound
from webapp.domain.onboarding import Status
from webapp.gateway.errors import Forbidden
from webapp.journey.decision import Decision


@pytest.fixture
def decision(harness) -> Decision:
    return Decision(harness.deps, harness.gateway, harness.gateway_poll)


@pytest.fixture
def in_review(harness, adas) -> str:
    harness.poll_answered(adas, "PENDING_VERIFICATION")
    return adas


def test_reject_stores_the_comment_and_shows_reason_other(harness, decision, in_review):
    row = decision.reject(in_review, actor="olga", comment="blurred, and not her")
    assert row.status is Status.REJECTED
    assert row.rejection_reason == "blurred, and not her"
    assert [str(reason.code) for reason in row.reasons] == ["other"]


@pytest.mark.parametrize("step", ["accept", "review"])
def test_decision_passes_the_personal_data_on_and_records_the_actor(harness, ada, decision, step):
    found = harness.begin(ada, "host")
    harness.poll_answered(found, "PENDING_VALIDATION")
    row = getattr(decision, step)(found, actor="olga", personal_data={"name": "Ada"})
    assert row.status is {"accept": Status.VERIFIED, "review": Status.IN_REVIEW}[step]
    assert harness.gateway.personal_data == {"name": "Ada"}
    (line,) = [each for each in harness.timeline(found) if each.event == "decision_requested"]
    assert (line.actor, line.detail) == ("olga", {"wanted": str(row.status)})


def test_accept_repeated_calls_the_gateway_once(harness, decision, in_review):
    for _ in range(2):
        assert decision.accept(in_review, actor="olga").status is Status.VERIFIED
    assert harness.gateway.count("accept") == 1


@pytest.mark.parametrize("known", [True, False], ids=["known here", "known to the gateway"])
def test_reject_after_accept_raises_conflict_with_the_present_status(
    harness, decision, in_review, known
):
    harness.set_gateway_word(in_review, "VERIFIED")
    if known:
        harness.gateway_poll.poll(in_review)
    with pytest.raises(Conflict) as raised:
        decision.reject(in_review, actor="max", comment="no")
    assert raised.value.status is Status.VERIFIED


@pytest.mark.parametrize("lost", ["answer", "request"])
def test_accept_while_the_gateway_is_unavailable_is_settled_by_the_next_poll(
    harness, decision, in_review, lost
):
    if lost == "answer":
        harness.gateway.lost_answers["accept"] = 1
    else:
        harness.gateway.errors["accept"].append(away())
    with pytest.raises(GatewayUnavailable):
        decision.accept(in_review, actor="olga")
    assert harness.status(in_review) is Status.IN_REVIEW
    assert harness.run_due() == 1
    expected = Status.VERIFIED if lost == "answer" else Status.IN_REVIEW
    assert harness.status(in_review) is expected
    assert decision.accept(in_review, actor="olga").status is Status.VERIFIED


def test_reject_without_the_right_raises_gateway_forbidden(harness, decision, in_review):
    harness.gateway.errors["reject"].append(Forbidden("reject: answered 403", status=403))
    with pytest.raises(GatewayForbidden):
        decision.reject(in_review, actor="olga", comment="no")


@pytest.mark.parametrize("step", ["accept", "review"])
def test_decision_on_a_started_onboarding_raises_conflict(harness, adas, decision, step):
    with pytest.raises(Conflict) as raised:
        getattr(decision, step)(adas, actor="olga")
    assert raised.value.status is Status.STARTED
    assert harness.gateway.count(step) == 0


def test_accept_of_an_unknown_onboarding_raises_not_found(decision):
    with pytest.raises(NotFound):
        decision.accept(unknown_id(), actor="olga")
