"""Apply switches (`down`, `latency_ms`) and faults before and after each view."""

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
from mobbscan_sandbox.gateway.transport_faults import ENVIRON_KEY

fault_injection = Blueprint("fault_injection", __name__)

_PLACE_BY_ENDPOINT = {
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
_PAGE = "<!doctype html><title>Bad gateway</title><p>The upstream server failed."
_UNKNOWN_WORD = "SOMETHING_NEW"
_ENUM_FIELDS = ("verificationResult", "status", "documentType")


@fault_injection.before_app_request
def apply_faults() -> Response | None:
    """Wait, answer 503, or answer instead of the view."""
    path = request.path
    if path.startswith(("/_sandbox/", "/hosted-assets/")):
        return None
    gateway = current_gateway()
    time.sleep(gateway.switches.latency_ms / 1000)
    if gateway.switches.down:
        return Response("Service Unavailable", status=503, mimetype="text/plain")
    fault = (
        gateway.faults.claim(_fault_place(), path + _json_text()) if gateway.faults.all else None
    )
    if fault is None:
        return None
    gateway.count("faults")
    time.sleep(fault.delay_ms / 1000)
    g.fault = fault
    request.environ[ENVIRON_KEY] = fault
    return _replacement_response(fault)


def _fault_place() -> str:
    endpoint = request.endpoint or ""
    return _PLACE_BY_ENDPOINT.get(endpoint, "capture" if endpoint.startswith("hosted.") else "")


def _json_text() -> str:
    small = request.is_json and (request.content_length or 0) < 65_536
    return request.get_data(as_text=True) if small else ""


def _replacement_response(fault: Fault) -> Response | None:
    options = fault.options
    if fault.kind == "status":
        answer = _error_response(options["status"])
        if options["retry_after"] is not None:
            answer.headers["Retry-After"] = str(options["retry_after"])
        return answer
    if fault.kind == "html":
        return Response(_PAGE, status=options["status"], mimetype="text/html")
    if fault.kind == "drop" and options["when"] == "before_work":
        return Response(status=204)
    return None


def _error_response(status: int) -> Response:
    gateway = current_gateway()
    phrase = http.client.responses.get(status, "Unknown")
    at = format_time(gateway.clock.now()) or ""
    code = phrase.upper().replace(" ", "_")
    style = gateway.switches.error_style
    return error_response(style, status, code, f"Injected fault: {phrase}", at, request.path)


@fault_injection.after_app_request
def corrupt_response(response: Response) -> Response:
    """Apply the fault of this call to the response of the view."""
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
        _enlarge(response, fault.options["bytes"])
    elif response.is_json and fault.kind in _JSON_FAULTS:
        response.set_data(json.dumps(_JSON_FAULTS[fault.kind](json.loads(response.get_data()))))
    return response


def _enlarge(response: Response, size: int) -> None:
    content = response.get_data()
    if not response.is_json:
        response.set_data(content + bytes(max(0, size - len(content))))
        return
    padding = "x" * max(0, size - len(content))
    response.set_data(json.dumps({**json.loads(content), "padding": padding}))


def _unknown_words(content: Any) -> Any:
    """Replace the enum values by unknown ones."""
    for name in _ENUM_FIELDS:
        if name in content:
            content[name] = _UNKNOWN_WORD
    if isinstance(content.get("document"), dict):
        content["document"]["documentType"] = "XYZHolographicCardV9"
    return content


def _extra_keys(content: Any) -> Any:
    """Add unknown keys to the object and to its inner objects."""
    for inner in (content, content.get("document"), content.get("validations")):
        if isinstance(inner, dict):
            inner["unknownKey"] = "text"
    content["unknownObject"] = {"list": [1, None, {"deep": True}]}
    return content


def _other_scan_id(content: Any) -> Any:
    if "scanId" in content:
        content["scanId"] = str(uuid.uuid4())
    return content


def _in_a_list(content: Any) -> Any:
    return [content]


_JSON_FAULTS = {
    "unknown_words": _unknown_words,
    "extra_keys": _extra_keys,
    "wrong_scan_id": _other_scan_id,
    "wrong_shape": _in_a_list,
}
