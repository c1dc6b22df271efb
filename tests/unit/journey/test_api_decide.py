"""Decisions by a host site's API call: what is answered, and what is stored."""
# ruff: noqa: F811 - a fixture is asked for by its name

import pytest

from tests.unit.journey.decisions import (  # noqa: F401 - fixtures
    alarms,
    deciding,
    decisions_of,
    in_review,
    run_due_after,
)
from tests.unit.journey.fakes import away
from tests.unit.journey.harness import BANK, SHOP, unknown_id
from webapp.domain.decisions import (
    DecisionContent,
    DecisionKind,
    DecisionOutcome,
    DecisionState,
)
from webapp.domain.errors import (
    CaseChanged,
    DecisionImpossible,
    DecisionInProgress,
    DecisionRefused,
    GatewayForbidden,
    NotFound,
)
from webapp.domain.onboarding import Status
from webapp.gateway.errors import Forbidden, RequestRefused
from webapp.journey.api_decide import ApiDecide, DecisionInput
from webapp.journey.gateway_slots import GatewaySlots

ACCEPT, REJECT, REVIEW = DecisionKind


def wanted(kind=ACCEPT, version=None, **content):
    if kind is REJECT:
        content = {"comment": "not her", **content}
    return DecisionInput(kind, DecisionContent(**content), version, "back office")


@pytest.mark.parametrize("kind", list(DecisionKind))
def test_decide_answers_200_with_the_onboarding_and_names_the_key(harness, deciding, kind):
    answer, status = harness.host_api.decide.decide(SHOP, deciding, wanted(kind))
    assert (status, answer.id, answer.status) == (200, deciding, kind.wanted)
    (stored,) = decisions_of(harness, deciding)
    assert (stored.actor, stored.requester.claimed_name) == ("host", "back office")
    assert "back office" not in str([line.detail for line in harness.timeline(deciding)])


def test_decide_with_a_lost_answer_answers_202_and_joins(harness, in_review):
    harness.gateway.errors["accept"].append(away())
    first, status = harness.host_api.decide.decide(SHOP, in_review, wanted())
    assert (status, first.kind, first.state, first.outcome) == (
        202,
        ACCEPT,
        DecisionState.OPEN,
        None,
    )
    assert harness.host_api.decide.decide(SHOP, in_review, wanted()) == (first, 202)
    with pytest.raises(DecisionInProgress):
        harness.host_api.decide.decide(SHOP, in_review, wanted(REJECT))
    run_due_after(harness, seconds=2)
    last = harness.host_api.decide.last(SHOP, in_review)
    assert (last.outcome, last.attempts) == (DecisionOutcome.CONFIRMED, 2)
    answer, status = harness.host_api.decide.decide(SHOP, in_review, wanted())
    assert (status, answer.status) == (200, Status.VERIFIED)


@pytest.mark.parametrize("call", ["accept", "read"])
def test_decide_without_the_right_raises_forbidden_and_keeps_the_decision(harness, in_review, call):
    harness.gateway.errors[call].append(Forbidden("answered 403", status=403))
    with pytest.raises(GatewayForbidden):
        harness.host_api.decide.decide(SHOP, in_review, wanted())
    (stored,) = decisions_of(harness, in_review)
    assert stored.state is (DecisionState.PARKED if call == "accept" else DecisionState.OPEN)
    assert alarms(harness)
    assert harness.host_api.decide.decide(SHOP, in_review, wanted())[1] == 200


def test_decide_while_all_slots_are_taken_answers_202_without_a_call(harness, in_review):
    slots = GatewaySlots(1)
    decide = ApiDecide(harness.deps, harness.decision, slots)
    with slots.try_take() as taken, slots.try_take() as second:
        assert (taken, second) == (True, False)
        before = len(harness.gateway.calls)
        assert decide.decide(SHOP, in_review, wanted())[1] == 202
        assert len(harness.gateway.calls) == before
    harness.run_due()
    assert harness.status(in_review) is Status.VERIFIED


def test_decide_refused_by_the_gateway_raises_it(harness, in_review):
    harness.gateway.errors["accept"].append(RequestRefused("answered 400", status=400))
    with pytest.raises(DecisionRefused):
        harness.host_api.decide.decide(SHOP, in_review, wanted())
    assert harness.host_api.decide.last(SHOP, in_review).outcome is DecisionOutcome.REFUSED


def test_decide_on_another_version_raises_case_changed(harness, in_review):
    version = harness.row(in_review).case_version
    with pytest.raises(CaseChanged):
        harness.host_api.decide.decide(SHOP, in_review, wanted(version=version + 1))
    answer, _ = harness.host_api.decide.decide(SHOP, in_review, wanted(version=version))
    assert answer.version > version


def test_decide_before_the_user_has_finished_raises_impossible(harness, adas):
    with pytest.raises(DecisionImpossible):
        harness.host_api.decide.decide(SHOP, adas, wanted())


def test_decisions_on_another_sites_onboarding_raise_not_found(harness, in_review):
    decide = harness.host_api.decide
    for id_ in (in_review, unknown_id()):
        with pytest.raises(NotFound):
            decide.decide(BANK, id_, wanted())
        with pytest.raises(NotFound):
            decide.last(BANK, id_)
    assert decisions_of(harness, in_review) == []
    assert not harness.gateway.count("accept")


def test_last_without_a_decision_raises_not_found(harness, in_review):
    with pytest.raises(NotFound):
        harness.host_api.decide.last(SHOP, in_review)
