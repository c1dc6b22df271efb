"""Faults and ill health, applied around the views."""

import http.client
import json
import time
import uuid
from typing import Any

from flask import Blueprint, Response, g, request

from mobbscan_sandbox.gateway.clock import format_time
from mobbscan_sandbox.gateway.errors import error_response
from mobbscan_sandbox.gateway.faults import Fault
from mobbscan_sandbox.gateway.request_context import current_gateway
from mobbscan_sandbox.gateway.transport_faults import TRANSPORT

fault_injection = Blueprint("fault_injection", __name__)

_PLACES = {
    "onboarding_api.log_in": "token",
    "onboarding_api.create": "create",
    "onboarding_api.create_by_token_path": "create",
    "process_api.process_data": "data",
    "evidence_api.image": "image",
    "evidence_api.recording": "recording",
    "evidence_api.pdf": "pdf",
    "evidence_api.certified_zip": "zip",
    "evidence_api.certified_zip_alias": "zip",
    "process_api.accept": "accept",
    "process_api.reject": "reject",
    "process_api.pending": "pending",
    "process_api.delete": "delete",
    "hosted.page": "hosted",
}
_PAGE = "<!doctype html><title>Bad gateway</title><h1>Sorry</h1><p>Something stands in between."
_STRANGE = "SOMETHING_NEW"
_WORDS = ("verificationResult", "status", "documentType")


@fault_injection.before_app_request
def fall_ill() -> Response | None:
    """Be slow, be down, or answer in the view's place."""
    path = request.path
    if path.startswith(("/_sandbox/", "/hosted-assets/")):
        return None
    gateway = current_gateway()
    time.sleep(gateway.switches.latency_ms / 1000)
    if gateway.switches.down:
        return Response("Service Unavailable", status=503, mimetype="text/plain")
    fault = gateway.faults.claim(_place(), path + _small_json()) if gateway.faults.all else None
    if fault is None:
        return None
    gateway.count("faults")
    time.sleep(fault.delay_ms / 1000)
    g.fault = fault
    request.environ[TRANSPORT] = fault
    return _instead(fault)


def _place() -> str:
    endpoint = request.endpoint or ""
    return _PLACES.get(endpoint, "capture" if endpoint.startswith("hosted.") else "")


def _small_json() -> str:
    small = request.is_json and (request.content_length or 0) < 65_536
    return request.get_data(as_text=True) if small else ""


def _instead(fault: Fault) -> Response | None:
    options = fault.options
    if fault.kind == "status":
        answer = _status(options["status"])
        if options["retry_after"] is not None:
            answer.headers["Retry-After"] = str(options["retry_after"])
        return answer
    if fault.kind == "html":
        return Response(_PAGE, status=options["status"], mimetype="text/html")
    if fault.kind == "drop" and options["when"] == "before_work":
        return Response(status=204)
    return None


def _status(status: int) -> Response:
    gateway = current_gateway()
    phrase = http.client.responses.get(status, "Unknown")
    at = format_time(gateway.clock.now()) or ""
    code = phrase.upper().replace(" ", "_")
    style = gateway.switches.error_style
    return error_response(style, status, code, f"Asked for: {phrase}", at, request.path)


@fault_injection.after_app_request
def spoil(response: Response) -> Response:
    """Change what the view has answered."""
    fault: Fault | None = g.pop("fault", None)
    if fault is None:
        return response
    if fault.kind == "wrong_type":
        response.headers["Content-Type"] = fault.options["media_type"]
    elif fault.kind == "empty":
        response.set_data(b"")
    elif fault.kind == "not_json":
        response.set_data(b'{"scanId": "')
    elif fault.kind == "huge":
        _fatten(response, fault.options["bytes"])
    elif response.is_json and fault.kind in _SPOILT:
        response.set_data(json.dumps(_SPOILT[fault.kind](json.loads(response.get_data()))))
    return response


def _fatten(response: Response, size: int) -> None:
    content = response.get_data()
    if not response.is_json:
        response.set_data(content + bytes(max(0, size - len(content))))
        return
    padding = "x" * max(0, size - len(content))
    response.set_data(json.dumps({**json.loads(content), "padding": padding}))


def strange_words(content: Any) -> Any:
    """Put words into a JSON object that nobody has heard of."""
    for name in _WORDS:
        if name in content:
            content[name] = _STRANGE
    if isinstance(content.get("document"), dict):
        content["document"]["documentType"] = "XYZHolographicCardV9"
    return content


def extra_keys(content: Any) -> Any:
    """Add keys that nobody has heard of, at the top and inside."""
    for inner in (content, content.get("document"), content.get("validations")):
        if isinstance(inner, dict):
            inner["unheardOf"] = "text"
    content["unheardOfObject"] = {"list": [1, None, {"deep": True}]}
    return content


def _foreign(content: Any) -> Any:
    if "scanId" in content:
        content["scanId"] = str(uuid.uuid4())
    return content


def _in_a_list(content: Any) -> Any:
    return [content]


_SPOILT = {
    "unknown_words": strange_words,
    "extra_keys": extra_keys,
    "wrong_scan_id": _foreign,
    "wrong_shape": _in_a_list,
}
