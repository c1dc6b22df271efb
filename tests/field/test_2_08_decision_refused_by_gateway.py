"""An operator whose decision the gateway refuses reads what the gateway said."""

import pytest

from tests.support.decisions import assert_decided, decide, fault, undecided
from tests.support.eventually import eventually
from tests.support.stack import Person, Stack


@pytest.mark.parametrize("call", ["accept", "reject", "pending"])
def test_decision_answered_400_reports_what_the_gateway_said(
    stack: Stack, ada: Person, call: str
) -> None:
    walk = undecided(stack, ada)
    with fault(walk, call, "status", status=400, times=None):
        done = decide(walk, call)
    assert done.returncode == 1
    assert "400" in done.stderr
    assert "Injected fault: Bad Request" in done.stderr
    assert "not possible: the onboarding is" not in done.stderr


@pytest.mark.parametrize("status", [401, 404])
def test_accept_answered_401_reports_what_the_gateway_said(
    stack: Stack, ada: Person, status: int
) -> None:
    walk = undecided(stack, ada)
    with fault(walk, "accept", "status", status=status, times=None):
        done = decide(walk, "accept")
    assert done.returncode == 1
    assert str(status) in done.stderr
    assert "Injected fault" in done.stderr
    assert "not possible: the onboarding is" not in done.stderr


@pytest.mark.parametrize("status", [422, 405, 415])
def test_accept_answered_another_refusal_reports_what_the_gateway_said(
    stack: Stack, ada: Person, status: int
) -> None:
    walk = undecided(stack, ada)
    with fault(walk, "accept", "status", status=status, times=None):
        done = decide(walk, "accept")
    assert done.returncode == 1
    assert str(status) in done.stderr
    assert "Injected fault" in done.stderr


def test_accept_answered_403_reports_it_and_is_carried_out_later(stack: Stack, ada: Person) -> None:
    walk = undecided(stack, ada)
    with fault(walk, "accept", "status", status=403):
        done = decide(walk, "accept")
        assert done.returncode == 1
        assert "403" in done.stderr
        assert "Injected fault: Forbidden" in done.stderr
    decide(walk, "accept")
    assert_decided(walk, "accept")


def test_decision_after_a_refusal_is_possible(stack: Stack, ada: Person) -> None:
    walk = undecided(stack, ada)
    with fault(walk, "accept", "status", status=400, times=None):
        refused = decide(walk, "accept")
        assert "400" in refused.stderr
    done = decide(walk, "reject")
    assert done.returncode == 0, done.stderr
    assert_decided(walk, "reject")


def test_accept_while_the_gateway_shows_another_verdict_reports_it(
    stack: Stack, ada: Person
) -> None:
    walk = undecided(stack, ada)
    stack.gateway_control.post(
        f"/processes/{walk.id}/state", json={"state": "NOT_VERIFIED", "notice": False}
    ).raise_for_status()
    done = decide(walk, "accept")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("Error: not possible: the onboarding is rejected")
    eventually(lambda: walk.status["status"] == "rejected")
