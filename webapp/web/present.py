"""Route of an onboarding's page: consent, the hosted page, waiting, or the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.web import onboarding_pages, request_context, security_headers
from webapp.web.guards import session_required_unless

if TYPE_CHECKING:
    from webapp.journey.views import Page

blueprint = Blueprint("present", __name__)


def _erased_page(onboarding_id: str) -> str | None:
    """Return the page of an erased onboarding, whose user's session has ended with it."""
    known_id = request_context.parse_onboarding_id(onboarding_id)
    site = request_context.steps().present.site_of_erased(known_id)
    if site is None:
        return None
    request_context.set_site(site)
    return render_template("result/erased.html")


@blueprint.get("/onboardings/<onboarding_id>")
@session_required_unless(_erased_page)
def page(onboarding_id: str) -> ResponseReturnValue:
    """Show the owner's page; another user's id and an unknown id get the same 404."""
    known_id = request_context.parse_onboarding_id(onboarding_id)
    if "site" in request.args:  # of the return page, for browsers without a session
        return redirect(url_for("present.page", onboarding_id=known_id), 303)
    shown = request_context.steps().present.show(request_context.require_visitor(), known_id)
    _set_security_headers(shown)
    return onboarding_pages.render(shown)


def _set_security_headers(shown: Page) -> None:
    if shown.kind == "consent":
        security_headers.allow_camera()
    if shown.kind == "frame" and shown.hosted_origin:
        security_headers.allow_hosted_frame(
            shown.hosted_origin,
            request_context.settings().hosted_origins,
            microphone=shown.flow.microphone,
        )
