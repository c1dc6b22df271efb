"""`/mobbscan-agent/…`: reading, deciding and deleting processes.

Each view checks in one order: 401 for the token, 400 for the call, 401 again for an unknown
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

_BY_API = "api"


@process_api.get("/getVerificationProcessData/<verification_id>")
def process_data(verification_id: str) -> ResponseReturnValue:
    """Contract 3.2."""
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
    """Contract 3.8."""
    caller, body = current_caller(), request_parsing.json_object()
    verification_id = request_parsing.uuid_text(body.get("verificationId"), "verificationId")
    request_parsing.text(body, "type")
    full = current_gateway().switches.require_full_personal_data
    data = request_parsing.personal_data(body, required=True, full=full)
    process = _decide(caller, verification_id, ProcessState.VERIFIED, data)
    return _done("VERIFICATION_ACCEPTED", process, "accepted")


@process_api.post("/reject")
def reject() -> ResponseReturnValue:
    """Contract 3.9; the words of the answer are invented."""
    caller, body = current_caller(), request_parsing.json_object()
    verification_id = request_parsing.uuid_text(body.get("verificationId"), "verificationId")
    reason = request_parsing.text(body, "rejectionComment")
    if current_gateway().switches.require_reject_type:
        request_parsing.text(body, "type")
    process = _decide(caller, verification_id, ProcessState.NOT_VERIFIED, {}, reason)
    return _done("VERIFICATION_REJECTED", process, "rejected")


@process_api.post("/pending")
def pending() -> ResponseReturnValue:
    """Contract 3.10; its answer says "accepted" in the vendor's text too (register J)."""
    caller, body = current_caller(), request_parsing.json_object()
    verification_id = request_parsing.uuid_text(body.get("verificationId"), "verificationId")
    data = request_parsing.personal_data(body, required=False)
    process = _decide(caller, verification_id, ProcessState.PENDING_VERIFICATION, data)
    return _done("UPDATED_VERIFICATION", process, "accepted")


@process_api.route("/api/verification/<verification_id>", methods=["DELETE", "GET"])
def delete(verification_id: str) -> ResponseReturnValue:
    """Contract 3.11. A literal GET deletes as well unless switched off (register B)."""
    gateway = current_gateway()
    caller = current_caller()
    if request.method == "GET" and not gateway.switches.delete_by_get:
        raise MethodNotAllowed(valid_methods=["DELETE"])
    with gateway.lock:
        process = own_process(request_parsing.uuid_text(verification_id, "verificationId"), caller)
        caller.must_decide()
        gateway.delete(process)
    gateway.count("deletes")
    if request.method == "GET":
        log.warning("process %s deleted by a GET, as one reading of the vendor has it", process.id)
    return _done("VERIFICATION_DELETED", process, "deleted")


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
        caller.must_decide()
        if _changes(process, state):
            process.correct(data)
            send_after_answer(gateway.move(process, state, _BY_API, reason))
        gateway.count(
            {ProcessState.VERIFIED: "accepts", ProcessState.NOT_VERIFIED: "rejects"}.get(
                state, "pendings"
            )
        )
        return process


def _changes(process: VerificationProcess, state: ProcessState) -> bool:
    """Refuse what is impossible; False where a repeated pending is switched to be harmless."""
    if not process.state.waiting:
        raise WrongState(
            "The process is not in a valid state; it may be accepted or rejected already"
        )
    if process.state is state:
        if current_gateway().switches.pending_again_status == 409:
            raise WrongState("The process is with the reviewers already")
        return False
    return True


def _done(status: str, process: VerificationProcess, verb: str) -> ResponseReturnValue:
    description = f"Verification with id={process.id} {verb} successfully"
    return {"status": status, "description": description}
