"""The Flask application of the gateway in a box."""

import json

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException

from mobbscan_sandbox.gateway.agent_desk import agent_desk
from mobbscan_sandbox.gateway.api_agent import agent_api
from mobbscan_sandbox.gateway.api_evidence import evidence_api
from mobbscan_sandbox.gateway.api_onboarding import onboarding_api
from mobbscan_sandbox.gateway.asking import the_box
from mobbscan_sandbox.gateway.box import Box
from mobbscan_sandbox.gateway.clock import written
from mobbscan_sandbox.gateway.control import control
from mobbscan_sandbox.gateway.control_world import control_world
from mobbscan_sandbox.gateway.hosted import hosted
from mobbscan_sandbox.gateway.options import GatewayOptions
from mobbscan_sandbox.gateway.refusals import (
    NoSuchEvidence,
    Refusal,
    UnknownProcess,
    refusal_body,
)
from mobbscan_sandbox.gateway.statefile import KeptBox
from mobbscan_sandbox.gateway.unwell import unwell
from mobbscan_sandbox.scenarios.api import scenarios

_PARTS = (
    unwell, onboarding_api, agent_api, evidence_api, hosted, control, control_world, agent_desk,
    scenarios,
)  # fmt: skip


def create_gateway(options: GatewayOptions) -> Flask:
    """Build a gateway with a memory of its own: empty, or the one in its file."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    in_order = DefaultJSONProvider(app)
    in_order.sort_keys = False
    app.json = in_order
    app.extensions["gateway_box"] = _box(options)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for blueprint in _PARTS:
        app.register_blueprint(blueprint)
    app.after_request(_finish)
    app.register_error_handler(Refusal, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    return app


def _box(options: GatewayOptions) -> Box:
    if options.state_file is None:
        return Box(options)
    box = KeptBox(options)
    box.take_up()
    return box


def _finish(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    if request.method != "GET" or request.path.startswith("/mobbscan-agent/api/verification/"):
        the_box().changed()
    return response


def _refuse(refusal: Refusal) -> Response:
    if request.path.startswith("/_sandbox/"):
        status = 404 if isinstance(refusal, UnknownProcess) else refusal.status
        return _told_by_the_controls(status, refusal.description)
    switches = the_box().switches
    status = refusal.status
    if isinstance(refusal, UnknownProcess):
        status = switches.unknown_status
    elif isinstance(refusal, NoSuchEvidence):
        status = switches.missing_evidence_status
    return _body(status, refusal.code, refusal.description)


def _refuse_http(error: HTTPException) -> Response:
    status = error.code or 500
    if request.path.startswith("/_sandbox/"):
        return _told_by_the_controls(status, error.description or error.name)
    answer = _body(status, error.name.upper().replace(" ", "_"), error.description or error.name)
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def _told_by_the_controls(status: int, description: str) -> Response:
    text = json.dumps({"error": description})
    return Response(text, status=status, mimetype="application/json")


def _body(status: int, code: str, description: str) -> Response:
    box = the_box()
    at = written(box.clock.now()) or ""
    return refusal_body(box.switches.error_style, status, code, description, at, request.path)
