"""The vendor's API `/mobbscan-agent/…`: read, decide and delete processes.

Each view checks in this order: 401 for the token, 400 for the call, 401 again for an unknown
process, 403 for the right, 409 for the state.
"""

import logging

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed

from mobbscan_sandbox.gateway import request_parsing
from mobbscan_sandbox.gateway.errors import UnknownProcess, WrongState
from mobbscan_sandbox.gateway.process_states import ProcessState
from mobbscan_sandbox.gateway.request_context import (
    Caller,
    current_caller,
    current_gateway,
    own_process,
    process_view,
    send_after_answer,
)
from mobbscan_sandbox.gateway.verification_process import VerificationProcess

process_api = Blueprint("process_api", __name__, url_prefix="/mobbscan-agent")

log = logging.getLogger("mobbscan.sandbox")

_API_AGENT = "api"


@process_api.get("/getVerificationProcessData/<verification_id>")
def process_data(verification_id: str) -> ResponseReturnValue:
    """Return the data of a process (contract 3.2)."""
    gateway = current_gateway()
    caller = current_caller()
    gateway.count("reads")
    with gateway.lock:
        return process_view(_readable(verification_id, caller)).process_data()


def _readable(verification_id: str, caller: Caller) -> VerificationProcess:
    process = own_process(request_parsing.uuid_text(verification_id, "verificationId"), caller)
    if not process.state.announced and current_gateway().switches.unstarted_status == 401:
        raise UnknownProcess("The process is not valid yet")
    return process


@process_api.post("/accept")
def accept() -> ResponseReturnValue:
    """Accept a process (contract 3.8)."""
    caller, body = current_caller(), request_parsing.json_object()
    verification_id = request_parsing.uuid_text(body.get("verificationId"), "verificationId")
    request_parsing.text(body, "type")
    full = current_gateway().switches.require_full_personal_data
    data = request_parsing.personal_data(body, required=True, full=full)
    process = _decide(caller, verification_id, ProcessState.VERIFIED, data)
    return _success("VERIFICATION_ACCEPTED", process, "accepted")


@process_api.post("/reject")
def reject() -> ResponseReturnValue:
    """Reject a process (contract 3.9); the answer body is a guess."""
    caller, body = current_caller(), request_parsing.json_object()
    verification_id = request_parsing.uuid_text(body.get("verificationId"), "verificationId")
    reason = request_parsing.text(body, "rejectionComment")
    if current_gateway().switches.require_reject_type:
        request_parsing.text(body, "type")
    process = _decide(caller, verification_id, ProcessState.NOT_VERIFIED, {}, reason)
    return _success("VERIFICATION_REJECTED", process, "rejected")


@process_api.post("/pending")
def pending() -> ResponseReturnValue:
    """Hand a process to the reviewers (contract 3.10); the vendor's answer says "accepted" too."""
    caller, body = current_caller(), request_parsing.json_object()
    verification_id = request_parsing.uuid_text(body.get("verificationId"), "verificationId")
    data = request_parsing.personal_data(body, required=False)
    process = _decide(caller, verification_id, ProcessState.PENDING_VERIFICATION, data)
    return _success("UPDATED_VERIFICATION", process, "accepted")


@process_api.route("/api/verification/<verification_id>", methods=["DELETE", "GET"])
def delete(verification_id: str) -> ResponseReturnValue:
    """Delete a process (contract 3.11). GET deletes too unless switched off (register B)."""
    gateway = current_gateway()
    caller = current_caller()
    if request.method == "GET" and not gateway.switches.delete_by_get:
        raise MethodNotAllowed(valid_methods=["DELETE"])
    with gateway.lock:
        process = own_process(request_parsing.uuid_text(verification_id, "verificationId"), caller)
        caller.require_decide_role()
        if process.state.final and gateway.switches.delete_decided_status == 409:
            raise WrongState("The process is accepted or rejected already")
        gateway.delete(process)
    gateway.count("deletes")
    if request.method == "GET":
        log.warning("process %s deleted by GET, as in three of the vendor's samples", process.id)
    return _success("VERIFICATION_DELETED", process, "deleted")


def _decide(
    caller: Caller,
    verification_id: str,
    state: ProcessState,
    data: dict[str, str],
    reason: str | None = None,
) -> VerificationProcess:
    gateway = current_gateway()
    with gateway.lock:
        process = own_process(verification_id, caller)
        caller.require_decide_role()
        if _is_new_state(process, state):
            process.correct(data)
            send_after_answer(gateway.move(process, state, _API_AGENT, reason))
        gateway.count(
            {ProcessState.VERIFIED: "accepts", ProcessState.NOT_VERIFIED: "rejects"}.get(
                state, "pendings"
            )
        )
        return process


def _is_new_state(process: VerificationProcess, state: ProcessState) -> bool:
    """Return False for an allowed repetition; raises `WrongState` for an impossible decision."""
    if not process.state.waiting:
        raise WrongState(
            "The process is not in a valid state; it may be accepted or rejected already"
        )
    if process.state is state:
        if current_gateway().switches.pending_again_status == 409:
            raise WrongState("The process is with the reviewers already")
        return False
    return True


def _success(status: str, process: VerificationProcess, verb: str) -> ResponseReturnValue:
    description = f"Verification with id={process.id} {verb} successfully"
    return {"status": status, "description": description}
