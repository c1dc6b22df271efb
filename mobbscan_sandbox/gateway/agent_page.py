"""`/_sandbox/agent`: page and API of the vendor's reviewer, who sees the evidence and decides."""

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue

from mobbscan_sandbox.gateway import request_parsing
from mobbscan_sandbox.gateway.control_processes import POLICY
from mobbscan_sandbox.gateway.errors import ApiError, BadRequest, WrongState
from mobbscan_sandbox.gateway.gateway_state import AGENT
from mobbscan_sandbox.gateway.local_access import require_local_caller
from mobbscan_sandbox.gateway.process_states import ProcessState
from mobbscan_sandbox.gateway.request_context import (
    current_gateway,
    process_view,
    send_after_answer,
)
from mobbscan_sandbox.gateway.verification_process import VerificationProcess

agent_page = Blueprint("agent_page", __name__, url_prefix="/_sandbox", template_folder="templates")
agent_page.before_request(require_local_caller)

_VERDICTS = {"accept": ProcessState.VERIFIED, "reject": ProcessState.NOT_VERIFIED}


@agent_page.get("/agent")
@agent_page.get("/agent/<process_id>", endpoint="one")
def page(process_id: str | None = None) -> ResponseReturnValue:
    """Show the review queue and the evidence of one process: the requested one, or the first."""
    gateway = current_gateway()
    with gateway.lock:
        queue = _review_queue()
        selected = _selected_process(process_id, queue)
        content = render_template(
            "agent.html",
            queue=queue,
            process=selected,
            view=process_view(selected) if selected else None,
            gone=process_id is not None and selected is None,
        )
    response = make_response(content, 404 if process_id and selected is None else 200)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


@agent_page.get("/api/agent/queue")
def queue() -> ResponseReturnValue:
    """List the ids of the processes in review, oldest first."""
    with current_gateway().lock:
        return {"queue": [process.id for process in _review_queue()]}


@agent_page.post("/api/agent/<process_id>")
def decide(process_id: str) -> ResponseReturnValue:
    """Accept or reject a process: `{"verdict": "accept" | "reject", "comment"?}`.

    A rejection requires the comment.
    """
    gateway, body = current_gateway(), request_parsing.json_object()
    state = _VERDICTS.get(request_parsing.text(body, "verdict"))
    if state is None:
        raise BadRequest("verdict is accept or reject")
    comment = body.get("comment") or None
    if state is ProcessState.NOT_VERIFIED or comment is not None:
        comment = request_parsing.text(body, "comment")
    with gateway.lock:
        process = gateway.find(process_id)
        if process.state is not ProcessState.PENDING_VERIFICATION:
            raise WrongState("This process is not in review any more")
        process.comment = comment
        send_after_answer(gateway.move(process, state, AGENT, comment))
    return process.as_json()


def _review_queue() -> list[VerificationProcess]:
    processes = current_gateway().processes.values()
    return [each for each in processes if each.state is ProcessState.PENDING_VERIFICATION]


def _selected_process(
    process_id: str | None, queue: list[VerificationProcess]
) -> VerificationProcess | None:
    if process_id is None:
        return queue[0] if queue else None
    try:
        return current_gateway().find(process_id)
    except ApiError:
        return None
