"""`/_sandbox/`: the control page for people, and what tests do with processes and notices.

It can do anything to the gateway, so it answers only this machine, and no page of another site.
"""

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from mobbscan_sandbox.gateway import reading
from mobbscan_sandbox.gateway.asking import held_by, send_after_answer, the_box
from mobbscan_sandbox.gateway.guard import refuse_strangers
from mobbscan_sandbox.gateway.outcomes import DECISIONS, OUTCOMES
from mobbscan_sandbox.gateway.refusals import BadRequest
from mobbscan_sandbox.gateway.specimen import DOCUMENT_KEYS
from mobbscan_sandbox.gateway.states import State
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
control.before_request(refuse_strangers)

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
            webhook=the_box().webhook_of(DEFAULT).url,
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
    box = the_box()
    with box.lock:
        views = [process.control_view() for process in reversed(box.processes.values())]
    return {"processes": views}


@control.get("/api/processes/<process_id>")
def process(process_id: str) -> ResponseReturnValue:
    """Show one process with its history and its notices."""
    box = the_box()
    with box.lock:
        found = box.find(process_id)
        return {**found.control_view(), "deliveries": box.notices.shown(found.id)}


@control.post("/api/processes/<process_id>/outcome")
def outcome(process_id: str) -> ResponseReturnValue:
    """`{"outcome", "reason"?, "document"?}`: end it without the page, from any state."""
    box, body = the_box(), reading.json_object()
    wanted = OUTCOMES.get(reading.text(body, "outcome"))
    if wanted is None:
        raise BadRequest(f"outcome is one of {', '.join(OUTCOMES)}")
    reason = None if body.get("reason") is None else reading.text(body, "reason")
    document = reading.string_map(body.get("document", {}), "document")
    if unknown := set(document) - set(DOCUMENT_KEYS):
        raise BadRequest(f"document has no {', '.join(sorted(unknown))}")
    with box.lock:
        found = box.find(process_id)
        deliveries = box.force(found, wanted, reason)
        found.correct(document)
        if found.captured:
            found.captured.update(document)
    send_after_answer(deliveries)
    return found.control_view()


@control.post("/api/processes/<process_id>/state")
def state(process_id: str) -> ResponseReturnValue:
    """`{"state", "notice": true}`: put it into a state, with or without a notice."""
    box, body = the_box(), reading.json_object()
    name, tell = reading.text(body, "state"), body.get("notice", True)
    if name not in list(State):
        raise BadRequest(f"state is one of {', '.join(State)}")
    with box.lock:
        found = box.find(process_id)
        if tell:
            send_after_answer(box.move(found, State(name), "sandbox"))
        else:
            box.move_silently(found, State(name))
    return found.control_view()


@control.get("/api/processes/<process_id>/evidence/<name>")
def evidence(process_id: str, name: str) -> ResponseReturnValue:
    """Show one piece of evidence to whoever sits at this machine."""
    box = the_box()
    held = held_by(box.find(process_id))
    if name in (*held.images, *held.extra_images):
        return Response(held.picture(name), mimetype="image/jpeg")
    if name in held.recordings:
        return Response(held.recording(), mimetype="video/mp4")
    if name == "report.pdf" and held.has_report:
        return Response(held.report(), mimetype="application/pdf")
    if name == "certified.zip" and held.has_zip:
        return Response(held.archive(box.seal), mimetype="application/zip")
    return {"error": "there is no such evidence"}, 404


@control.post("/api/processes/<process_id>/video")
def video(process_id: str) -> ResponseReturnValue:
    """Make the recording available now, with its notice."""
    found = the_box().find(process_id)
    send_after_answer(the_box().make_video_available(found))
    return found.control_view()


@control.delete("/api/processes/<process_id>")
def forget(process_id: str) -> ResponseReturnValue:
    """Lose a process, as if somebody had deleted it at the vendor."""
    box = the_box()
    box.delete(box.find(process_id))
    return "", 204


@control.get("/api/deliveries")
def deliveries() -> ResponseReturnValue:
    """List notices, newest first; `?verification_id=` narrows it."""
    return {"deliveries": the_box().notices.shown(request.args.get("verification_id"))}


@control.post("/api/deliveries/<delivery_id>/redeliver")
def redeliver(delivery_id: str) -> ResponseReturnValue:
    """Send one notice again (or for the first time) and answer when that is done."""
    notices = the_box().notices
    found = notices.find(delivery_id)
    if found is None:
        return {"error": "there is no such delivery"}, 404
    notices.send_again(found)
    return found.shown()


@control.post("/api/deliveries/release")
def release() -> ResponseReturnValue:
    """Let everything go that `notices: hold` held back."""
    return {"released": [each.id for each in the_box().notices.release()]}


@control.post("/api/notices")
def forge() -> ResponseReturnValue:
    """`{"verificationId", "status", "headers"?}`: send a notice without a cause, now."""
    body = reading.json_object()
    headers = body.get("headers")
    box = the_box()
    about = reading.text(body, "verificationId")
    known = box.processes.get(about.lower())
    delivery = box.notices.forge(
        about,
        reading.text(body, "status"),
        known.tenant if known else DEFAULT,
        None if headers is None else reading.string_map(headers, "headers"),
    )
    return delivery.shown()
