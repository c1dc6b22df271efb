"""Corrections of a decision: compared with the document that the gateway shows afterwards."""
# ruff: noqa: F811 - a fixture is asked for by its name

import pytest

from tests.unit.journey.decisions import (  # noqa: F401 - fixtures
    decide,
    deciding,
    decision,
    decisions_of,
    in_review,
    run_due_after,
)
from webapp.domain.decisions import DecisionOutcome
from webapp.domain.errors import DecisionImpossible
from webapp.domain.onboarding import Status
from webapp.gateway.errors import RequestRefused, StateConflict

#: Sent, and what the gateway's document shows afterwards.
SENT = {"name": "Ada", "date_of_birth": "1990-12-31", "post_code": "28001"}
SHOWN = {"name": "ADA", "dateOfBirth": "31/12/1990", "dateOfExpiry": "soon"}


def lose_the_answer(harness, onboarding_id, call, document):
    """Lose the answer to the decision; the gateway shows this document afterwards."""
    harness.gateway.lost_answers[call] = 1
    harness.gateway.answer_fields[onboarding_id] = {"document": document}


def settled(harness, onboarding_id):
    (stored,) = decisions_of(harness, onboarding_id)
    assert stored.content is None
    return stored.outcome, dict(stored.corrected_fields)


@pytest.mark.parametrize(("kind", "call"), [("accept", "accept"), ("review", "send_to_review")])
@pytest.mark.parametrize("is_lost", [True, False])
def test_corrections_that_the_gateway_shows_are_confirmed(
    harness, decision, deciding, kind, call, is_lost
):
    lose_the_answer(harness, deciding, call, SHOWN)
    harness.gateway.lost_answers[call] = int(is_lost)
    decide(decision, kind, deciding, personal_data=SENT)
    run_due_after(harness, seconds=2)
    assert settled(harness, deciding) == (
        DecisionOutcome.CONFIRMED,
        {"name": "confirmed", "date_of_birth": "confirmed", "post_code": "cannot_tell"},
    )


@pytest.mark.parametrize(
    ("document", "sent", "outcome"),
    [
        ({**SHOWN, "name": "ADELE"}, SENT, DecisionOutcome.DIFFERS),
        ({"name": None}, {"name": "Ada"}, DecisionOutcome.DIFFERS),
        (SHOWN, {"curp": "X", "post_code": "1"}, DecisionOutcome.CANNOT_TELL),
        (SHOWN, {"date_of_expiry": "2031-03-02"}, DecisionOutcome.CANNOT_TELL),
        ({}, SENT, DecisionOutcome.CANNOT_TELL),
    ],
)
def test_corrections_after_a_lost_answer_are_compared(
    harness, decision, in_review, document, sent, outcome
):
    lose_the_answer(harness, in_review, "accept", document)
    result = decide(decision, "accept", in_review, personal_data=sent)
    assert dict(result.decision.corrected_fields) == dict.fromkeys(sent)
    run_due_after(harness, seconds=2)
    assert settled(harness, in_review)[0] is outcome
    assert harness.gateway.count("accept") == 1


def test_accept_whose_corrections_differ_has_reached_its_verdict(harness, decision, in_review):
    harness.gateway.answer_fields[in_review] = {"document": {"name": "ADELE"}}
    result = decide(decision, "accept", in_review, personal_data={"name": "Ada"})
    assert (result.onboarding.status, result.decision) == (Status.VERIFIED, None)
    assert settled(harness, in_review) == (DecisionOutcome.DIFFERS, {"name": "differs"})


@pytest.mark.parametrize("corrections", [{}, {"name": "Ada"}])
def test_accept_after_a_reviewer_has_accepted_is_overtaken(
    harness, decision, in_review, corrections
):
    harness.set_gateway_word(in_review, "VERIFIED", document={"name": "ADA"})
    if corrections:
        with pytest.raises(DecisionImpossible) as raised:
            decide(decision, "accept", in_review, personal_data=corrections)
        assert raised.value.status is Status.VERIFIED
    else:
        result = decide(decision, "accept", in_review)
        assert (result.onboarding.status, result.decision) == (Status.VERIFIED, None)
    assert harness.gateway.count("accept") == 0
    assert settled(harness, in_review) == (
        DecisionOutcome.OVERTAKEN,
        dict.fromkeys(corrections),
    )


def test_accept_answered_409_by_a_reviewers_verdict_is_overtaken(harness, decision, in_review):
    def accept_as_reviewer(_id):
        harness.set_gateway_word(in_review, "VERIFIED", document={"name": "ADA"})

    harness.gateway.during_call["accept"] = accept_as_reviewer
    harness.gateway.errors["accept"].append(StateConflict("accept: answered 409", status=409))
    with pytest.raises(DecisionImpossible):
        decide(decision, "accept", in_review, personal_data={"name": "Ada"})
    assert settled(harness, in_review)[0] is DecisionOutcome.OVERTAKEN


def test_accept_answered_409_after_a_lost_answer_is_compared(harness, decision, in_review):
    lose_the_answer(harness, in_review, "accept", SHOWN)
    harness.gateway.during_call["read"] = lambda _id: harness.gateway.processes.update(
        {in_review: "PENDING_VERIFICATION"} if harness.gateway.count("accept") < 2 else {}
    )
    decide(decision, "accept", in_review, personal_data=SENT)
    harness.gateway.errors["accept"].append(StateConflict("accept: answered 409", status=409))
    harness.gateway.during_call["accept"] = lambda _id: harness.gateway.processes.update(
        {in_review: "VERIFIED"}
    )
    run_due_after(harness, seconds=2)
    run_due_after(harness, seconds=10)
    assert settled(harness, in_review)[0] is DecisionOutcome.CONFIRMED


def test_accept_with_corrections_of_a_verified_onboarding_raises_decision_impossible(
    harness, decision, in_review
):
    harness.poll_answered(in_review, "VERIFIED")
    with pytest.raises(DecisionImpossible):
        decide(decision, "accept", in_review, personal_data={"name": "Ada"})
    assert decisions_of(harness, in_review) == []


def test_refused_accept_keeps_the_names_of_its_corrections_only(harness, decision, in_review):
    harness.gateway.errors["accept"].append(RequestRefused("answered 400", status=400))
    with pytest.raises(Exception, match="refused"):
        decide(decision, "accept", in_review, personal_data={"name": "Ada"})
    assert settled(harness, in_review) == (DecisionOutcome.REFUSED, {"name": None})
