"""Decisions by operator commands and what the user then sees."""

import pytest

from tests.support.stack import Person, Stack
from tests.support.user_journey import start_onboarding


@pytest.mark.both_databases
def test_accept_command_verifies_the_onboarding(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("review")
    walk.until("in_review")
    done = stack.command("onboardings", "accept", walk.id)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{walk.id}  verified"
    walk.until("verified")


def test_reject_command_requires_a_comment_hidden_from_the_user(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("review")
    walk.until("in_review")
    assert "--comment" in stack.command("onboardings", "reject", walk.id).stderr
    done = stack.command("onboardings", "reject", walk.id, "--comment", "Looks forged to me.")
    assert done.returncode == 0, done.stderr
    walk.until("rejected")
    assert "forged" not in walk.look().text


def test_reject_command_after_a_decision_fails(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("passes")
    walk.until("verified")
    done = stack.command("onboardings", "reject", walk.id, "--comment", "Too late.")
    assert done.returncode == 1
    assert done.stderr.strip() == "Error: not possible: the onboarding is verified"


def test_accept_command_in_deciding_verifies_the_onboarding(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada, flow="decided")
    walk.finish("validation")
    walk.until("deciding")
    assert stack.command("onboardings", "accept", walk.id).returncode == 0
    walk.until("verified")
