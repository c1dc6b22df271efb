"""`/_sandbox/`: the control page for people and the control API for tests.

It can do anything to the gateway, so it answers only this machine, and no page of another site.
"""

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from webapp.sandbox.gateway import reading
from webapp.sandbox.gateway.asking import send_after_answer, the_box
from webapp.sandbox.gateway.guard import refuse_strangers
from webapp.sandbox.gateway.options import Webhook
from webapp.sandbox.gateway.outcomes import DECISIONS, OUTCOMES
from webapp.sandbox.gateway.refusals import BadRequest
from webapp.sandbox.gateway.specimen import DOCUMENT_KEYS
from webapp.sandbox.gateway.states import State
from webapp.sandbox.gateway.switches import NOTICE_MODES, SwitchError

control = Blueprint(
    "control",
    __name__,
    url_prefix="/_sandbox",
    template_folder="templates",
    static_folder="static/control",
    static_url_path="/static",
)
control.before_request(refuse_strangers)

_POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "connect-src 'self'; "
    "img-src 'self' data:; "
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
            notice_modes=NOTICE_MODES,
            webhook=the_box().notices.webhook.url,
        )
    )
    response.headers["Content-Security-Policy"] = _POLICY
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
            found.move(State(name), box.clock.now(), "sandbox")
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
    notices.send_now(found)
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
    delivery = the_box().notices.forge(
        reading.text(body, "verificationId"),
        reading.text(body, "status"),
        None if headers is None else reading.string_map(headers, "headers"),
    )
    return delivery.shown()


@control.route("/api/webhook", methods=["GET", "PUT"])
def webhook() -> ResponseReturnValue:
    """Show where notices go, or send them elsewhere: `{"url", "headers"}`."""
    notices = the_box().notices
    if request.method == "PUT":
        body = reading.json_object()
        url = None if body.get("url") is None else reading.text(body, "url")
        notices.webhook = Webhook(url, reading.string_map(body.get("headers", {}), "headers"))
    return {"url": notices.webhook.url, "header_names": sorted(notices.webhook.headers)}


@control.route("/api/switches", methods=["GET", "PATCH"])
def switches() -> ResponseReturnValue:
    """Show all switches, or change some."""
    box = the_box()
    if request.method == "PATCH":
        try:
            box.set_switches(reading.json_object())
        except SwitchError as error:
            return {"error": str(error)}, 400
    return box.switches.shown()


@control.get("/api/counters")
def counters() -> ResponseReturnValue:
    """Show how often each kind of call was made since the start or the last reset."""
    names = (
        "token_log_ins", "token_refusals", "unauthorised", "creates", "reads", "accepts",
        "rejects", "pendings", "deletes", "hosted_pages",
    )  # fmt: skip
    box = the_box()
    with box.lock:
        return {name: box.counters[name] for name in names}


@control.post("/api/tokens/revoke")
def revoke() -> ResponseReturnValue:
    """Make every token so far invalid before its time."""
    the_box().tokens.revoke()
    return "", 204


@control.post("/api/reset")
def reset() -> ResponseReturnValue:
    """Forget everything but credentials, tokens and the webhook."""
    the_box().reset()
    return "", 204
