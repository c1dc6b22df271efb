"""Pictures, recordings, the PDF and the certified zip (contract 3.4 to 3.7)."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from mobbscan_sandbox.gateway import reading
from mobbscan_sandbox.gateway.asking import caller_of_now, held_by, own_process, the_box
from mobbscan_sandbox.gateway.clock import written
from mobbscan_sandbox.gateway.evidence.answers import Evidence
from mobbscan_sandbox.gateway.held import Held
from mobbscan_sandbox.gateway.refusals import NoSuchEvidence, NotAcceptable

evidence_api = Blueprint("evidence_api", __name__)


@evidence_api.get("/mobbscan-agent/<verification_id>/image/<image_type>")
def image(verification_id: str, image_type: str) -> ResponseReturnValue:
    """Contract 3.4. `imageType` is empty in the answer, as it is in the vendor's sample."""
    held = _asked_for(verification_id, "images")
    if image_type not in (*held.images, *held.extra_images):
        raise NoSuchEvidence("There is no such image")
    return _answer(Evidence(held.picture(image_type), "image/jpeg", _fields(held)))


@evidence_api.get("/mobbscan-agent/<verification_id>/recording/<recording_type>")
def recording(verification_id: str, recording_type: str) -> ResponseReturnValue:
    """Contract 3.5: keys and formats are those of an image (register H)."""
    held = _asked_for(verification_id, "recordings")
    if recording_type not in held.recordings:
        raise NoSuchEvidence("There is no such recording")
    return _answer(Evidence(held.recording(), "video/mp4", _fields(held)))


@evidence_api.get("/mobbscan-agent/api/pdf/<verification_id>")
def pdf(verification_id: str) -> ResponseReturnValue:
    """Contract 3.7: the formats of an image, another key (register I)."""
    held = _asked_for(verification_id, "pdfs")
    if not held.has_report:
        raise NoSuchEvidence("The report is not there yet")
    fields = _fields(held)
    del fields["imageType"]
    return _answer(Evidence(held.report(), "application/pdf", fields, "pdfDocument"))


@evidence_api.get("/api/zip/<verification_id>")
def certified_zip(verification_id: str) -> ResponseReturnValue:
    """Contract 3.6: bytes whatever `Accept` says (register G)."""
    held = _asked_for(verification_id, "zips")
    if not held.has_zip:
        raise NoSuchEvidence("There is no certified zip")
    answer = Response(held.archive(the_box().seal), mimetype="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{held.process.id}.zip"'
    return answer


@evidence_api.get("/mobbscan-agent/api/zip/<verification_id>")
def certified_zip_alias(verification_id: str) -> ResponseReturnValue:
    """Register F: the path one would expect; no part of the contract."""
    if not the_box().switches.extensions:
        raise NotFound
    return certified_zip(verification_id)


def _asked_for(verification_id: str, counter: str) -> Held:
    box = the_box()
    caller = caller_of_now()
    box.count(counter)
    return held_by(own_process(reading.uuid_text(verification_id, "verificationId"), caller))


def _fields(held: Held) -> dict[str, str]:
    now = written(the_box().clock.now()) or ""
    return {"timestamp": now, "imageType": "", "scanId": held.process.id}


def _answer(evidence: Evidence) -> Response:
    answer = evidence.answered(extensions=the_box().switches.extensions)
    if answer is None:
        raise NotAcceptable("Accept is none of the documented media types")
    return answer
