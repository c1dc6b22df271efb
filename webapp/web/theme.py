"""Route of a site's brand colours as a style sheet: the security policy forbids inline styles."""

from __future__ import annotations

import re

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from webapp.config.colors import contrast
from webapp.domain.errors import NotFound
from webapp.web import request_context
from webapp.web.guards import public

blueprint = Blueprint("theme", __name__)

_COLOR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_BLACK, _WHITE = "#000000", "#ffffff"


@blueprint.get("/sites/<site_id>/theme.css")
@public
def stylesheet(site_id: str) -> ResponseReturnValue:
    """Return the style sheet; empty for a site without a brand colour."""
    site = request_context.steps().sites.get(site_id)
    if site is None:
        raise NotFound
    response = Response(brand_css(site.brand.color), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=300"
    response.add_etag()
    return response.make_conditional(request)


def brand_css(color: str | None) -> str:
    """Return CSS that sets `--brand`, and `--on-brand` to the readable text colour."""
    if not color or not _COLOR.fullmatch(color):
        return ""
    return f":root {{ --brand: {color}; --on-brand: {readable_text_color(color)}; }}\n"


def readable_text_color(background: str) -> str:
    """Return black or white, whichever has the higher WCAG 2.2 contrast; it is at least 4.5."""
    return max(_WHITE, _BLACK, key=lambda text: contrast(background, text))
