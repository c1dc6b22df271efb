"""`/_sandbox/`: the control page, and the control API for processes and notices.

The controls can change everything, so they answer loopback clients only and no page of another
site.
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
    """Render the control page; its script fills it from the control API."""
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
    """Report that the gateway is up, also while the switch `down` is set."""
    return {"ok": True}


@control.get("/api/processes")
def processes() -> ResponseReturnValue:
    """List all processes, newest first."""
    gateway = current_gateway()
    with gateway.lock:
        views = [process.as_json() for process in reversed(gateway.processes.values())]
    return {"processes": views}


@control.get("/api/processes/<process_id>")
def process(process_id: str) -> ResponseReturnValue:
    """Return one process with its history and its notices."""
    gateway = current_gateway()
    with gateway.lock:
        found = gateway.find(process_id)
        return {**found.as_json(), "deliveries": gateway.notices.as_json(found.id)}


@control.post("/api/processes/<process_id>/outcome")
def outcome(process_id: str) -> ResponseReturnValue:
    """End a process in any state: `{"outcome", "reason"?, "document"?}`."""
    gateway, body = current_gateway(), request_parsing.json_object()
    selected = OUTCOMES.get(request_parsing.text(body, "outcome"))
    if selected is None:
        raise BadRequest(f"outcome is one of {', '.join(OUTCOMES)}")
    reason = None if body.get("reason") is None else request_parsing.text(body, "reason")
    document = request_parsing.string_map(body.get("document", {}), "document")
    if unknown := set(document) - set(DOCUMENT_KEYS):
        raise BadRequest(f"document has no {', '.join(sorted(unknown))}")
    with gateway.lock:
        found = gateway.find(process_id)
        deliveries = gateway.force(found, selected, reason)
        found.correct(document)
        if found.captured:
            found.captured.update(document)
    send_after_answer(deliveries)
    return found.as_json()


@control.post("/api/processes/<process_id>/state")
def state(process_id: str) -> ResponseReturnValue:
    """Set the state, with or without a notice: `{"state", "notice": true}`."""
    gateway, body = current_gateway(), request_parsing.json_object()
    name, with_notice = request_parsing.text(body, "state"), body.get("notice", True)
    if name not in list(ProcessState):
        raise BadRequest(f"state is one of {', '.join(ProcessState)}")
    with gateway.lock:
        found = gateway.find(process_id)
        if with_notice:
            send_after_answer(gateway.move(found, ProcessState(name), "sandbox"))
        else:
            gateway.move_silently(found, ProcessState(name))
    return found.as_json()


@control.get("/api/processes/<process_id>/evidence/<name>")
def evidence(process_id: str, name: str) -> ResponseReturnValue:
    """Return one piece of evidence, without an access token."""
    gateway = current_gateway()
    view = process_view(gateway.find(process_id))
    if name in (*view.images, *view.extra_images):
        return Response(view.image(name), mimetype="image/jpeg")
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
    return found.as_json()


@control.delete("/api/processes/<process_id>")
def delete_process(process_id: str) -> ResponseReturnValue:
    """Delete a process, as an agent of the vendor could."""
    gateway = current_gateway()
    gateway.delete(gateway.find(process_id))
    return "", 204


@control.get("/api/deliveries")
def deliveries() -> ResponseReturnValue:
    """List notices, newest first; `?verification_id=` narrows it."""
    return {"deliveries": current_gateway().notices.as_json(request.args.get("verification_id"))}


@control.post("/api/deliveries/<delivery_id>/redeliver")
def redeliver(delivery_id: str) -> ResponseReturnValue:
    """Send one notice now and answer when the receiver has answered."""
    notices = current_gateway().notices
    found = notices.find(delivery_id)
    if found is None:
        return {"error": "there is no such delivery"}, 404
    notices.send_again(found)
    return found.as_json()


@control.post("/api/deliveries/release")
def release() -> ResponseReturnValue:
    """Send all notices that `notices: hold` has held."""
    return {"released": [each.id for each in current_gateway().notices.release()]}


@control.post("/api/notices")
def forge_notice() -> ResponseReturnValue:
    """Send a forged notice now: `{"verificationId", "status", "headers"?}`."""
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
    return delivery.as_json()
