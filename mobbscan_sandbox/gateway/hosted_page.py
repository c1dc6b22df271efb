"""The hosted page and the calls of its script; knowing the address is the only credential."""

import hmac
from typing import Any

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from mobbscan_sandbox.gateway import request_parsing
from mobbscan_sandbox.gateway.errors import ApiError, BadRequest, NotAuthorised
from mobbscan_sandbox.gateway.hosted_texts import TEXTS
from mobbscan_sandbox.gateway.outcomes import HOSTED_ERRORS, OUTCOMES
from mobbscan_sandbox.gateway.request_context import current_gateway, send_after_answer
from mobbscan_sandbox.gateway.verification_process import VerificationProcess
from mobbscan_sandbox.languages import requested_language

hosted = Blueprint(
    "hosted",
    __name__,
    template_folder="templates",
    static_folder="static/hosted",
    static_url_path="/hosted-assets",
)

DOCUMENTS = ("IDCard", "Passport", "DrivingLicense")
_LARGEST_UPLOAD = 12 * 1024 * 1024

# Host sites embed the page in frames, so it sets neither `frame-ancestors` nor `X-Frame-Options`.
_POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' blob: data:; "
    "media-src 'self' blob:; "
    "connect-src 'self'; "
    "base-uri 'none'; "
    "form-action 'none'"
)


@hosted.get("/onboarding/<process_id>")
def page(process_id: str) -> ResponseReturnValue:
    """Render the capture page, or a page for a finished or unknown process."""
    gateway = current_gateway()
    gateway.count("hosted_pages")
    try:
        process = gateway.find(request_parsing.uuid_text(process_id, "id"))
    except ApiError:
        return _render("gone.html", requested_language(), status=404)
    # The first browser chooses where the create call did not: both devices of a user agree.
    language = process.language = process.language or requested_language()
    if process.state.announced:
        return _render("finished.html", language, process=process)
    kind = process.request.document_kind
    return _render(
        "capture.html",
        language,
        process=process,
        documents=(kind,) if kind else DOCUMENTS,
        errors=HOSTED_ERRORS,
        switches=gateway.switches,
    )


@hosted.post("/onboarding/<process_id>/begin")
def begin(process_id: str) -> ResponseReturnValue:
    """Record that the user consents and starts."""
    current_gateway().begin(_process_of_page(process_id))
    return "", 204


@hosted.post("/onboarding/<process_id>/document")
def choose(process_id: str) -> ResponseReturnValue:
    """Record the document that the user chooses."""
    process = _process_of_page(process_id)
    kind = request_parsing.text(request_parsing.json_object(), "docType")
    if kind not in DOCUMENTS:
        raise BadRequest("docType is unknown")
    process.chosen_document = kind
    return "", 204


@hosted.post("/onboarding/<process_id>/uploads")
def upload(process_id: str) -> ResponseReturnValue:
    """Count an image and discard it."""
    process = _process_of_page(process_id)
    if not request.mimetype.startswith("image/"):
        raise BadRequest("an image is expected")
    request.max_content_length = _LARGEST_UPLOAD
    if not request.get_data(cache=False):
        raise BadRequest("the image is empty")
    process.uploads += 1
    return "", 204


@hosted.post("/onboarding/<process_id>/left")
def left(process_id: str) -> ResponseReturnValue:
    """Record that the page is closed.

    `navigator.sendBeacon` sets no header, so the token is the body.
    """
    process = current_gateway().find(request_parsing.uuid_text(process_id, "id"))
    _require_page_token(process, request.get_data(as_text=True))
    current_gateway().leave(process)
    return "", 204


@hosted.post("/onboarding/<process_id>/end")
def end(process_id: str) -> ResponseReturnValue:
    """End the process with the outcome that the user or an error of the page selects."""
    process = _process_of_page(process_id)
    outcome = OUTCOMES.get(request_parsing.text(request_parsing.json_object(), "outcome"))
    if outcome is None:
        raise BadRequest("outcome is unknown")
    send_after_answer(current_gateway().finish(process, outcome))
    error = outcome.error
    if error == "TimeoutError":
        error = current_gateway().switches.timeout_word
    return {"error": error}


def _process_of_page(process_id: str) -> VerificationProcess:
    process = current_gateway().find(request_parsing.uuid_text(process_id, "id"))
    _require_page_token(process, request.headers.get("X-Onboarding-Token", ""))
    return process


def _require_page_token(process: VerificationProcess, token: str) -> None:
    if not hmac.compare_digest(token.encode(), process.onboarding_token.encode()):
        raise NotAuthorised("This call does not come from the hosted page")


def _render(template: str, language: str, status: int = 200, **facts: Any) -> ResponseReturnValue:
    content = render_template(template, t=TEXTS[language], language=language, **facts)
    response = make_response(content, status)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Permissions-Policy"] = "camera=(self), microphone=(self)"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language"
    return response
