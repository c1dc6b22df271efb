"""A decision that the gateway answers with a failure is repeated until the gateway shows it."""

import pytest

from tests.support.decisions import assert_decided, decide, fault, undecided
from tests.support.stack import Person, Stack
from tests.support.user_journey import gateway_call_counts

FAULTS = {
    "500": ("status", {"status": 500}),
    "503 with Retry-After": ("status", {"status": 503, "retry_after": 1}),
    "429": ("status", {"status": 429}),
    "request lost": ("drop", {"when": "before_work"}),
    "answer lost": ("drop", {"when": "before_headers"}),
    "body lost": ("drop", {"when": "after_headers"}),
    "page of a proxy": ("html", {"status": 200}),
    "page of a failing proxy": ("html", {"status": 502}),
    "redirect": ("status", {"status": 302}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_accept_after_a_gateway_failure_is_carried_out(
    stack: Stack, ada: Person, name: str
) -> None:
    walk = undecided(stack, ada)
    accepted = gateway_call_counts(stack)["accepts"]
    kind, options = FAULTS[name]
    with fault(walk, "accept", kind, **options):
        decide(walk, "accept")
        assert_decided(walk, "accept")
    assert gateway_call_counts(stack)["accepts"] == accepted + 1


@pytest.mark.parametrize("call", ["reject", "pending"])
@pytest.mark.parametrize("name", ["500", "page of a proxy"])
def test_reject_and_review_after_a_gateway_failure_are_carried_out(
    stack: Stack, ada: Person, call: str, name: str
) -> None:
    walk = undecided(stack, ada)
    kind, options = FAULTS[name]
    with fault(walk, call, kind, **options):
        decide(walk, call)
        assert_decided(walk, call)


@pytest.mark.nightly
def test_accept_after_two_gateway_failures_is_carried_out(stack: Stack, ada: Person) -> None:
    walk = undecided(stack, ada)
    with fault(walk, "accept", "status", status=500, times=2):
        done = decide(walk, "accept")
        assert_decided(walk, "accept")
    assert "Traceback" not in done.stderr


def test_accept_while_the_process_cannot_be_read_is_carried_out(stack: Stack, ada: Person) -> None:
    walk = undecided(stack, ada)
    with fault(walk, "data", "status", status=500, times=4):
        decide(walk, "accept")
        assert_decided(walk, "accept", seconds=100)


def test_accept_command_after_one_failure_waits_for_the_confirmation(
    stack: Stack, ada: Person
) -> None:
    walk = undecided(stack, ada)
    with fault(walk, "accept", "status", status=500):
        done = decide(walk, "accept")
    assert done.returncode == 0, done.stderr
    assert f"{walk.id}  verified" in done.stdout
