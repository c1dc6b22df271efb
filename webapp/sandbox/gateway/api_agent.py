"""`/mobbscan-agent/…`: reading, deciding and deleting processes.

Each view checks in one order: 401 for the token, 400 for the call, 401 again for an unknown
process, 403 for the right, 409 for the state.
"""

import logging

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed

from webapp.sandbox.gateway import reading
from webapp.sandbox.gateway.asking import caller_roles, must_decide, send_after_answer, the_box
from webapp.sandbox.gateway.process import Process
from webapp.sandbox.gateway.refusals import UnknownProcess, WrongState
from webapp.sandbox.gateway.states import State

agent_api = Blueprint("agent_api", __name__, url_prefix="/mobbscan-agent")

log = logging.getLogger("mobbscan.sandbox")

_BY_API = "api"


@agent_api.get("/getVerificationProcessData/<verification_id>")
def process_data(verification_id: str) -> ResponseReturnValue:
    """Contract 3.2."""
    box = the_box()
    caller_roles()
    box.count("reads")
    with box.lock:
        process = box.find(reading.uuid_text(verification_id, "verificationId"))
        if not process.state.announced and box.switches.unstarted_status == 401:
            raise UnknownProcess("The process is not valid yet")
        return process.process_data()


@agent_api.post("/accept")
def accept() -> ResponseReturnValue:
    """Contract 3.8."""
    roles, body = caller_roles(), reading.json_object()
    verification_id = reading.uuid_text(body.get("verificationId"), "verificationId")
    reading.text(body, "type")
    data = reading.personal_data(body, required=True)
    process = _decide(roles, verification_id, State.VERIFIED, data)
    return _done("VERIFICATION_ACCEPTED", process, "accepted")


@agent_api.post("/reject")
def reject() -> ResponseReturnValue:
    """Contract 3.9; the words of the answer are invented."""
    roles, body = caller_roles(), reading.json_object()
    verification_id = reading.uuid_text(body.get("verificationId"), "verificationId")
    reason = reading.text(body, "rejectionComment")
    if the_box().switches.require_reject_type:
        reading.text(body, "type")
    process = _decide(roles, verification_id, State.NOT_VERIFIED, {}, reason)
    return _done("VERIFICATION_REJECTED", process, "rejected")


@agent_api.post("/pending")
def pending() -> ResponseReturnValue:
    """Contract 3.10; its answer says "accepted" in the vendor's text too (register J)."""
    roles, body = caller_roles(), reading.json_object()
    verification_id = reading.uuid_text(body.get("verificationId"), "verificationId")
    data = reading.personal_data(body, required=False)
    process = _decide(roles, verification_id, State.PENDING_VERIFICATION, data)
    return _done("UPDATED_VERIFICATION", process, "accepted")


@agent_api.route("/api/verification/<verification_id>", methods=["DELETE", "GET"])
def delete(verification_id: str) -> ResponseReturnValue:
    """Contract 3.11. A literal GET deletes as well unless switched off (register B)."""
    box = the_box()
    roles = caller_roles()
    if request.method == "GET" and not box.switches.delete_by_get:
        raise MethodNotAllowed(valid_methods=["DELETE"])
    with box.lock:
        process = box.find(reading.uuid_text(verification_id, "verificationId"))
        must_decide(roles)
        box.delete(process)
    box.count("deletes")
    if request.method == "GET":
        log.warning("process %s deleted by a GET, as one reading of the vendor has it", process.id)
    return _done("VERIFICATION_DELETED", process, "deleted")


def _decide(
    roles: list[str],
    verification_id: str,
    state: State,
    data: dict[str, str],
    reason: str | None = None,
) -> Process:
    box = the_box()
    with box.lock:
        process = box.find(verification_id)
        must_decide(roles)
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
