"""Route where the element in a page of a host site reports an error: its code, nothing else."""

from __future__ import annotations

import json

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from webapp.config.sites import Site
from webapp.domain.element_reports import display, element_code
from webapp.domain.errors import NotFound
from webapp.observability import metrics
from webapp.web import request_context
from webapp.web.errors import ErrorInfo, error_response
from webapp.web.guards import public
from webapp.web.limits import limit_report, log_refusal
from webapp.web.security_headers import allow_other_origins

blueprint = Blueprint("embed_report", __name__)

MAX_BYTES = 4096
#: Longer than every code, so that no one stores texts here.
_LONGEST_WORD = 64
_ADD_ORIGIN = (
    "a page with the element is at an origin that `origins` of [sites.{}] lacks: run `doctor embed`"
)


class _UnusableReport(ValueError):
    """The body is no report; the message says how to write one."""


@blueprint.post("/embed/<site_id>/report")
@public
def report(site_id: str) -> ResponseReturnValue:
    """Count the report, and answer 204. No cookie and no bearer is read.

    The content type does not matter: the element sends text/plain, so that browsers ask for no
    permission first. Anyone can write any `Origin`: the counts are hints for operators.
    """
    allow_other_origins()
    request.max_content_length = MAX_BYTES
    site = request_context.steps().sites.get(site_id)
    if site is None:
        raise NotFound
    limit_report(site)
    if request.headers.get("Origin", "") not in site.origins:
        fix = _ADD_ORIGIN.format(site.id)
        log_refusal("element_report_refused", site, code="origin_not_allowed", fix=fix)
        detail = f"Origin must be one of the origins of [sites.{site.id}] in sites.toml."
        return error_response(ErrorInfo(403, "origin_not_allowed", detail=detail))
    try:
        words = _read(request.get_data(cache=False))
    except _UnusableReport as wrong:
        return error_response(ErrorInfo(400, "malformed_report", detail=str(wrong)))
    _record(site, *words)
    return Response(status=204)


def _read(body: bytes) -> tuple[str, str]:
    """Return code and display."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _UnusableReport('Send a JSON object such as {"code": "frame_silent"}.')
    code, shown_as = found.get("code"), found.get("display", "")
    if not isinstance(code, str) or not 0 < len(code) <= _LONGEST_WORD:
        raise _UnusableReport("Send the code of an error of the element as `code`.")
    if not isinstance(shown_as, str) or len(shown_as) > _LONGEST_WORD:
        raise _UnusableReport("Send inline, modal or redirect as `display`, or leave it out.")
    return code, shown_as


def _record(site: Site, code_text: str, display_text: str) -> None:
    code = element_code(code_text)
    metrics.element_report(str(code))
    request_context.steps().element_reports.record(site.id, code, display(display_text))
