"""returned: the browser is back from the gateway, at top level or inside our frame.

No session is read: inside the frame there is none. What the address carries proves nothing
but which onboarding to look at, so the page shows nobody's data.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.web import request_context, security
from webapp.web.guards import signed_reference

blueprint = Blueprint("returned", __name__)


@blueprint.get("/return/<reference>")
@signed_reference
def back(reference: str) -> ResponseReturnValue:
    """The same page for everybody, however often; looking ahead is no hint of anything."""
    security.may_be_framed()
    step = request_context.steps().returned
    if request_context.looks_ahead():
        returned = step.view_return(reference)
    else:
        returned = step.record_return(reference, request.args.get("error"))
    request_context.show_site(returned.site)
    security.may_be_framed(by=tuple(returned.site.origins))
    return render_template(
        "returned/returned.html",
        returned=returned,
        link=url_for("present.page", onboarding_id=returned.onboarding_id),
        # The page around a frame has a header of its own.
        framed=request.headers.get("Sec-Fetch-Dest") == "iframe",
    )
