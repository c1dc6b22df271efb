"""Decisions by operator commands and what the user then sees."""

import json

import httpx
import pytest

from tests.support.decisions import fault, shown, undecided
from tests.support.stack import Person, Stack
from tests.support.user_journey import UserJourney, gateway_switches, start_onboarding


def reviewed(stack: Stack, person: Person) -> UserJourney:
    """Return an onboarding that the gateway's reviewers have to decide."""
    walk = start_onboarding(stack, person)
    walk.finish("review")
    walk.until("in_review")
    return walk


@pytest.mark.both_databases
def test_accept_command_verifies_the_onboarding(stack: Stack, ada: Person) -> None:
    walk = reviewed(stack, ada)
    done = stack.command("onboardings", "accept", walk.id, "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{walk.id}  verified"
    walk.until("verified")


def test_accept_command_without_confirmation_decides_nothing(stack: Stack, ada: Person) -> None:
    walk = reviewed(stack, ada)
    for typed in ("", "n\n"):
        done = stack.command("onboardings", "accept", walk.id, typed=typed)
        assert done.returncode == 1
        assert walk.id in done.stderr
        assert "Accept, finally?" in done.stderr
    assert shown(walk)["decisions"] == []
    done = stack.command("onboardings", "accept", walk.id, typed="y\n")
    assert done.returncode == 0, done.stderr


def test_reject_command_requires_a_comment_hidden_from_the_user(stack: Stack, ada: Person) -> None:
    walk = reviewed(stack, ada)
    assert "--comment" in stack.command("onboardings", "reject", walk.id, "--yes").stderr
    done = stack.command(
        "onboardings", "reject", walk.id, "--comment", "Looks forged to me.", "--yes"
    )
    assert done.returncode == 0, done.stderr
    walk.until("rejected")
    assert "forged" not in walk.look().text


def test_reject_command_with_a_reason_shows_its_text_to_the_user(stack: Stack, ada: Person) -> None:
    walk = reviewed(stack, ada)
    options = ("--comment", "x", "--reason", "document_expired", "--yes")
    assert stack.command("onboardings", "reject", walk.id, *options).returncode == 0
    assert [one["code"] for one in walk.until("rejected")["reasons"]] == ["document_expired"]
    wrong = stack.command("onboardings", "reject", walk.id, "--comment", "x", "--reason", "no")
    assert "document_expired" in wrong.stderr


def test_reject_command_after_a_decision_fails(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("passes")
    walk.until("verified")
    done = stack.command("onboardings", "reject", walk.id, "--comment", "Too late.", "--yes")
    assert done.returncode == 1
    assert done.stderr.strip() == "Error: not possible: the onboarding is verified"


def test_accept_command_in_deciding_verifies_the_onboarding(stack: Stack, ada: Person) -> None:
    walk = undecided(stack, ada)
    assert stack.command("onboardings", "accept", walk.id, "--yes").returncode == 0
    walk.until("verified")


def test_accept_command_of_an_unknown_onboarding_fails(stack: Stack) -> None:
    done = stack.command("onboardings", "accept", "no-such-id", "--yes")
    assert done.returncode == 1
    assert "no such onboarding" in done.stderr


def test_accept_command_during_an_outage_keeps_the_decision(stack: Stack, ada: Person) -> None:
    walk = undecided(stack, ada)
    with gateway_switches(stack, down=True):
        done = stack.command("onboardings", "accept", walk.id, "--yes")
        assert done.returncode == 1
        assert "it is stored" in done.stderr
        other = stack.command("onboardings", "reject", walk.id, "--comment", "x", "--yes")
        assert "decision_in_progress" in other.stderr
    walk.until("verified", seconds=100)


def test_accept_withdraws_an_open_review(stack: Stack, ada: Person) -> None:
    walk = undecided(stack, ada)
    with fault(walk, "pending", "status", status=500, times=None):
        assert stack.command("onboardings", "review", walk.id, "--yes").returncode == 1
        assert stack.command("onboardings", "accept", walk.id, "--yes").returncode == 0
    outcomes = [(one["kind"], one["outcome"]) for one in shown(walk)["decisions"]]
    assert outcomes == [("review", "withdrawn"), ("accept", "confirmed")]


def test_decision_names_its_requester_to_operators_only(stack: Stack, ada: Person) -> None:
    walk = reviewed(stack, ada)
    options = ("--comment", "Seen at the desk.", "--by", "Olga Marker", "--yes")
    assert stack.command("onboardings", "reject", walk.id, *options).returncode == 0
    output = shown(walk)
    (decision,) = output["decisions"]
    assert decision["by"] == "Olga Marker"
    assert decision["os_user"]
    assert "Olga" not in json.dumps(output["timeline"])
    stored = dict(stack.stored())
    assert not [name for name, content in stored.items() if b"Olga Marker" in content]
    assert not [name for name, content in stored.items() if b"Seen at the desk" in content]


def degradations(stack: Stack) -> str:
    """Return what /readyz says to the operator."""
    headers = {"Authorization": f"Bearer {stack.instance.secret('operations_token')}"}
    answer = httpx.get(f"{stack.public_url}/readyz", headers=headers, trust_env=False, timeout=30)
    return " ".join(answer.json()["degraded"])


def test_forbidden_decision_degrades_readyz_until_the_right_is_granted(
    stack: Stack, ada: Person, ben: Person
) -> None:
    walk, other = undecided(stack, ada), undecided(stack, ben)
    with fault(walk, "accept", "status", status=403):
        done = stack.command("onboardings", "accept", walk.id, "--yes")
        assert "does not let our account decide" in done.stderr
    assert "403 to decisions" in degradations(stack)
    assert shown(walk)["decisions"][0]["state"] == "parked"
    assert stack.command("onboardings", "accept", other.id, "--yes").returncode == 0
    walk.until("verified")
    assert "403 to decisions" not in degradations(stack)
