"""Carry out the steps of a scenario on the gateway state."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from mobbscan_sandbox.gateway.delivery import Delivery
from mobbscan_sandbox.gateway.faults import parse_fault
from mobbscan_sandbox.gateway.gateway_state import GatewayState
from mobbscan_sandbox.gateway.outcomes import OUTCOMES
from mobbscan_sandbox.gateway.process_states import ProcessState
from mobbscan_sandbox.gateway.switches import Switches
from mobbscan_sandbox.gateway.verification_process import VerificationProcess
from mobbscan_sandbox.scenarios.catalogue import Scenario, Step

# `wrong` and `none` are notices of an unauthenticated client.
_HEADERS: dict[str, dict[str, str] | None] = {
    "configured": None,
    "wrong": {"Authorization": "Bearer not-the-secret"},
    "none": {},
}


def apply_scenario(gateway: GatewayState, scenario: Scenario) -> None:
    """Reset switches and faults, then set those of the scenario.

    Raises `SwitchError` or `FaultError` before it changes anything.
    """
    switches = {"notices": scenario.notices, **scenario.switches}
    Switches().with_changes(switches)
    faults = [parse_fault(each) for each in scenario.faults]
    reset_switches_and_faults(gateway)
    gateway.set_switches(switches)
    gateway.faults.replace(faults)


def reset_switches_and_faults(gateway: GatewayState) -> None:
    """Reset every switch and remove every fault."""
    gateway.faults.replace([])
    gateway.set_switches(Switches().as_json())


def needs_process(step: Step) -> bool:
    """Return whether a gateway step is about one process rather than the whole gateway."""
    return step.verb in _PROCESS_STEPS


def run_process_step(gateway: GatewayState, process: VerificationProcess, step: Step) -> None:
    """Run a gateway step on one process and dispatch its notices."""
    _PROCESS_STEPS[step.verb](gateway, process, dict(step.details))


def run_gateway_step(gateway: GatewayState, scenario: Scenario, step: Step) -> None:
    """Run a gateway step that concerns every process."""
    if step.verb == "revokes_tokens":
        gateway.tokens.revoke()
    elif step.verb == "switches":
        gateway.set_switches(step.details["switches"])
    elif step.verb == "fails":
        gateway.faults.replace([parse_fault(each) for each in step.details["faults"]])
    else:
        reset_switches_and_faults(gateway)
        gateway.set_switches({"notices": scenario.notices})


def run_user_step(gateway: GatewayState, process: VerificationProcess, step: Step) -> None:
    """Run a user step as the gateway sees it, and call the return address."""
    if step.verb == "finishes":
        outcome = OUTCOMES[step.details["outcome"]]
        with gateway.lock:
            gateway.begin(process)
            deliveries = gateway.finish(process, outcome)
        gateway.notices.dispatch(deliveries)
        if step.details.get("returns", True):
            _call_return_address(process, outcome.error)
    elif step.verb == "leaves":
        gateway.leave(process)
    elif step.verb == "returns":
        _call_return_address(process, step.details.get("error"))


def user_step_is_done(process: VerificationProcess, step: Step) -> bool:
    """Return whether the user has done this step; steps the gateway cannot see count as done."""
    if step.verb != "finishes":
        return True
    error = OUTCOMES[step.details["outcome"]].error
    return process.state.announced or (error is not None and process.last_error == error)


def _call_return_address(process: VerificationProcess, error: str | None) -> None:
    address = process.redirect_url
    if address is None:
        return
    url = httpx.URL(address)
    if error is not None:
        url = url.copy_merge_params({"error": error})
    with suppress(httpx.HTTPError, httpx.InvalidURL):
        httpx.get(url, trust_env=False, timeout=10, follow_redirects=False)


def _decides(gateway: GatewayState, process: VerificationProcess, details: dict[str, Any]) -> None:
    gateway.notices.dispatch(
        gateway.force(process, OUTCOMES[details["outcome"]], details.get("reason")),
    )


def _moves(gateway: GatewayState, process: VerificationProcess, details: dict[str, Any]) -> None:
    if details.get("notice", True):
        gateway.notices.dispatch(gateway.move(process, ProcessState(details["state"]), "sandbox"))
    else:
        gateway.move_silently(process, ProcessState(details["state"]))


def _notifies(gateway: GatewayState, process: VerificationProcess, details: dict[str, Any]) -> None:
    headers = _HEADERS[details.get("headers", "configured")]
    gateway.notices.forge(process.id, details["status"], process.tenant, headers)


def _releases(gateway: GatewayState, process: VerificationProcess, details: dict[str, Any]) -> None:
    for delivery in _held_notices(gateway, process, reverse=details.get("order") == "reversed"):
        gateway.notices.send_now(delivery)


def _held_notices(
    gateway: GatewayState, process: VerificationProcess, *, reverse: bool
) -> list[Delivery]:
    newest_first = [
        found
        for each in gateway.notices.as_json(process.id)
        if each["state"] == "held" and (found := gateway.notices.find(each["id"])) is not None
    ]
    return newest_first if reverse else newest_first[::-1]


_PROCESS_STEPS: dict[str, Callable[[GatewayState, VerificationProcess, dict[str, Any]], None]] = {
    "decides": _decides,
    "moves": _moves,
    "notifies": _notifies,
    "releases": _releases,
}
