"""Decisions that the gateway takes late, refuses, forbids or leaves without a verdict."""
# ruff: noqa: F811 - a fixture is asked for by its name

from datetime import timedelta

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
from webapp.domain.decisions import DecisionOutcome, DecisionState
from webapp.domain.errors import (
    DecisionRefused,
    GatewayForbidden,
)
from webapp.domain.onboarding import Status
from webapp.gateway.errors import (
    Forbidden,
    RequestRefused,
    StateConflict,
    Unauthorized,
    Unavailable,
)


@pytest.mark.parametrize("kind", ["accept", "reject", "review"])
@pytest.mark.parametrize("lost", ["answer", "request"])
def test_decision_while_the_gateway_is_unavailable_is_carried_out_by_a_poll(
    harness, decision, deciding, kind, lost
):
    call = CALLS[kind]
    if lost == "answer":
        harness.gateway.lost_answers[call] = 1
        if kind == "reject":
            harness.set_gateway_word(deciding, "PENDING_VALIDATION", rejectionReason="no")
    else:
        harness.gateway.errors[call].append(away())
    result = decide(decision, kind, deciding)
    assert result.decision is not None
    assert result.decision.state is DecisionState.OPEN
    assert harness.status(deciding) is Status.DECIDING
    assert run_due_after(harness, seconds=2) == 1
    assert harness.status(deciding) is result.decision.kind.wanted
    assert harness.gateway.count(call) == (1 if lost == "answer" else 2)


def test_accept_while_the_process_cannot_be_read_is_carried_out_by_a_poll(
    harness, decision, in_review
):
    harness.gateway.errors["read"].append(away())
    result = decide(decision, "accept", in_review)
    assert result.decision is not None
    assert harness.gateway.count("accept") == 0
    assert harness.run_due() == 1
    assert harness.status(in_review) is Status.VERIFIED


def test_accept_during_an_outage_waits_with_growing_pauses(harness, decision, in_review):
    harness.gateway.errors["accept"].extend(away() for _ in range(6))
    decide(decision, "accept", in_review)
    pauses = []
    for _ in range(5):
        (stored,) = decisions_of(harness, in_review)
        pauses.append((stored.due_at - harness.clock()).total_seconds())
        assert harness.row(in_review).next_poll_at <= stored.due_at
        harness.clock.moment = stored.due_at
        harness.gateway_poll.poll(in_review)
    assert pauses == [2, 10, 60, 300, 1800]


def test_accept_waits_as_long_as_retry_after_says(harness, decision, in_review):
    harness.gateway.errors["accept"].append(
        Unavailable("accept: answered 429", status=429, retry_after_seconds=90)
    )
    result = decide(decision, "accept", in_review)
    assert result.decision.due_at == harness.clock() + timedelta(seconds=90)
    assert result.decision.reply.http_status == 429


def test_accept_is_not_sent_while_the_lease_of_a_killed_process_lasts(harness, decision, in_review):
    class Killed(BaseException):
        """Ends a process in the middle of a call."""

    harness.gateway.errors["accept"].append(Killed())
    with pytest.raises(Killed):
        decide(decision, "accept", in_review)
    harness.gateway_poll.poll(in_review)
    assert harness.gateway.count("accept") == 1
    run_due_after(harness, seconds=15)
    assert harness.gateway.count("accept") == 2
    assert harness.status(in_review) is Status.VERIFIED


def test_accept_of_a_killed_process_late_in_an_outage_is_polled_for_when_its_lease_ends(
    harness, decision, in_review
):
    class Killed(BaseException):
        """Ends a process in the middle of a call."""

    harness.gateway.errors["accept"].extend([*(away() for _ in range(8)), Killed()])
    decide(decision, "accept", in_review)
    for _ in range(7):
        harness.clock.moment = decisions_of(harness, in_review)[0].due_at
        harness.gateway_poll.poll(in_review)
    harness.clock.moment = decisions_of(harness, in_review)[0].due_at
    with pytest.raises(Killed):
        harness.gateway_poll.poll(in_review)
    lease_end = harness.clock() + timedelta(seconds=15)
    assert harness.row(in_review).next_poll_at <= lease_end


def test_accept_taken_while_reads_lag_behind_is_sent_once(harness, decision, in_review):
    harness.gateway.during_call["accept"] = lambda _id: None
    harness.set_gateway_word(in_review, "PENDING_VERIFICATION")
    taken = harness.gateway.accept
    harness.gateway.accept = lambda *_: harness.gateway._begun("accept", in_review)
    result = decide(decision, "accept", in_review)
    harness.gateway.accept = taken
    assert result.decision.reply.http_status == 200
    run_due_after(harness, seconds=2)
    assert harness.gateway.count("accept") == 1
    harness.set_gateway_word(in_review, "VERIFIED")
    run_due_after(harness, seconds=10)
    assert harness.status(in_review) is Status.VERIFIED


def test_accept_answered_409_is_polled_for_and_not_sent_again(harness, decision, in_review):
    harness.gateway.errors["accept"].append(StateConflict("accept: answered 409", status=409))
    result = decide(decision, "accept", in_review)
    assert result.decision.state is DecisionState.OPEN
    assert result.decision.due_at is None
    run_due_after(harness, seconds=2)
    run_due_after(harness, seconds=10)
    assert harness.gateway.count("accept") == 1
    harness.set_gateway_word(in_review, "VERIFIED")
    run_due_after(harness, seconds=60)
    (stored,) = decisions_of(harness, in_review)
    assert stored.outcome is DecisionOutcome.OVERTAKEN


def test_accept_answered_409_without_a_verdict_becomes_a_dead_letter_after_a_day(
    harness, decision, in_review
):
    harness.gateway.errors["accept"].append(StateConflict("accept: answered 409", status=409))
    decide(decision, "accept", in_review)
    run_due_after(harness, hours=25)
    (letter,) = harness.dead_letters.list_all()
    assert (letter.onboarding_id, letter.kind, letter.why) == (in_review, "decision", "accept")
    assert harness.dead_letters.replay(in_review)
    harness.run_due()
    assert harness.status(in_review) is Status.VERIFIED


def test_decision_takes_the_place_of_a_dead_letter(harness, decision, in_review):
    harness.gateway.errors["accept"].append(StateConflict("accept: answered 409", status=409))
    decide(decision, "accept", in_review)
    run_due_after(harness, hours=25)
    assert decide(decision, "reject", in_review).onboarding.status is Status.REJECTED
    assert [one.outcome for one in decisions_of(harness, in_review)] == [
        DecisionOutcome.WITHDRAWN,
        DecisionOutcome.CONFIRMED,
    ]


def test_accept_answered_400_is_refused_with_what_the_gateway_said(harness, decision, in_review):
    body = b'{"status": "BAD", "description": "personalData is wrong"}'
    harness.gateway.errors["accept"].append(
        RequestRefused("accept: answered 400", status=400, body=body)
    )
    with pytest.raises(DecisionRefused) as raised:
        decide(decision, "accept", in_review)
    assert raised.value.http_status == 400
    assert raised.value.reply == "BAD: personalData is wrong"
    assert "personalData" not in str(raised.value)
    run_due_after(harness, hours=1)
    assert harness.gateway.count("accept") == 1
    assert decide(decision, "accept", in_review).onboarding.status is Status.VERIFIED


def test_accept_answered_401_is_repeated(harness, decision, in_review):
    harness.gateway.errors["accept"].append(Unauthorized("accept: answered 401", status=401))
    result = decide(decision, "accept", in_review)
    assert result.decision.reply.http_status == 401
    run_due_after(harness, seconds=2)
    assert harness.status(in_review) is Status.VERIFIED


def test_reject_without_the_right_is_parked_until_the_gateway_takes_a_decision(
    harness, decision, in_review, ben
):
    harness.gateway.errors["reject"].append(Forbidden("reject: answered 403", status=403))
    result = decide(decision, "reject", in_review)
    assert result.decision.state is DecisionState.PARKED
    assert alarms(harness) == {"decisions_forbidden"}
    run_due_after(harness, minutes=10)
    assert harness.gateway.count("reject") == 1
    assert alarms(harness) == {"decisions_forbidden"}

    bens = harness.begin(ben)
    harness.poll_answered(bens, "PENDING_VERIFICATION")
    decide(decision, "accept", bens)
    assert alarms(harness) == set()
    harness.run_due()
    assert harness.status(in_review) is Status.REJECTED


def test_parked_reject_is_sent_at_once_when_repeated(harness, decision, in_review):
    harness.gateway.errors["reject"].append(Forbidden("reject: answered 403", status=403))
    decide(decision, "reject", in_review)
    assert decide(decision, "reject", in_review).onboarding.status is Status.REJECTED
    assert len(decisions_of(harness, in_review)) == 1


def test_parked_reject_is_sent_again_after_half_an_hour(harness, decision, in_review):
    harness.gateway.errors["reject"].append(Forbidden("reject: answered 403", status=403))
    decide(decision, "reject", in_review)
    run_due_after(harness, minutes=31)
    assert harness.status(in_review) is Status.REJECTED
    assert alarms(harness) == set()


def test_manual_review_without_the_right_raises_the_alarm(harness, adas):
    harness.gateway.errors["send_to_review"].append(Forbidden("answered 403", status=403))
    with pytest.raises(GatewayForbidden):
        harness.poll_answered(adas, "PENDING_VALIDATION")
    assert alarms(harness) == {"decisions_forbidden"}
    harness.gateway_poll.poll(adas)
    assert alarms(harness) == set()


def test_poll_of_an_erased_onboarding_withdraws_its_decision(harness, decision, in_review):
    harness.gateway.errors["accept"].append(away())
    decide(decision, "accept", in_review)
    harness.put(in_review, status=Status.ERASED)
    harness.gateway_poll.poll(in_review)
    (stored,) = decisions_of(harness, in_review)
    assert (stored.outcome, stored.content) == (DecisionOutcome.WITHDRAWN, None)
