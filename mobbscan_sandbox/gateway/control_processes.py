"""`/_sandbox/`: the control page for people, and what tests do with processes and notices.

It can do anything to the gateway, so it answers only this machine, and no page of another site.
"""

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from mobbscan_sandbox.gateway import request_parsing
from mobbscan_sandbox.gateway.errors import BadRequest
from mobbscan_sandbox.gateway.local_access import require_local_caller
from mobbscan_sandbox.gateway.outcomes import DECISIONS, OUTCOMES
from mobbscan_sandbox.gateway.process_states import ProcessState
from mobbscan_sandbox.gateway.request_context import (
    current_gateway,
    process_view,
    send_after_answer,
)
from mobbscan_sandbox.gateway.specimen_data import DOCUMENT_KEYS
from mobbscan_sandbox.gateway.switches import CHOICES
from mobbscan_sandbox.gateway.tenants import DEFAULT

control = Blueprint(
    "control",
    __name__,
    url_prefix="/_sandbox",
    template_folder="templates",
    static_folder="static/control",
    static_url_path="/static",
)
control.before_request(require_local_caller)

POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "connect-src 'self'; "
    "img-src 'self' data:; "
    "media-src 'self'; "
    "base-uri 'none'; "
    "form-action 'none'; "
    "frame-ancestors 'none'"
)


@control.get("/")
def page() -> ResponseReturnValue:
    """Show the control page; its script fills it from the API below."""
    response = make_response(
        render_template(
            "control.html",
            outcomes=DECISIONS,
            choices=CHOICES,
            webhook=current_gateway().webhook_of(DEFAULT).url,
        )
    )
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


@control.get("/api/health")
def health() -> ResponseReturnValue:
    """Say that the gateway in a box is up; the switch `down` does not touch this."""
    return {"ok": True}


@control.get("/api/processes")
def processes() -> ResponseReturnValue:
    """List all processes, newest first."""
    gateway = current_gateway()
    with gateway.lock:
        views = [process.control_view() for process in reversed(gateway.processes.values())]
    return {"processes": views}


@control.get("/api/processes/<process_id>")
def process(process_id: str) -> ResponseReturnValue:
    """Show one process with its history and its notices."""
    gateway = current_gateway()
    with gateway.lock:
        found = gateway.find(process_id)
        return {**found.control_view(), "deliveries": gateway.notices.shown(found.id)}


@control.post("/api/processes/<process_id>/outcome")
def outcome(process_id: str) -> ResponseReturnValue:
    """`{"outcome", "reason"?, "document"?}`: end it without the page, from any state."""
    gateway, body = current_gateway(), request_parsing.json_object()
    wanted = OUTCOMES.get(request_parsing.text(body, "outcome"))
    if wanted is None:
        raise BadRequest(f"outcome is one of {', '.join(OUTCOMES)}")
    reason = None if body.get("reason") is None else request_parsing.text(body, "reason")
    document = request_parsing.string_map(body.get("document", {}), "document")
    if unknown := set(document) - set(DOCUMENT_KEYS):
        raise BadRequest(f"document has no {', '.join(sorted(unknown))}")
    with gateway.lock:
        found = gateway.find(process_id)
        deliveries = gateway.force(found, wanted, reason)
        found.correct(document)
        if found.captured:
            found.captured.update(document)
    send_after_answer(deliveries)
    return found.control_view()


@control.post("/api/processes/<process_id>/state")
def state(process_id: str) -> ResponseReturnValue:
    """`{"state", "notice": true}`: put it into a state, with or without a notice."""
    gateway, body = current_gateway(), request_parsing.json_object()
    name, tell = request_parsing.text(body, "state"), body.get("notice", True)
    if name not in list(ProcessState):
        raise BadRequest(f"state is one of {', '.join(ProcessState)}")
    with gateway.lock:
        found = gateway.find(process_id)
        if tell:
            send_after_answer(gateway.move(found, ProcessState(name), "sandbox"))
        else:
            gateway.move_silently(found, ProcessState(name))
    return found.control_view()


@control.get("/api/processes/<process_id>/evidence/<name>")
def evidence(process_id: str, name: str) -> ResponseReturnValue:
    """Show one piece of evidence to whoever sits at this machine."""
    gateway = current_gateway()
    view = process_view(gateway.find(process_id))
    if name in (*view.images, *view.extra_images):
        return Response(view.picture(name), mimetype="image/jpeg")
    if name in view.recordings:
        return Response(view.recording(), mimetype="video/mp4")
    if name == "report.pdf" and view.has_report:
        return Response(view.report(), mimetype="application/pdf")
    if name == "certified.zip" and view.has_zip:
        return Response(view.archive(gateway.seal), mimetype="application/zip")
    return {"error": "there is no such evidence"}, 404


@control.post("/api/processes/<process_id>/video")
def video(process_id: str) -> ResponseReturnValue:
    """Make the recording available now, with its notice."""
    found = current_gateway().find(process_id)
    send_after_answer(current_gateway().make_video_available(found))
    return found.control_view()


@control.delete("/api/processes/<process_id>")
def forget(process_id: str) -> ResponseReturnValue:
    """Lose a process, as if somebody had deleted it at the vendor."""
    gateway = current_gateway()
    gateway.delete(gateway.find(process_id))
    return "", 204


@control.get("/api/deliveries")
def deliveries() -> ResponseReturnValue:
    """List notices, newest first; `?verification_id=` narrows it."""
    return {"deliveries": current_gateway().notices.shown(request.args.get("verification_id"))}


@control.post("/api/deliveries/<delivery_id>/redeliver")
def redeliver(delivery_id: str) -> ResponseReturnValue:
    """Send one notice again (or for the first time) and answer when that is done."""
    notices = current_gateway().notices
    found = notices.find(delivery_id)
    if found is None:
        return {"error": "there is no such delivery"}, 404
    notices.send_again(found)
    return found.shown()


@control.post("/api/deliveries/release")
def release() -> ResponseReturnValue:
    """Let everything go that `notices: hold` held back."""
    return {"released": [each.id for each in current_gateway().notices.release()]}


@control.post("/api/notices")
def forge() -> ResponseReturnValue:
    """`{"verificationId", "status", "headers"?}`: send a notice without a cause, now."""
    body = request_parsing.json_object()
    headers = body.get("headers")
    gateway = current_gateway()
    about = request_parsing.text(body, "verificationId")
    known = gateway.processes.get(about.lower())
    delivery = gateway.notices.forge(
        about,
        request_parsing.text(body, "status"),
        known.tenant if known else DEFAULT,
        None if headers is None else request_parsing.string_map(headers, "headers"),
    )
    return delivery.shown()
