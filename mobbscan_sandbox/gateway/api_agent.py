"""`/mobbscan-agent/…`: reading, deciding and deleting processes.

Each view checks in one order: 401 for the token, 400 for the call, 401 again for an unknown
process, 403 for the right, 409 for the state.
"""

import logging

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed, NotFound

from mobbscan_sandbox.gateway import reading
from mobbscan_sandbox.gateway.asking import (
    Caller,
    caller_of_now,
    held_by,
    own_process,
    send_after_answer,
    the_box,
)
from mobbscan_sandbox.gateway.process import Process
from mobbscan_sandbox.gateway.refusals import UnknownProcess, WrongState
from mobbscan_sandbox.gateway.states import State

agent_api = Blueprint("agent_api", __name__, url_prefix="/mobbscan-agent")

log = logging.getLogger("mobbscan.sandbox")

_BY_API = "api"


@agent_api.get("/getVerificationProcessData/<verification_id>")
def process_data(verification_id: str) -> ResponseReturnValue:
    """Contract 3.2."""
    box = the_box()
    caller = caller_of_now()
    box.count("reads")
    with box.lock:
        return held_by(_readable(verification_id, caller)).process_data()


@agent_api.get("/checkVerificationProcessResult/<verification_id>")
def check_result(verification_id: str) -> ResponseReturnValue:
    """Contract 3.3: known from one integration only, so it is there with `extensions` only."""
    box = the_box()
    if not box.switches.extensions:
        raise NotFound
    caller = caller_of_now()
    box.count("checks")
    with box.lock:
        process = _readable(verification_id, caller)
        result = {State.ABORTED: "ERROR"}.get(process.state, process.state.value)
        if not process.state.final and result != "ERROR":
            result = "PENDING"
        return {"scanId": process.id, "verificationResult": result}


def _readable(verification_id: str, caller: Caller) -> Process:
    process = own_process(reading.uuid_text(verification_id, "verificationId"), caller)
    if not process.state.announced and the_box().switches.unstarted_status == 401:
        raise UnknownProcess("The process is not valid yet")
    return process


@agent_api.post("/accept")
def accept() -> ResponseReturnValue:
    """Contract 3.8."""
    caller, body = caller_of_now(), reading.json_object()
    verification_id = reading.uuid_text(body.get("verificationId"), "verificationId")
    reading.text(body, "type")
    full = the_box().switches.require_full_personal_data
    data = reading.personal_data(body, required=True, full=full)
    process = _decide(caller, verification_id, State.VERIFIED, data)
    return _done("VERIFICATION_ACCEPTED", process, "accepted")


@agent_api.post("/reject")
def reject() -> ResponseReturnValue:
    """Contract 3.9; the words of the answer are invented."""
    caller, body = caller_of_now(), reading.json_object()
    verification_id = reading.uuid_text(body.get("verificationId"), "verificationId")
    reason = reading.text(body, "rejectionComment")
    if the_box().switches.require_reject_type:
        reading.text(body, "type")
    process = _decide(caller, verification_id, State.NOT_VERIFIED, {}, reason)
    return _done("VERIFICATION_REJECTED", process, "rejected")


@agent_api.post("/pending")
def pending() -> ResponseReturnValue:
    """Contract 3.10; its answer says "accepted" in the vendor's text too (register J)."""
    caller, body = caller_of_now(), reading.json_object()
    verification_id = reading.uuid_text(body.get("verificationId"), "verificationId")
    data = reading.personal_data(body, required=False)
    process = _decide(caller, verification_id, State.PENDING_VERIFICATION, data)
    return _done("UPDATED_VERIFICATION", process, "accepted")


@agent_api.route("/api/verification/<verification_id>", methods=["DELETE", "GET"])
def delete(verification_id: str) -> ResponseReturnValue:
    """Contract 3.11. A literal GET deletes as well unless switched off (register B)."""
    box = the_box()
    caller = caller_of_now()
    if request.method == "GET" and not box.switches.delete_by_get:
        raise MethodNotAllowed(valid_methods=["DELETE"])
    with box.lock:
        process = own_process(reading.uuid_text(verification_id, "verificationId"), caller)
        caller.must_decide()
        box.delete(process)
    box.count("deletes")
    if request.method == "GET":
        log.warning("process %s deleted by a GET, as one reading of the vendor has it", process.id)
    return _done("VERIFICATION_DELETED", process, "deleted")


def _decide(
    caller: Caller,
    verification_id: str,
    state: State,
    data: dict[str, str],
    reason: str | None = None,
) -> Process:
    box = the_box()
    with box.lock:
        process = own_process(verification_id, caller)
        caller.must_decide()
        if _changes(process, state):
            process.correct(data)
            send_after_answer(box.move(process, state, _BY_API, reason))
        box.count({State.VERIFIED: "accepts", State.NOT_VERIFIED: "rejects"}.get(state, "pendings"))
        return process


def _changes(process: Process, state: State) -> bool:
    """Refuse what is impossible; False where a repeated pending is switched to be harmless."""
    if not process.state.waiting:
        raise WrongState(
            "The process is not in a valid state; it may be accepted or rejected already"
        )
    if process.state is state:
        if the_box().switches.pending_again_status == 409:
            raise WrongState("The process is with the reviewers already")
        return False
    return True


def _done(status: str, process: Process, verb: str) -> ResponseReturnValue:
    description = f"Verification with id={process.id} {verb} successfully"
    return {"status": status, "description": description}
