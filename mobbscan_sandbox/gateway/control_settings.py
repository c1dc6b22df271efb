"""Control API for the whole gateway: tenants, webhook, switches, faults, counters, tokens."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from mobbscan_sandbox.gateway import request_parsing
from mobbscan_sandbox.gateway.errors import BadRequest
from mobbscan_sandbox.gateway.faults import KINDS, PLACES, FaultError, parse_fault
from mobbscan_sandbox.gateway.local_access import require_local_caller
from mobbscan_sandbox.gateway.request_context import current_gateway
from mobbscan_sandbox.gateway.switches import CHOICES, SwitchError
from mobbscan_sandbox.gateway.tenants import DEFAULT, NOTICE_STATES, Tenant, Webhook

control_settings = Blueprint("control_settings", __name__, url_prefix="/_sandbox/api")
control_settings.before_request(require_local_caller)

_COUNTERS = (
    "token_log_ins", "token_refusals", "unauthorised", "creates", "reads", "images",
    "recordings", "pdfs", "zips", "accepts", "rejects", "pendings", "deletes", "hosted_pages",
    "faults",
)  # fmt: skip


@control_settings.route("/switches", methods=["GET", "PATCH"])
def switches() -> ResponseReturnValue:
    """Return all switches; PATCH changes some."""
    gateway = current_gateway()
    if request.method == "PATCH":
        try:
            gateway.set_switches(request_parsing.json_object())
        except SwitchError as error:
            return {"error": str(error)}, 400
    return gateway.switches.as_json()


@control_settings.get("/vocabulary")
def vocabulary() -> ResponseReturnValue:
    """List all values of switches, fault kinds, fault places and notice states."""
    return {
        "switches": {name: list(choices) for name, choices in CHOICES.items()},
        "fault_kinds": list(KINDS),
        "fault_places": ["*", *PLACES],
        "notice_states": list(NOTICE_STATES),
    }


@control_settings.route("/faults", methods=["GET", "POST", "PUT", "DELETE"])
def faults() -> ResponseReturnValue:
    """Return the active faults; POST adds one, PUT replaces all, DELETE removes all."""
    faults = current_gateway().faults
    try:
        if request.method == "POST":
            faults.add(parse_fault(request_parsing.json_object()))
        elif request.method == "PUT":
            contents = request_parsing.json_object().get("faults")
            if not isinstance(contents, list):
                raise FaultError("faults is a list")
            faults.replace([parse_fault(each) for each in contents])
        elif request.method == "DELETE":
            faults.replace([])
    except FaultError as error:
        return {"error": str(error)}, 400
    return {"faults": faults.as_json()}


@control_settings.route("/webhook", methods=["GET", "PUT"])
def webhook() -> ResponseReturnValue:
    """Return the default tenant's webhook; PUT sets it: `{"url", "headers", "states"?}`."""
    own = current_gateway().tenants[DEFAULT]
    if request.method == "PUT":
        own.webhook = _webhook(request_parsing.json_object())
    return own.webhook.as_json()


@control_settings.get("/tenants")
def tenants() -> ResponseReturnValue:
    """List the tenants."""
    return {"tenants": [each.as_json() for each in current_gateway().tenants.values()]}


@control_settings.put("/tenants/<name>")
def tenant(name: str) -> ResponseReturnValue:
    """Create or replace one: `{"api_key", "api_secret", "webhook"?, "return_url"?}`."""
    gateway, body = current_gateway(), request_parsing.json_object()
    made = Tenant(
        name,
        request_parsing.text(body, "api_key"),
        request_parsing.text(body, "api_secret"),
        _webhook(body.get("webhook", {})),
        None if body.get("return_url") is None else request_parsing.text(body, "return_url"),
    )
    with gateway.lock:
        other = gateway.tenant_of(made.api_key)
        if other is not None and other.name != name:
            raise BadRequest("this api_key belongs to another tenant")
        gateway.tenants[name] = made
    return made.as_json()


def _webhook(body: object) -> Webhook:
    if not isinstance(body, dict):
        raise BadRequest("webhook is an object")
    states = body.get("states")
    if states is None:
        states = list(NOTICE_STATES)
    if not isinstance(states, list) or not set(states) <= set(NOTICE_STATES):
        raise BadRequest(f"states are some of {', '.join(NOTICE_STATES)}")
    url = None if body.get("url") is None else request_parsing.text(body, "url")
    headers = request_parsing.string_map(body.get("headers", {}), "headers")
    return Webhook(url, headers, tuple(states))


@control_settings.get("/counters")
def counters() -> ResponseReturnValue:
    """Return the number of calls of each kind since the start or the last reset."""
    gateway = current_gateway()
    with gateway.lock:
        return {name: gateway.counters[name] for name in _COUNTERS}


@control_settings.post("/tokens/revoke")
def revoke() -> ResponseReturnValue:
    """Invalidate every token issued so far."""
    current_gateway().tokens.revoke()
    return "", 204


@control_settings.post("/reset")
def reset() -> ResponseReturnValue:
    """Delete everything but the default tenant, its webhook and tokens."""
    current_gateway().reset()
    return "", 204
