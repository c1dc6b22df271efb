"""Route of the return page: the browser is back from the gateway, at top level or in our frame.

It reads no session: inside the frame there is none. The address proves only which onboarding to
poll, so the page shows no personal data.
"""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.domain.errors import ReferenceExpired
from webapp.web import request_context, security_headers
from webapp.web.errors import ErrorInfo, error_response
from webapp.web.guards import signed_reference
from webapp.web.return_address import hosted_error, split_reference

blueprint = Blueprint("returned", __name__)


@blueprint.errorhandler(ReferenceExpired)
def expired_reference(error: ReferenceExpired) -> ResponseReturnValue:
    """Explain it on a page that leads to the site of the reference."""
    request_context.set_site(request_context.steps().sites.get(error.site_id or ""))
    return error_response(ErrorInfo(410, "expired"))


@blueprint.get("/return/<path:reference>")
@signed_reference
def return_page(reference: str) -> ResponseReturnValue:
    """Show the same page on every visit; a prefetch is not recorded as a return."""
    security_headers.allow_framing()
    reference, parameters = split_reference(reference)
    step = request_context.steps().returned
    if request_context.is_prefetch():
        returned = step.view_return(reference)
    else:
        query = request.query_string.decode("latin-1")
        returned = step.record_return(reference, hosted_error(f"{parameters}&{query}"))
    request_context.set_site(returned.site)
    security_headers.allow_framing(by=tuple(returned.site.origins))
    return render_template(
        "returned/returned.html",
        returned=returned,
        # The site is for a browser without a session: it leads to the site's start page.
        link=url_for("present.page", onboarding_id=returned.onboarding_id, site=returned.site.id),
        # The page around a frame has a header of its own.
        framed=request.headers.get("Sec-Fetch-Dest") == "iframe",
    )
