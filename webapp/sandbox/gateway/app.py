"""The Flask application of the gateway in a box."""

import json
import time

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException

from webapp.sandbox.gateway.api_agent import agent_api
from webapp.sandbox.gateway.api_onboarding import onboarding_api
from webapp.sandbox.gateway.asking import the_box
from webapp.sandbox.gateway.box import Box
from webapp.sandbox.gateway.clock import written
from webapp.sandbox.gateway.control import control
from webapp.sandbox.gateway.hosted import hosted
from webapp.sandbox.gateway.options import GatewayOptions
from webapp.sandbox.gateway.refusals import Refusal, UnknownProcess, refusal_body


def create_gateway(options: GatewayOptions) -> Flask:
    """Build a gateway with an empty memory of its own."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    in_order = DefaultJSONProvider(app)
    in_order.sort_keys = False
    app.json = in_order
    app.extensions["gateway_box"] = Box(options)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for blueprint in (onboarding_api, agent_api, hosted, control):
        app.register_blueprint(blueprint)
    app.before_request(_be_unwell)
    app.after_request(_harden)
    app.register_error_handler(Refusal, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    return app


def _under_control() -> bool:
    return request.path.startswith(("/_sandbox/", "/hosted-assets/"))


def _be_unwell() -> Response | None:
    if _under_control():
        return None
    switches = the_box().switches
    time.sleep(switches.latency_ms / 1000)
    if switches.down:
        return Response("Service Unavailable", status=503, mimetype="text/plain")
    return None


def _harden(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _refuse(refusal: Refusal) -> Response:
    status = refusal.status
    if isinstance(refusal, UnknownProcess):
        status = 404 if request.path.startswith("/_sandbox/") else the_box().switches.unknown_status
    return _body(status, refusal.code, refusal.description)


def _refuse_http(error: HTTPException) -> Response:
    status = error.code or 500
    answer = _body(status, error.name.upper().replace(" ", "_"), error.description or error.name)
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def _body(status: int, code: str, description: str) -> Response:
    if request.path.startswith("/_sandbox/"):
        text = json.dumps({"error": description})
        return Response(text, status=status, mimetype="application/json")
    box = the_box()
    at = written(box.clock.now()) or ""
    return refusal_body(box.switches.error_style, status, code, description, at, request.path)
