"""A site's colours as a style sheet: the content security policy forbids inline ones."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from webapp.config.colors import contrast
from webapp.domain.errors import NotFound
from webapp.web import request_context
from webapp.web.guards import everybody

blueprint = Blueprint("theme", __name__)

_COLOR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_DARK, _LIGHT = "#000000", "#ffffff"


@blueprint.get("/sites/<site_id>/theme.css")
@everybody
def stylesheet(site_id: str) -> ResponseReturnValue:
    """Empty for a site without a colour of its own."""
    site = request_context.steps().sites.get(site_id)
    if site is None:
        raise NotFound
    response = Response(properties(site.brand.color), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=300"
    response.add_etag()
    return response.make_conditional(request)


def properties(color: str | None) -> str:
    """`--brand`, and `--on-brand`: black or white, whichever is easier to read upon it."""
    if not color or not _COLOR.fullmatch(color):
        return ""
    return f":root {{ --brand: {color}; --on-brand: {readable_on(color)}; }}\n"


def readable_on(color: str) -> str:
    """The better of black and white by WCAG 2.2's contrast ratio; always at least 4.5."""
    return max(_LIGHT, _DARK, key=lambda ink: contrast(color, ink))
