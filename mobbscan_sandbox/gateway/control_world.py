"""The control API for everything that is not one process: customers, switches, faults, tokens."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from mobbscan_sandbox.gateway import reading
from mobbscan_sandbox.gateway.asking import the_box
from mobbscan_sandbox.gateway.faults import KINDS, PLACES, FaultError, fault_of
from mobbscan_sandbox.gateway.guard import refuse_strangers
from mobbscan_sandbox.gateway.refusals import BadRequest
from mobbscan_sandbox.gateway.switches import CHOICES, SwitchError
from mobbscan_sandbox.gateway.tenants import DEFAULT, NOTICE_STATES, Tenant, Webhook

control_world = Blueprint("control_world", __name__, url_prefix="/_sandbox/api")
control_world.before_request(refuse_strangers)

_COUNTED = (
    "token_log_ins", "token_refusals", "unauthorised", "creates", "reads", "checks", "images",
    "recordings", "pdfs", "zips", "accepts", "rejects", "pendings", "deletes", "hosted_pages",
    "faults",
)  # fmt: skip


@control_world.route("/switches", methods=["GET", "PATCH"])
def switches() -> ResponseReturnValue:
    """Show all switches, or change some."""
    box = the_box()
    if request.method == "PATCH":
        try:
            box.set_switches(reading.json_object())
        except SwitchError as error:
            return {"error": str(error)}, 400
    return box.switches.shown()


@control_world.get("/vocabulary")
def vocabulary() -> ResponseReturnValue:
    """List every word these controls understand."""
    return {
        "switches": {name: list(choices) for name, choices in CHOICES.items()},
        "fault_kinds": list(KINDS),
        "fault_places": ["*", *PLACES],
        "notice_states": list(NOTICE_STATES),
    }


@control_world.route("/faults", methods=["GET", "POST", "PUT", "DELETE"])
def faults() -> ResponseReturnValue:
    """Show the faults that have not healed, add one, put others in their place, or heal all."""
    faults = the_box().faults
    try:
        if request.method == "POST":
            faults.add(fault_of(reading.json_object()))
        elif request.method == "PUT":
            wanted = reading.json_object().get("faults")
            if not isinstance(wanted, list):
                raise FaultError("faults is a list")
            faults.replace([fault_of(each) for each in wanted])
        elif request.method == "DELETE":
            faults.replace([])
    except FaultError as error:
        return {"error": str(error)}, 400
    return {"faults": faults.shown()}


@control_world.route("/webhook", methods=["GET", "PUT"])
def webhook() -> ResponseReturnValue:
    """Show where notices go, or send them elsewhere: `{"url", "headers", "states"?}`."""
    own = the_box().tenants[DEFAULT]
    if request.method == "PUT":
        own.webhook = _webhook(reading.json_object())
    return own.webhook.shown()


@control_world.get("/tenants")
def tenants() -> ResponseReturnValue:
    """List the customers."""
    return {"tenants": [each.shown() for each in the_box().tenants.values()]}


@control_world.put("/tenants/<name>")
def tenant(name: str) -> ResponseReturnValue:
    """`{"api_key", "api_secret", "webhook"?, "return_url"?}`: a customer, or other facts of one."""
    box, body = the_box(), reading.json_object()
    made = Tenant(
        name,
        reading.text(body, "api_key"),
        reading.text(body, "api_secret"),
        _webhook(body.get("webhook", {})),
        None if body.get("return_url") is None else reading.text(body, "return_url"),
    )
    with box.lock:
        other = box.tenant_of(made.api_key)
        if other is not None and other.name != name:
            raise BadRequest("this api_key belongs to another customer")
        box.tenants[name] = made
    return made.shown()


def _webhook(body: object) -> Webhook:
    if not isinstance(body, dict):
        raise BadRequest("webhook is an object")
    states = body.get("states")
    if states is None:
        states = list(NOTICE_STATES)
    if not isinstance(states, list) or not set(states) <= set(NOTICE_STATES):
        raise BadRequest(f"states are some of {', '.join(NOTICE_STATES)}")
    url = None if body.get("url") is None else reading.text(body, "url")
    headers = reading.string_map(body.get("headers", {}), "headers")
    return Webhook(url, headers, tuple(states))


@control_world.get("/counters")
def counters() -> ResponseReturnValue:
    """Show how often each kind of call was made since the start or the last reset."""
    box = the_box()
    with box.lock:
        return {name: box.counters[name] for name in _COUNTED}


@control_world.post("/tokens/revoke")
def revoke() -> ResponseReturnValue:
    """Make every token so far invalid before its time."""
    the_box().tokens.revoke()
    return "", 204


@control_world.post("/reset")
def reset() -> ResponseReturnValue:
    """Forget everything but the default customer, its webhook, and tokens."""
    the_box().reset()
    return "", 204
