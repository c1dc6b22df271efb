"""Decides onboardings by command while the gateway misbehaves."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import CompletedProcess
from typing import Any

from tests.support.eventually import eventually
from tests.support.stack import Person, Stack
from tests.support.user_journey import UserJourney, gateway_process, start_onboarding

#: Commands by the place of their call in the control API of the gateway.
COMMANDS = {
    "accept": ("accept",),
    "reject": ("reject", "--comment", "Not the same person."),
    "pending": ("review",),
}
#: What the gateway's process becomes by each of them.
GATEWAY_STATES = {
    "accept": "VERIFIED",
    "reject": "NOT_VERIFIED",
    "pending": "PENDING_VERIFICATION",
}
STATUSES = {"accept": "verified", "reject": "rejected", "pending": "in_review"}


def undecided(stack: Stack, person: Person) -> UserJourney:
    """Return an onboarding that the host site has to decide."""
    walk = start_onboarding(stack, person, flow="decided")
    walk.finish("validation")
    walk.until("deciding")
    return walk


def decide(walk: UserJourney, call: str, *options: str) -> CompletedProcess[str]:
    """Run the command of this call, and confirm it."""
    verb, *given = COMMANDS[call]
    arguments = ("onboardings", verb, walk.id, *given, *options)
    return walk.stack.command(*arguments, typed="y\n")


@contextmanager
def fault(walk: UserJourney, call: str, kind: str, **options: Any) -> Iterator[None]:
    """Have the gateway answer this call about the onboarding's process with a fault."""
    faults = walk.stack.gateway_control
    content = {"at": [call], "kind": kind, "process": walk.id, "times": 1, **options}
    faults.post("/faults", json=content).raise_for_status()
    try:
        yield
    finally:
        left = faults.get("/faults").json()["faults"]
        kept = [one for one in left if one["process"] != walk.id]
        faults.put("/faults", json={"faults": kept}).raise_for_status()


def assert_decided(walk: UserJourney, call: str, seconds: float = 40) -> None:
    """Wait until the gateway's process and the onboarding show the decision."""
    eventually(
        lambda: gateway_process(walk.stack, walk.id)["state"] == GATEWAY_STATES[call],
        seconds=seconds,
    )
    walk.until(STATUSES[call])


def shown(walk: UserJourney) -> dict[str, Any]:
    """Return what `onboardings show` prints."""
    done = walk.stack.command("onboardings", "show", walk.id)
    assert done.returncode == 0, done.stderr
    content: dict[str, Any] = json.loads(done.stdout)
    return content
