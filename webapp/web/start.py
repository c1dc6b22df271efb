"""start: the page one comes home to, and the click that begins or continues an onboarding."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.web import page_texts, request_context, security
from webapp.web.guards import everybody, person

blueprint = Blueprint("start", __name__)


@blueprint.get("/")
@everybody
def home() -> ResponseReturnValue:
    """Who am I, and where do I stand; or how to come in."""
    visitor = request_context.visitor()
    if visitor is None:
        return _welcome()
    shown = request_context.steps().present.home(visitor)
    if shown.action != "see":
        security.try_camera()
    return render_template("start/home.html", home=shown)


@blueprint.post("/onboardings")
@person
def begin() -> ResponseReturnValue:
    """Begin or continue; every field may be missing."""
    onboarding_id = request_context.steps().start.begin(
        request_context.signed_in(),
        flow=request.form.get("flow") or None,
        consent=request.form.get("consent") or None,
        locale=page_texts.language(),
        unfinished=request.form.get("unfinished") == "1",
    )
    return redirect(url_for("present.page", onboarding_id=onboarding_id), 303)


def _welcome() -> str:
    sites = request_context.steps().admit.oidc_sites()
    request_context.show_site(sites[0] if len(sites) == 1 else None)
    return render_template("login/welcome.html", oidc_sites=sites)
