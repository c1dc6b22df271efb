"""admit, third door: a one-time link, and a new one for going on with another device."""

from __future__ import annotations

from datetime import UTC, datetime

import segno
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.domain.errors import AnotherPersonSignedIn, LinkGone, NotFound
from webapp.web import account_switch, cookies, page_texts, request_context
from webapp.web.errors import ErrorInfo, answer
from webapp.web.guards import link_code, person

blueprint = Blueprint("links", __name__)

#: Modules of white around a QR code, without which many phones do not see it (ISO 18004).
_QUIET_ZONE = 4


@blueprint.get("/l/<code>")
@link_code
def look(code: str) -> ResponseReturnValue:
    """For whom the link is, with one button; mail scanners may look as often as they like."""
    live = request_context.visitor()
    try:
        behind = request_context.steps().links.preview(code)
    except LinkGone:
        if live is None:
            raise
        # The browser that came in by this very link goes on; for all others it stays gone.
        _, onboarding_id = request_context.steps().links.use(code, live)
        return redirect(url_for("present.page", onboarding_id=onboarding_id), 303)
    request_context.show_site(behind.site)
    return render_template(
        "links/look.html", look=behind, action=request.script_root + request.path
    )


@blueprint.post("/l/<code>")
@link_code
def use(code: str) -> ResponseReturnValue:
    """Let the link's person in, once, and on to their onboarding."""
    replace = request.form.get("replace") == "1"
    try:
        visitor, onboarding_id = request_context.steps().links.use(
            code, request_context.visitor(), replace=replace
        )
    except AnotherPersonSignedIn as question:
        return account_switch.ask(question, request.script_root + request.path)
    cookies.open_session(visitor)
    return redirect(url_for("present.page", onboarding_id=onboarding_id), 303)


@blueprint.post("/links")
@person
def make() -> ResponseReturnValue:
    """A link of one's own, for another device or browser, and a page that watches what it does."""
    steps, visitor = request_context.steps(), request_context.signed_in()
    onboarding_id = steps.start.prepare(
        visitor, flow=request.form.get("flow") or None, locale=page_texts.language()
    )
    link = steps.links.create_for_owner(visitor, onboarding_id)
    return render_template(
        "links/made.html",
        link=link,
        hours=max(1, round((link.expires_at - datetime.now(UTC)).total_seconds() / 3600)),
        qr_code=qr_code(link.url),
        onboarding=steps.result.status(visitor, onboarding_id),
    )


@blueprint.errorhandler(NotFound)
def unknown(_: NotFound) -> ResponseReturnValue:
    """Links are copied by hand now and then, and not always the whole of them."""
    return answer(
        ErrorInfo(404, "not_found" if request.endpoint == "links.make" else "unknown_link")
    )


def qr_code(text: str) -> str:
    """The text as a `data:` address of an SVG, dark on white in every colour scheme."""
    code = segno.make(text, error="m", micro=False)
    return code.svg_data_uri(border=_QUIET_ZONE, dark="#000", light="#fff", omitsize=True)
