"""`/_sandbox/agent`: the desk of the vendor's reviewer, who sees the evidence and decides."""

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue

from mobbscan_sandbox.gateway import reading
from mobbscan_sandbox.gateway.asking import held_by, send_after_answer, the_box
from mobbscan_sandbox.gateway.box import AGENT
from mobbscan_sandbox.gateway.control import POLICY
from mobbscan_sandbox.gateway.guard import refuse_strangers
from mobbscan_sandbox.gateway.process import Process
from mobbscan_sandbox.gateway.refusals import BadRequest, Refusal, WrongState
from mobbscan_sandbox.gateway.states import State

agent_desk = Blueprint("agent_desk", __name__, url_prefix="/_sandbox", template_folder="templates")
agent_desk.before_request(refuse_strangers)

_VERDICTS = {"accept": State.VERIFIED, "reject": State.NOT_VERIFIED}


@agent_desk.get("/agent")
@agent_desk.get("/agent/<process_id>", endpoint="one")
def page(process_id: str | None = None) -> ResponseReturnValue:
    """Show who waits, and the evidence about one of them: the one asked for, or the first."""
    box = the_box()
    with box.lock:
        queue = _queue()
        chosen = _chosen(process_id, queue)
        content = render_template(
            "agent.html",
            queue=queue,
            process=chosen,
            held=held_by(chosen) if chosen else None,
            gone=process_id is not None and chosen is None,
        )
    response = make_response(content, 404 if process_id and chosen is None else 200)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


@agent_desk.get("/api/agent/queue")
def queue() -> ResponseReturnValue:
    """List the ids of those who wait for a reviewer, oldest first."""
    with the_box().lock:
        return {"queue": [process.id for process in _queue()]}


@agent_desk.post("/api/agent/<process_id>")
def decide(process_id: str) -> ResponseReturnValue:
    """`{"verdict": "accept" | "reject", "comment"?}`: a rejection needs its comment."""
    box, body = the_box(), reading.json_object()
    state = _VERDICTS.get(reading.text(body, "verdict"))
    if state is None:
        raise BadRequest("verdict is accept or reject")
    comment = body.get("comment") or None
    if state is State.NOT_VERIFIED or comment is not None:
        comment = reading.text(body, "comment")
    with box.lock:
        process = box.find(process_id)
        if process.state is not State.PENDING_VERIFICATION:
            raise WrongState("This process does not wait for a reviewer any more")
        process.comment = comment
        send_after_answer(box.move(process, state, AGENT, comment))
    return process.control_view()


def _queue() -> list[Process]:
    everything = the_box().processes.values()
    return [each for each in everything if each.state is State.PENDING_VERIFICATION]


def _chosen(process_id: str | None, queue: list[Process]) -> Process | None:
    if process_id is None:
        return queue[0] if queue else None
    try:
        return the_box().find(process_id)
    except Refusal:
        return None
