"""What each step of a scenario does to the gateway in a box."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from mobbscan_sandbox.gateway.delivery import Delivery
from mobbscan_sandbox.gateway.faults import fault_of
from mobbscan_sandbox.gateway.gateway_state import GatewayState
from mobbscan_sandbox.gateway.outcomes import OUTCOMES
from mobbscan_sandbox.gateway.process_states import ProcessState
from mobbscan_sandbox.gateway.switches import Switches
from mobbscan_sandbox.gateway.verification_process import VerificationProcess
from mobbscan_sandbox.scenarios.catalogue import Scenario, Step

# Notices without authority: what a stranger would send.
_HEADERS: dict[str, dict[str, str] | None] = {
    "configured": None,
    "wrong": {"Authorization": "Bearer not-the-secret"},
    "none": {},
}


def set_up(gateway: GatewayState, scenario: Scenario) -> None:
    """Put all switches and faults back and then as the scenario wants them.

    Raises `SwitchError` or `FaultError`, and has changed nothing then.
    """
    wanted = {"notices": scenario.notices, **scenario.switches}
    Switches().changed(wanted)
    faults = [fault_of(each) for each in scenario.faults]
    put_away(gateway)
    gateway.set_switches(wanted)
    gateway.faults.replace(faults)


def put_away(gateway: GatewayState) -> None:
    """Put every switch back and heal every fault."""
    gateway.faults.replace([])
    gateway.set_switches(Switches().shown())


def needs_process(step: Step) -> bool:
    """Whether a step of the gateway is about one process, not about the gateway as a whole."""
    return step.verb in _ON_PROCESS


def act_on_process(gateway: GatewayState, process: VerificationProcess, step: Step) -> None:
    """Do one step of the gateway; returns when its notices are on their way."""
    _ON_PROCESS[step.verb](gateway, process, dict(step.details))


def act_on_gateway(gateway: GatewayState, scenario: Scenario, step: Step) -> None:
    """Do one step that concerns every process."""
    if step.verb == "revokes_tokens":
        gateway.tokens.revoke()
    elif step.verb == "switches":
        gateway.set_switches(step.details["switches"])
    elif step.verb == "fails":
        gateway.faults.replace([fault_of(each) for each in step.details["faults"]])
    else:
        put_away(gateway)
        gateway.set_switches({"notices": scenario.notices})


def play_user(gateway: GatewayState, process: VerificationProcess, step: Step) -> None:
    """Do one step of the user, as far as the gateway sees it, and call the return address."""
    if step.verb == "finishes":
        outcome = OUTCOMES[step.details["outcome"]]
        with gateway.lock:
            gateway.begin(process)
            deliveries = gateway.finish(process, outcome)
        gateway.notices.dispatch(deliveries)
        if step.details.get("returns", True):
            _return(process, outcome.error)
    elif step.verb == "leaves":
        gateway.leave(process)
    elif step.verb == "returns":
        _return(process, step.details.get("error"))


def seen(process: VerificationProcess, step: Step) -> bool:
    """Whether a user at the hosted page has done this step; what cannot be seen counts as done."""
    if step.verb != "finishes":
        return True
    error = OUTCOMES[step.details["outcome"]].error
    return process.state.announced or (error is not None and process.last_error == error)


def _return(process: VerificationProcess, error: str | None) -> None:
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
    for delivery in _held(gateway, process, reverse=details.get("order") == "reversed"):
        gateway.notices.send_now(delivery)


def _held(gateway: GatewayState, process: VerificationProcess, *, reverse: bool) -> list[Delivery]:
    newest_first = [
        found
        for each in gateway.notices.shown(process.id)
        if each["state"] == "held" and (found := gateway.notices.find(each["id"])) is not None
    ]
    return newest_first if reverse else newest_first[::-1]


_ON_PROCESS: dict[str, Callable[[GatewayState, VerificationProcess, dict[str, Any]], None]] = {
    "decides": _decides,
    "moves": _moves,
    "notifies": _notifies,
    "releases": _releases,
}
