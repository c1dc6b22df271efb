"""present: one onboarding as it stands: consent, the gateway's page, waiting, or a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from webapp.web import request_context, security
from webapp.web.guards import person

if TYPE_CHECKING:
    from webapp.journey.views import Page

blueprint = Blueprint("present", __name__)

TEMPLATES = {
    "consent": "start/consent.html",
    "preparing": "present/preparing.html",
    "frame": "present/frame.html",
    "redirect": "present/redirect.html",
    "waiting": "result/waiting.html",
    "result": "result/result.html",
}


@blueprint.get("/onboardings/<onboarding_id>")
@person
def page(onboarding_id: str) -> ResponseReturnValue:
    """The owner's page; a stranger's id and no id at all look the same."""
    known_id = request_context.onboarding_id(onboarding_id)
    shown = request_context.steps().present.show(request_context.signed_in(), known_id)
    _allow_what_it_needs(shown)
    return render_template(TEMPLATES[shown.kind], page=shown)


def _allow_what_it_needs(shown: Page) -> None:
    if shown.kind == "consent":
        security.try_camera()
    if shown.kind == "frame" and shown.hosted_origin:
        security.show_frame(
            shown.hosted_origin,
            request_context.settings().hosted_origins,
            microphone=shown.flow.microphone,
        )
