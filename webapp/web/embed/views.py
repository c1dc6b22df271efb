"""Routes of the frame's fragments: the pages of an onboarding, for the bearer of its user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template
from flask.typing import ResponseReturnValue

from webapp.domain.onboarding import FINAL
from webapp.web import onboarding_pages, request_context, status_responses
from webapp.web.embed.authentication import bearer_required
from webapp.web.embed.blueprint import blueprint

if TYPE_CHECKING:
    from webapp.journey.views import OnboardingView


@blueprint.get("/onboardings")
@bearer_required
def home() -> ResponseReturnValue:
    """Show the visitor's account and onboarding."""
    shown = request_context.steps().present.home(request_context.require_visitor())
    return render_template("start/home.html", home=shown, **_state(shown.current))


@blueprint.post("/onboardings")
@bearer_required
def start_onboarding() -> ResponseReturnValue:
    """Start or continue an onboarding, then redirect to its page. Every field is optional."""
    return onboarding_pages.start()


@blueprint.get("/onboardings/<onboarding_id>")
@bearer_required
def page(onboarding_id: str) -> ResponseReturnValue:
    """Show the owner's page; another user's id and an unknown id get the same 404."""
    known_id = request_context.parse_onboarding_id(onboarding_id)
    shown = request_context.steps().present.show(request_context.require_visitor(), known_id)
    return onboarding_pages.render(shown, **_state(shown.onboarding))


@blueprint.get("/onboardings/<onboarding_id>/status")
@bearer_required
def status(onboarding_id: str) -> ResponseReturnValue:
    """Return the status as JSON, for frames whose stream does not work."""
    return status_responses.status(onboarding_id)


@blueprint.get("/onboardings/<onboarding_id>/stream")
@bearer_required
def status_stream(onboarding_id: str) -> ResponseReturnValue:
    """Send each new status as a server-sent event; the frame reads it with fetch."""
    return status_responses.stream(onboarding_id)


@blueprint.post("/links")
@bearer_required
def create_link() -> ResponseReturnValue:
    """Create a link to the visitor's own onboarding, for another device or the full screen."""
    return onboarding_pages.create_link()


def _state(view: OnboardingView | None) -> dict[str, Any]:
    """Return what the frame reports to the host page about the onboarding of the fragment."""
    if view is None:
        return {}
    result = request_context.steps().result.signed(request_context.require_visitor(), view)
    return {"reported": view, "is_final": view.status in FINAL, "result": result}
