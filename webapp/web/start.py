"""Routes of the start page and of the click that starts or continues an onboarding."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from webapp.web import onboarding_pages, request_context, security_headers
from webapp.web.guards import public, session_required

blueprint = Blueprint("start", __name__)


@blueprint.get("/")
@public
def home() -> ResponseReturnValue:
    """Show the visitor's account and onboarding; without a session, the ways to sign in."""
    visitor = request_context.visitor()
    if visitor is None:
        return _welcome()
    shown = request_context.steps().present.home(visitor)
    if shown.action != "see":
        security_headers.allow_camera()
    return render_template("start/home.html", home=shown)


@blueprint.post("/onboardings")
@session_required
def start_onboarding() -> ResponseReturnValue:
    """Start or continue an onboarding, then redirect to its page. Every field is optional."""
    return onboarding_pages.start()


def _welcome() -> str:
    """Show the ways to sign in: to the site that the user probably comes from, or to every site."""
    sites = request_context.steps().admit.oidc_sites()
    site = request_context.probable_site() or (sites[0] if len(sites) == 1 else None)
    request_context.set_site(site)
    offered = [one for one in sites if site is None or one == site]
    return render_template("login/welcome.html", oidc_sites=offered)
