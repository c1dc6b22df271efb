"""API routes of evidence: the list, and each file as a stream."""

from __future__ import annotations

import json
from urllib.parse import quote

from flask import Response, request

from webapp.basics.byte_range import ByteRange, parse_range
from webapp.basics.text import clean_text
from webapp.domain.errors import NotFound
from webapp.domain.evidence import Evidence, EvidenceItem
from webapp.journey.api_evidence import EvidenceRequested
from webapp.web import request_context
from webapp.web.api.authentication import caller, require_scope
from webapp.web.api.blueprint import PREFIX, blueprint
from webapp.web.api.evidence_response import file_response, head_response
from webapp.web.api.input_models import NoQuery
from webapp.web.api.operations import Operation, operation
from webapp.web.api.output_models import EvidenceListBody
from webapp.web.api.reading import read_query
from webapp.web.request_context import parse_onboarding_id

_LONGEST_TYPE = 100
_PATHS = {Evidence.IMAGE: "images", Evidence.RECORDING: "recordings"}
_TYPE = {"evidence_type": "As the list names it."}
_PROBLEMS = (404, 502)


@blueprint.get("/onboardings/<onboarding_id>/evidence")
@require_scope("evidence")
@operation(
    Operation(
        "list_evidence",
        "List the evidence of an onboarding",
        {200: EvidenceListBody},
        query=NoQuery,
        problems=_PROBLEMS,
        tag="Evidence",
    )
)
def evidence(onboarding_id: str) -> Response:
    """Asked of the gateway at each call; empty before the user has finished."""
    read_query(NoQuery)
    known = parse_onboarding_id(onboarding_id)
    items = request_context.steps().host_api.evidence.listed(caller().site, known)
    body = [
        {"kind": str(item.kind), "type": item.type, "href": _href(known, item)} for item in items
    ]
    return Response(json.dumps(body), mimetype="application/json")


@blueprint.get("/onboardings/<onboarding_id>/images/<evidence_type>")
@require_scope("evidence")
@operation(
    Operation(
        "get_image",
        "Read an image",
        file_statuses=(200, 206),
        query=NoQuery,
        problems=_PROBLEMS,
        tag="Evidence",
        path_descriptions=_TYPE,
    )
)
def image(onboarding_id: str, evidence_type: str) -> Response:
    """The media type comes from the first bytes. The view is recorded."""
    return _answer(onboarding_id, EvidenceItem(Evidence.IMAGE, _type(evidence_type)))


@blueprint.get("/onboardings/<onboarding_id>/recordings/<evidence_type>")
@require_scope("evidence")
@operation(
    Operation(
        "get_recording",
        "Read a recording",
        file_statuses=(200, 206),
        query=NoQuery,
        problems=_PROBLEMS,
        tag="Evidence",
        path_descriptions=_TYPE,
    )
)
def recording(onboarding_id: str, evidence_type: str) -> Response:
    """404 `evidence_not_yet` while the gateway may still be working on it. The view is recorded."""
    return _answer(onboarding_id, EvidenceItem(Evidence.RECORDING, _type(evidence_type)))


@blueprint.get("/onboardings/<onboarding_id>/pdf")
@require_scope("evidence")
@operation(
    Operation(
        "get_pdf",
        "Read the gateway's report",
        file_statuses=(200,),
        query=NoQuery,
        problems=_PROBLEMS,
        tag="Evidence",
    )
)
def pdf(onboarding_id: str) -> Response:
    """`Pdf-Checksum` says how it compares with the gateway's checksum. The view is recorded."""
    return _answer(onboarding_id, EvidenceItem(Evidence.PDF))


@blueprint.get("/onboardings/<onboarding_id>/zip")
@require_scope("evidence")
@operation(
    Operation(
        "get_zip",
        "Read the certified archive",
        file_statuses=(200, 206),
        query=NoQuery,
        problems=_PROBLEMS,
        tag="Evidence",
    )
)
def certified_zip(onboarding_id: str) -> Response:
    """Of verified onboardings, if the vendor has enabled it. The view is recorded."""
    return _answer(onboarding_id, EvidenceItem(Evidence.ZIP))


def _answer(onboarding_id: str, item: EvidenceItem) -> Response:
    read_query(NoQuery)
    requested = EvidenceRequested(
        site=caller().site,
        onboarding_id=parse_onboarding_id(onboarding_id),
        item=item,
        viewer=caller().key.label,
        part=_part(),
    )
    step = request_context.steps().host_api.evidence
    if request.method == "HEAD":
        return head_response(requested, step.inspect(requested))
    return file_response(requested, step.open(requested))


def _part() -> ByteRange | None:
    """Return the requested part. None for HEAD, and with `If-Range`: there is no validator."""
    header = request.headers.get("Range")
    if header is None or request.method == "HEAD" or "If-Range" in request.headers:
        return None
    return parse_range(header)


def _type(given: str) -> str:
    if not given or clean_text(given, _LONGEST_TYPE) is None:
        raise NotFound("no such evidence")
    return given


def _href(onboarding_id: str, item: EvidenceItem) -> str:
    path = f"{_PATHS[item.kind]}/{quote(item.type or '', safe='')}" if item.type else item.kind
    return f"{request_context.settings().public_url}{PREFIX}/onboardings/{onboarding_id}/{path}"
