"""Build the Flask application of the gateway in a box."""

import json

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException

from mobbscan_sandbox.gateway.agent_page import agent_page
from mobbscan_sandbox.gateway.api_evidence import evidence_api
from mobbscan_sandbox.gateway.api_onboarding import onboarding_api
from mobbscan_sandbox.gateway.api_processes import process_api
from mobbscan_sandbox.gateway.clock import format_time
from mobbscan_sandbox.gateway.control_processes import control
from mobbscan_sandbox.gateway.control_settings import control_settings
from mobbscan_sandbox.gateway.errors import (
    ApiError,
    NoSuchEvidence,
    UnknownProcess,
    error_response,
)
from mobbscan_sandbox.gateway.fault_injection import fault_injection
from mobbscan_sandbox.gateway.gateway_state import GatewayState
from mobbscan_sandbox.gateway.hosted_page import hosted
from mobbscan_sandbox.gateway.options import SandboxOptions
from mobbscan_sandbox.gateway.request_context import current_gateway
from mobbscan_sandbox.gateway.state_file import PersistentGatewayState
from mobbscan_sandbox.scenarios.scenario_api import scenarios

_BLUEPRINTS = (
    fault_injection, onboarding_api, process_api, evidence_api, hosted, control,
    control_settings, agent_page, scenarios,
)  # fmt: skip


def create_gateway(options: SandboxOptions) -> Flask:
    """Build a gateway with its own state: empty, or read from its state file."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024 * 1024
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    json_provider = DefaultJSONProvider(app)
    json_provider.sort_keys = False
    app.json = json_provider
    app.extensions["gateway_state"] = _state(options)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for blueprint in _BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.after_request(_finish_response)
    app.register_error_handler(ApiError, _handle_api_error)
    app.register_error_handler(HTTPException, _handle_http_error)
    return app


def _state(options: SandboxOptions) -> GatewayState:
    if options.state_file is None:
        return GatewayState(options)
    gateway = PersistentGatewayState(options)
    gateway.load()
    return gateway


def _finish_response(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")
    if request.method != "GET" or request.path.startswith("/mobbscan-agent/api/verification/"):
        current_gateway().save()
    return response


def _handle_api_error(error: ApiError) -> Response:
    if request.path.startswith("/_sandbox/"):
        status = 404 if isinstance(error, UnknownProcess) else error.status
        return _control_error(status, error.description)
    switches = current_gateway().switches
    status = error.status
    if isinstance(error, UnknownProcess):
        status = switches.unknown_status
    elif isinstance(error, NoSuchEvidence):
        status = switches.missing_evidence_status
    return _vendor_error(status, error.code, error.description)


def _handle_http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if request.path.startswith("/_sandbox/"):
        return _control_error(status, error.description or error.name)
    answer = _vendor_error(
        status, error.name.upper().replace(" ", "_"), error.description or error.name
    )
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def _control_error(status: int, description: str) -> Response:
    text = json.dumps({"error": description})
    return Response(text, status=status, mimetype="application/json")


def _vendor_error(status: int, code: str, description: str) -> Response:
    gateway = current_gateway()
    at = format_time(gateway.clock.now()) or ""
    return error_response(gateway.switches.error_style, status, code, description, at, request.path)
