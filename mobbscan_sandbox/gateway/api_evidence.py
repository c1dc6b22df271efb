"""The vendor's evidence API: images, recordings, PDF and certified zip (contract 3.4 to 3.7)."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from mobbscan_sandbox.gateway import request_parsing
from mobbscan_sandbox.gateway.clock import format_time
from mobbscan_sandbox.gateway.errors import NoSuchEvidence, NotAcceptable
from mobbscan_sandbox.gateway.evidence.evidence_response import EvidenceContent
from mobbscan_sandbox.gateway.process_view import ProcessView
from mobbscan_sandbox.gateway.request_context import (
    current_caller,
    current_gateway,
    own_process,
    process_view,
)

evidence_api = Blueprint("evidence_api", __name__)


@evidence_api.get("/mobbscan-agent/<verification_id>/image/<image_type>")
def image(verification_id: str, image_type: str) -> ResponseReturnValue:
    """Return an image (contract 3.4); `imageType` is empty, as in the vendor's sample."""
    view = _process_view(verification_id, "images")
    if image_type not in (*view.images, *view.extra_images):
        raise NoSuchEvidence("There is no such image")
    return _evidence_response(EvidenceContent(view.image(image_type), "image/jpeg", _fields(view)))


@evidence_api.get("/mobbscan-agent/<verification_id>/recording/<recording_type>")
def recording(verification_id: str, recording_type: str) -> ResponseReturnValue:
    """Return a recording (contract 3.5), with the keys and formats of an image (register H)."""
    view = _process_view(verification_id, "recordings")
    if recording_type not in view.recordings:
        raise NoSuchEvidence("There is no such recording")
    return _evidence_response(EvidenceContent(view.recording(), "video/mp4", _fields(view)))


@evidence_api.get("/mobbscan-agent/api/pdf/<verification_id>")
def pdf(verification_id: str) -> ResponseReturnValue:
    """Return the PDF report (contract 3.7), in the formats of an image (register I)."""
    view = _process_view(verification_id, "pdfs")
    if not view.has_report:
        raise NoSuchEvidence("The report is not there yet")
    fields = _fields(view)
    del fields["imageType"]
    return _evidence_response(
        EvidenceContent(view.report(), "application/pdf", fields, "pdfDocument")
    )


@evidence_api.get("/api/zip/<verification_id>")
def certified_zip(verification_id: str) -> ResponseReturnValue:
    """Return the certified zip (contract 3.6), whatever `Accept` says (register G)."""
    view = _process_view(verification_id, "zips")
    if not view.has_zip:
        raise NoSuchEvidence("There is no certified zip")
    answer = Response(view.archive(current_gateway().seal), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{view.process.id}.zip"'
    return answer


@evidence_api.get("/mobbscan-agent/api/zip/<verification_id>")
def certified_zip_alias(verification_id: str) -> ResponseReturnValue:
    """Serve the zip below `/mobbscan-agent` too, with `extensions` only (register F)."""
    if not current_gateway().switches.extensions:
        raise NotFound
    return certified_zip(verification_id)


def _process_view(verification_id: str, counter: str) -> ProcessView:
    gateway = current_gateway()
    caller = current_caller()
    gateway.count(counter)
    return process_view(
        own_process(request_parsing.uuid_text(verification_id, "verificationId"), caller)
    )


def _fields(view: ProcessView) -> dict[str, str]:
    """Return the JSON members around a file. That `timestamp` is the capture's time is a guess."""
    process = view.process
    at = format_time(process.captured_at or process.created_at) or ""
    return {"timestamp": at, "imageType": "", "scanId": process.id}


def _evidence_response(evidence: EvidenceContent) -> Response:
    answer = evidence.to_response(extensions=current_gateway().switches.extensions)
    if answer is None:
        raise NotAcceptable("Accept names none of the documented media types")
    return answer
