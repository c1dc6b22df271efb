"""Routes that open and end the frame's session."""

from __future__ import annotations

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from webapp.domain.errors import HandoffNotAccepted
from webapp.domain.session_life import EMBEDDED_LIFE
from webapp.web import request_context
from webapp.web.embed.authentication import bearer_required
from webapp.web.embed.blueprint import blueprint, embedding_site
from webapp.web.errors import ErrorInfo, error_response
from webapp.web.guards import public
from webapp.web.limits import Surface, limited, log_refusal


@blueprint.post("/session")
@public
def open_session() -> ResponseReturnValue:
    """Trade a hand-off token for a bearer.

    Takes a form with `token` and perhaps `flow`. Answers `{bearer, expires_in, account}`: seconds,
    and an id that tells one user of the frame from another.
    """
    token, flow = request.form.get("token", ""), request.form.get("flow") or None
    visitor = request_context.steps().admit.by_embedded_handoff(token, embedding_site().id, flow)
    return jsonify(
        bearer=visitor.session_id,
        expires_in=round(EMBEDDED_LIFE.total_seconds()),
        account=visitor.person.id,
    )


@blueprint.post("/end")
@bearer_required
def end_session() -> ResponseReturnValue:
    """Revoke the bearer."""
    request_context.steps().admit.sign_out(request_context.require_visitor())
    return Response(status=204)


@blueprint.errorhandler(HandoffNotAccepted)
def handoff_refused(error: HandoffNotAccepted) -> ResponseReturnValue:
    """Refuse the token; code and fix go to the log for the host's developer."""
    log_refusal("handoff_refused", code=error.code, fix=error.fix)
    return limited(Surface.HANDOFF, error_response(ErrorInfo(401, "handoff_not_accepted")))
