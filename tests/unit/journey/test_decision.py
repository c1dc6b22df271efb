"""Decisions of the host site and of operators: stored, joined, confirmed, in conflict."""
# ruff: noqa: F811 - a fixture is asked for by its name

import pytest

from tests.unit.journey.decisions import (  # noqa: F401 - fixtures
    CALLS,
    alarms,
    decide,
    deciding,
    decision,
    decisions_of,
    in_review,
    run_due_after,
)
from tests.unit.journey.fakes import away
from tests.unit.journey.harness import unknown_id
from webapp.domain.decisions import DecisionOutcome, DecisionRequester
from webapp.domain.errors import (
    CaseChanged,
    Conflict,
    DecisionInProgress,
    NotFound,
)
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.http_transport.deadline import seconds_left
from webapp.journey.decision import Decision


def test_reject_stores_the_comment_and_shows_reason_other(harness, decision, in_review):
    row = decision.reject(in_review, actor="olga", comment="blurred, and not her").onboarding
    assert row.status is Status.REJECTED
    assert row.rejection_reason == "blurred, and not her"
    assert [str(reason.code) for reason in row.reasons] == ["other"]


def test_reject_with_a_reason_shows_that_reason(harness, decision, in_review):
    row = decision.reject(
        in_review, actor="olga", comment="not her", reason=ReasonCode.FACE_MISMATCH
    ).onboarding
    assert [reason.code for reason in row.reasons] == [ReasonCode.FACE_MISMATCH]
    assert row.rejection_reason == "face_mismatch: not her"


def test_reject_with_a_lost_answer_keeps_its_reason(harness, decision, in_review):
    harness.gateway.lost_answers["reject"] = 1
    decision.reject(in_review, actor="olga", comment="not her", reason=ReasonCode.FACE_MISMATCH)
    harness.set_gateway_word(in_review, "NOT_VERIFIED", rejectionReason="face_mismatch: not her")
    run_due_after(harness, seconds=2)
    assert [reason.code for reason in harness.row(in_review).reasons] == [ReasonCode.FACE_MISMATCH]


def test_reject_overtaken_before_it_was_sent_keeps_the_gateways_reason(
    harness, decision, in_review
):
    harness.set_gateway_word(in_review, "NOT_VERIFIED", rejectionReason="minor")
    decision.reject(in_review, actor="olga", comment="x", reason=ReasonCode.FACE_MISMATCH)
    (reason,) = harness.row(in_review).reasons
    assert reason.code is ReasonCode.UNDERAGE


@pytest.mark.parametrize("step", ["accept", "review"])
def test_decision_passes_the_personal_data_on_and_records_the_actor(
    harness, deciding, decision, step
):
    row = decide(decision, step, deciding, personal_data={"name": "Ada"}).onboarding
    assert row.status is {"accept": Status.VERIFIED, "review": Status.IN_REVIEW}[step]
    assert harness.gateway.personal_data == {"name": "Ada"}
    (line,) = [each for each in harness.timeline(deciding) if each.event == "decision_requested"]
    assert (line.actor, line.detail) == ("olga", {"kind": step})


def test_accept_repeated_calls_the_gateway_once(harness, decision, in_review):
    for _ in range(2):
        assert decide(decision, "accept", in_review).onboarding.status is Status.VERIFIED
    assert harness.gateway.count("accept") == 1


def test_decision_is_confirmed_without_its_content_and_with_its_requester(
    harness, decision, in_review
):
    requester = DecisionRequester("Olga", "ops")
    decide(decision, "reject", in_review, requester=requester)
    (stored,) = decisions_of(harness, in_review)
    assert stored.outcome is DecisionOutcome.CONFIRMED
    assert stored.content is None
    assert stored.due_at is None
    assert stored.requester == requester


def test_decision_moves_the_case_version(harness, decision, in_review):
    harness.gateway.errors["accept"].append(away())
    before = harness.row(in_review).case_version
    decide(decision, "accept", in_review)
    assert harness.row(in_review).case_version == before + 1
    assert decisions_of(harness, in_review)[0].case_version == before


@pytest.mark.parametrize("known", [True, False], ids=["known here", "known to the gateway"])
def test_reject_after_accept_raises_conflict_with_the_present_status(
    harness, decision, in_review, known
):
    harness.set_gateway_word(in_review, "VERIFIED")
    if known:
        harness.gateway_poll.poll(in_review)
    with pytest.raises(Conflict) as raised:
        decide(decision, "reject", in_review)
    assert raised.value.status is Status.VERIFIED
    assert harness.gateway.count("reject") == 0
    assert [one.outcome for one in decisions_of(harness, in_review)] == (
        [] if known else [DecisionOutcome.OVERTAKEN]
    )


def test_manual_review_sleeps_while_a_decision_is_open(harness, decision, deciding):
    harness.gateway.errors["accept"].extend(away() for _ in range(2))
    decide(decision, "accept", deciding)
    run_due_after(harness, minutes=61)
    assert harness.gateway.count("send_to_review") == 0
    run_due_after(harness, minutes=61)
    assert harness.status(deciding) is Status.VERIFIED


@pytest.mark.parametrize("first", ["accept", "reject"])
def test_another_decision_while_one_is_open_raises_decision_in_progress(
    harness, decision, in_review, first
):
    other = {"accept": "reject", "reject": "accept"}[first]
    harness.gateway.errors[first].append(away())
    decide(decision, first, in_review)
    with pytest.raises(DecisionInProgress):
        decide(decision, other, in_review)
    run_due_after(harness, seconds=2)
    assert harness.gateway.count(other) == 0


def test_same_decision_with_other_content_raises_decision_in_progress(harness, decision, in_review):
    harness.gateway.errors["accept"].append(away())
    decide(decision, "accept", in_review)
    with pytest.raises(DecisionInProgress):
        decide(decision, "accept", in_review, personal_data={"name": "Ada"})


@pytest.mark.parametrize("kind", ["accept", "reject"])
def test_verdict_withdraws_an_open_review(harness, decision, deciding, kind):
    harness.gateway.errors["send_to_review"].append(away())
    decide(decision, "review", deciding)
    decide(decision, kind, deciding)
    assert [one.outcome for one in decisions_of(harness, deciding)] == [
        DecisionOutcome.WITHDRAWN,
        DecisionOutcome.CONFIRMED,
    ]


def test_same_decision_joins_the_open_one(harness, decision, in_review):
    harness.gateway.errors["accept"].append(away())
    first = decide(decision, "accept", in_review).decision
    second = decide(decision, "accept", in_review).decision
    assert second.id == first.id
    assert harness.gateway.count("accept") == 1


def test_decision_on_another_case_version_raises_case_changed(harness, decision, in_review):
    version = harness.row(in_review).case_version
    with pytest.raises(CaseChanged):
        decide(decision, "accept", in_review, case_version=version - 1)
    result = decide(decision, "accept", in_review, case_version=version)
    assert result.onboarding.status is Status.VERIFIED


@pytest.mark.parametrize("step", ["accept", "review"])
def test_decision_on_a_started_onboarding_raises_conflict(harness, adas, decision, step):
    with pytest.raises(Conflict) as raised:
        decide(decision, step, adas)
    assert raised.value.status is Status.STARTED
    assert harness.gateway.count(step) == 0


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("accept", {"personal_data": {"unknown_key": "x"}}),
        ("accept", {"personal_data": {"name": "\ud800"}}),
        ("review", {"personal_data": {"name": 5}}),
        ("reject", {"comment": " "}),
        ("reject", {"comment": "\ud800"}),
    ],
)
def test_decision_with_content_that_cannot_be_sent_is_not_stored(
    harness, decision, deciding, kind, content
):
    with pytest.raises(ValueError, match=r"comment|personal data"):
        getattr(decision, kind)(deciding, actor="olga", **content)
    assert decisions_of(harness, deciding) == []


def test_accept_of_an_unknown_onboarding_raises_not_found(decision):
    with pytest.raises(NotFound):
        decide(decision, "accept", unknown_id())


def test_decision_gives_the_gateway_as_long_as_its_caller_waits(harness, in_review):
    left = []
    harness.gateway.during_call |= dict.fromkeys(
        ("read", "accept"), lambda _id: left.append(seconds_left())
    )
    decision = Decision(harness.deps, harness.gateway_poll, confirmation_seconds=5)
    decide(decision, "accept", in_review)
    assert len(left) == 3
    assert all(0 < seconds <= 5 for seconds in left)
