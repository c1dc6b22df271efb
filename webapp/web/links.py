"""Routes of one-time links: create one for another device, preview it, and sign in with it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.domain.errors import AnotherPersonSignedIn, LinkGone, NotFound
from webapp.web import account_switch, cookies, onboarding_pages, request_context
from webapp.web.errors import ErrorInfo, error_response
from webapp.web.guards import link_code, session_required
from webapp.web.limits import Surface, limited, log_refusal

blueprint = Blueprint("links", __name__)


@blueprint.get("/l/<code>")
@link_code
def preview(code: str) -> ResponseReturnValue:
    """Show whose link it is, with one button. It uses nothing up: mail scanners open links."""
    live = request_context.visitor()
    try:
        link = request_context.steps().links.preview(code)
    except LinkGone:
        if live is None:
            raise
        # The browser that signed in with this link may continue; for others it stays gone.
        _, onboarding_id = request_context.steps().links.use(code, live)
        return redirect(url_for("present.page", onboarding_id=onboarding_id), 303)
    request_context.set_site(link.site)
    return render_template(
        "links/preview.html", link=link, action=request.script_root + request.path
    )


@blueprint.post("/l/<code>")
@link_code
def redeem(code: str) -> ResponseReturnValue:
    """Sign the link's user in, once, and redirect to their onboarding."""
    replace = request.form.get("replace") == "1"
    try:
        visitor, onboarding_id = request_context.steps().links.use(
            code, request_context.visitor(), replace=replace
        )
    except AnotherPersonSignedIn as conflict:
        return account_switch.confirmation_page(conflict, request.script_root + request.path)
    cookies.open_session(visitor)
    return redirect(url_for("present.page", onboarding_id=onboarding_id), 303)


@blueprint.post("/links")
@session_required
def create() -> ResponseReturnValue:
    """Create a link to the visitor's own onboarding and show it with a QR code."""
    return onboarding_pages.create_link()


@blueprint.errorhandler(NotFound)
def unknown_link(_: NotFound) -> ResponseReturnValue:
    """Explain an unknown code: users copy links by hand and lose parts of them."""
    if request.endpoint == "links.create":
        return error_response(ErrorInfo(404, "not_found"))
    log_refusal("link_refused", problem="unknown")
    return limited(Surface.LINK, error_response(ErrorInfo(404, "unknown_link")))


@blueprint.errorhandler(LinkGone)
def gone_link(_: LinkGone) -> ResponseReturnValue:
    """Explain a link that has been used or has expired."""
    log_refusal("link_refused", problem="gone")
    return limited(Surface.LINK, error_response(ErrorInfo(410, "link_gone")))
