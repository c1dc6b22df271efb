"""Pages of a user's onboarding, alike in full pages and in the frame of a host page.

The caller has checked the session. Templates take their layout and the base of their addresses from
the template context (`request_context`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import segno
from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from webapp.web import request_context
from webapp.web.language import current_language

if TYPE_CHECKING:
    from webapp.journey.views import Page

TEMPLATES = {
    "consent": "start/consent.html",
    "preparing": "present/preparing.html",
    "frame": "present/frame.html",
    "redirect": "present/redirect.html",
    "waiting": "result/waiting.html",
    "result": "result/result.html",
}
#: Light modules around a QR code; many phones do not detect it with fewer (ISO/IEC 18004).
_QUIET_ZONE = 4


def render(shown: Page, **context: Any) -> str:
    """Render the page of an onboarding in its present status."""
    return render_template(TEMPLATES[shown.kind], page=shown, **context)


def start() -> ResponseReturnValue:
    """Start or continue an onboarding by the request's form, then redirect to its page."""
    onboarding_id = request_context.steps().start.begin(
        request_context.require_visitor(),
        flow=request.form.get("flow") or None,
        consent=request.form.get("consent") or None,
        locale=current_language(),
        unfinished=request.form.get("unfinished") == "1",
    )
    return redirect(request_context.onboarding_url(onboarding_id), 303)


def create_link(**context: Any) -> str:
    """Create a link to the visitor's own onboarding; render it with a QR code."""
    steps, visitor = request_context.steps(), request_context.require_visitor()
    onboarding_id = steps.start.prepare(
        visitor, flow=request.form.get("flow") or None, locale=current_language()
    )
    link = steps.links.create_for_owner(
        visitor, onboarding_id, is_full_screen=request.form.get("full_screen") == "1"
    )
    return render_template(
        "links/created.html",
        link=link,
        hours=max(1, round((link.expires_at - datetime.now(UTC)).total_seconds() / 3600)),
        qr_code=qr_code(link.url),
        onboarding=steps.result.status(visitor, onboarding_id),
        **context,
    )


def qr_code(text: str) -> str:
    """Return the text as a `data:` address of an SVG, dark on white in every colour scheme."""
    code = segno.make(text, error="m", micro=False)
    return code.svg_data_uri(border=_QUIET_ZONE, dark="#000", light="#fff", omitsize=True)
