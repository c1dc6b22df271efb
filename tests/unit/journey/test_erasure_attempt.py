"""Attempts to erase: what the gateway's answers prove, and when the next one follows."""

from typing import Any

import pytest

from tests.unit.journey.erasures import carried_out, outcome, requested, statuses
from tests.unit.journey.fakes import away
from webapp.domain.erasures import ErasureState
from webapp.domain.onboarding import Status
from webapp.gateway.errors import Forbidden, RequestRefused, StateConflict, Unauthorized
from webapp.journey.erasure_attempt import ERASURES_BLOCKED


def test_erasure_with_full_proof_is_confirmed(harness, erase, verified, other):
    erasure = carried_out(harness, erase, verified)

    assert outcome(erasure) == ("confirmed", None)
    assert statuses(erasure) == [200, 200, 401, 200]
    assert erasure.is_settled
    assert verified not in harness.gateway.processes
    assert harness.gateway.count("delete") == 1
    row = harness.row(verified)
    assert (row.status, row.person_id, row.next_poll_at) == (Status.ERASED, None, None)


def test_erasure_without_another_process_is_unproven(harness, erase, verified):
    erasure = carried_out(harness, erase, verified)

    assert outcome(erasure) == ("unproven", "no_other_process")
    assert harness.status(verified) is Status.ERASED
    assert erasure.receipt


def test_unproven_erasure_is_confirmed_once_another_process_is_shown(harness, erase, verified, ben):
    erasure = carried_out(harness, erase, verified)
    assert erasure.state is ErasureState.UNPROVEN
    bens = harness.begin(ben)
    harness.poll_answered(bens, "VERIFIED")

    harness.clock.advance(seconds=2)
    harness.run_due()

    after = erase.get(erasure.id)
    assert outcome(after) == ("confirmed", None)
    assert after.receipt != erasure.receipt
    assert harness.gateway.count("delete") == 1


def test_erasure_of_an_account_that_shows_nothing_is_unproven(harness, erase, verified, other):
    del harness.gateway.processes[other]

    erasure = carried_out(harness, erase, verified)

    assert outcome(erasure) == ("unproven", "account_shows_nothing")
    assert statuses(erasure) == [200, 200, 401, 401]


def test_erasure_of_a_process_not_shown_before_is_unproven(harness, erase, verified, other):
    del harness.gateway.processes[verified]
    harness.gateway.errors["delete"].append(Unauthorized("delete: answered 401", status=401))

    erasure = carried_out(harness, erase, verified)

    assert outcome(erasure) == ("unproven", "not_shown_before")
    assert harness.status(verified) is Status.ERASED


def test_unproven_erasure_ends_after_seven_days(harness, erase, verified):
    erasure = carried_out(harness, erase, verified)
    for _ in range(30):
        harness.clock.advance(hours=24)
        harness.run_due()

    after = erase.get(erasure.id)
    assert (after.state, after.is_settled) == (ErasureState.UNPROVEN, True)
    assert harness.row(verified).next_poll_at is None


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (Forbidden("delete: answered 403", status=403), "right_missing"),
        (RequestRefused("delete: answered 405", status=405), "method_refused"),
        (RequestRefused("delete: answered 400", status=400), "request_refused"),
        (Unauthorized("delete: answered 404", status=404), "not_deleted"),
    ],
)
def test_erasure_refused_by_the_gateway_is_blocked_and_keeps_the_data(
    harness, erase, verified, other, error, problem
):
    harness.gateway.errors["delete"].append(error)

    erasure = carried_out(harness, erase, verified)

    assert outcome(erasure) == ("blocked", problem)
    assert not erasure.is_settled
    assert harness.status(verified) is Status.VERIFIED
    with harness.database.reading() as work:
        assert work.alarms.details()[ERASURES_BLOCKED] == problem


def test_blocked_erasure_is_confirmed_once_the_gateway_allows_it(harness, erase, verified, other):
    harness.gateway.errors["delete"].append(Forbidden("delete: answered 403", status=403))
    erasure = carried_out(harness, erase, verified)

    harness.clock.advance(seconds=2)
    harness.run_due()

    assert outcome(erase.get(erasure.id)) == ("confirmed", None)
    with harness.database.reading() as work:
        assert ERASURES_BLOCKED not in work.alarms.active()


def test_erasure_in_a_state_that_does_not_allow_it_is_retried(harness, erase, verified, other):
    harness.gateway.errors["delete"].append(StateConflict("delete: answered 409", status=409))
    erasure = carried_out(harness, erase, verified)
    assert outcome(erasure) == ("pending", "state_refused")
    assert harness.status(verified) is Status.VERIFIED

    harness.clock.advance(seconds=2)
    harness.run_due()

    assert erase.get(erasure.id).state is ErasureState.CONFIRMED


def test_erasure_while_the_gateway_is_unavailable_is_retried_by_the_schedule(
    harness, erase, verified, other
):
    harness.gateway.errors["read"].extend([away()] * 2)
    erasure = carried_out(harness, erase, verified)
    assert outcome(erasure) == ("pending", "gateway_unavailable")
    assert harness.gateway.count("delete") == 0

    harness.clock.advance(seconds=1)
    assert harness.run_due() == 0
    harness.clock.advance(seconds=10)
    harness.run_due()
    harness.clock.advance(seconds=60)
    harness.run_due()

    assert erase.get(erasure.id).state is ErasureState.CONFIRMED


def test_lost_answer_to_the_deletion_leaves_the_erasure_unproven(harness, erase, verified, other):
    def lose(_id: str) -> None:
        harness.gateway.processes.pop(verified, None)
        raise away()

    harness.gateway.during_call["delete"] = lose
    erasure = carried_out(harness, erase, verified)
    assert outcome(erasure) == ("pending", "gateway_unavailable")
    del harness.gateway.during_call["delete"]
    harness.gateway.errors["delete"].append(Unauthorized("delete: answered 401", status=401))

    harness.clock.advance(seconds=10)
    harness.run_due()

    after = erase.get(erasure.id)
    assert outcome(after) == ("unproven", "not_acknowledged")
    assert statuses(after) == [200, 401, 401, 200]


def test_process_still_shown_after_success_is_deleted_again(harness, erase, verified, other):
    harness.gateway.during_call["delete"] = lambda id_: kept.update({id_: "VERIFIED"})
    kept: dict[str, str] = {}
    original = harness.gateway.delete

    def keeping(scan_id: str) -> Any:
        answer = original(scan_id)
        harness.gateway.processes.update(kept)
        return answer

    harness.gateway.delete = keeping
    erasure = carried_out(harness, erase, verified)
    assert outcome(erasure) == ("unproven", "still_shown")
    assert harness.status(verified) is Status.VERIFIED
    harness.gateway.delete = original

    harness.clock.advance(seconds=2)
    harness.run_due()

    assert erase.get(erasure.id).state is ErasureState.CONFIRMED
    assert harness.status(verified) is Status.ERASED


def test_erasure_waits_for_a_create_call_in_flight(harness, erase, adas, other):
    harness.put(adas, status=Status.CREATED, create_called_at=harness.clock(), hosted_url=None)
    harness.gateway.calls.clear()
    erasure = carried_out(harness, erase, adas)
    assert erasure.attempts == 0
    assert harness.gateway.calls == []

    harness.clock.advance(seconds=16)
    harness.run_due()

    assert erase.get(erasure.id).attempts == 1
    assert harness.status(adas) is Status.ERASED


def test_attempt_killed_after_the_deletion_is_made_again_when_its_lease_ends(
    harness, erase, verified, other
):
    class Killed(BaseException):
        pass

    def die(_id: str) -> None:
        harness.gateway.processes.pop(verified)
        raise Killed

    erasure = requested(erase, verified)
    harness.gateway.during_call["delete"] = die
    with pytest.raises(Killed):
        harness.gateway_poll.poll(verified)
    del harness.gateway.during_call["delete"]
    assert harness.run_due() == 0

    harness.clock.advance(seconds=21)
    harness.gateway.errors["delete"].append(Unauthorized("delete: answered 401", status=401))
    harness.run_due()

    after = erase.get(erasure.id)
    assert outcome(after) == ("unproven", "not_acknowledged")
    assert statuses(after)[0] == 200
    assert harness.status(verified) is Status.ERASED
    assert len([m for m in harness.events(verified) if m == "erased"]) == 1


def test_two_attempts_at_once_make_one_deletion(harness, erase, verified, other):
    requested(erase, verified)
    harness.gateway.during_call["delete"] = lambda _id: harness.gateway_poll.poll(verified)

    harness.gateway_poll.poll(verified)

    assert harness.gateway.count("delete") == 1
    assert harness.status(verified) is Status.ERASED


def test_answer_about_another_onboarding_proves_nothing(harness, erase, verified, other):
    harness.gateway.answer_fields[verified] = {"scanId": other}

    erasure = carried_out(harness, erase, verified)

    assert erasure.state is not ErasureState.CONFIRMED
    assert statuses(erasure)[0] is None
