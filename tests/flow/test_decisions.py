"""Decisions of the company, from its command line to the page that Ada looks at."""

import pytest

from tests.support.stack import Person, Stack
from tests.support.user_journey import start_onboarding


@pytest.mark.both_databases
def test_olga_accepts_from_the_command_line_and_ada_sees_it(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("review")
    walk.until("in_review")
    told = stack.command("onboardings", "accept", walk.id)
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == f"{walk.id}  verified"
    walk.until("verified")


def test_a_rejection_needs_a_comment_and_ada_never_sees_it(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("review")
    walk.until("in_review")
    assert "--comment" in stack.command("onboardings", "reject", walk.id).stderr
    told = stack.command("onboardings", "reject", walk.id, "--comment", "Looks forged to me.")
    assert told.returncode == 0, told.stderr
    walk.until("rejected")
    assert "forged" not in walk.look().text


def test_what_is_decided_cannot_be_decided_again(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    walk.finish("passes")
    walk.until("verified")
    told = stack.command("onboardings", "reject", walk.id, "--comment", "Too late.")
    assert (told.returncode, told.stderr.strip()) == (1, "Error: not possible: it is verified")


def test_the_host_decides_while_its_time_lasts(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada, flow="decided")
    walk.finish("validation")
    walk.until("deciding")
    assert stack.command("onboardings", "accept", walk.id).returncode == 0
    walk.until("verified")
