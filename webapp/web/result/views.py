"""Routes of an onboarding's status: one answer for polling, and a stream of changes."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from webapp.web import status_responses
from webapp.web.guards import session_required

blueprint = Blueprint("result", __name__)


@blueprint.get("/onboardings/<onboarding_id>/status")
@session_required
def status(onboarding_id: str) -> ResponseReturnValue:
    """Return the status as JSON; 304 while it has not changed."""
    return status_responses.status(onboarding_id)


@blueprint.get("/onboardings/<onboarding_id>/stream")
@session_required
def status_stream(onboarding_id: str) -> ResponseReturnValue:
    """Send each new status as a server-sent event."""
    return status_responses.stream(onboarding_id)
