"""Routes that sign users in with the host site's hand-off token, sent as a link or a form."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response

from webapp.domain.errors import AnotherPersonSignedIn, HandoffNotAccepted
from webapp.web import account_switch, cookies, request_context
from webapp.web.guards import public
from webapp.web.limits import Surface, limited, log_refusal

blueprint = Blueprint("handoff", __name__)

_TOKEN_COOKIE = "handoff"  # noqa: S105 - the name of the cookie
_TOKEN_COOKIE_SECONDS = 60
#: hostsite has the same limit; a longer token would not fit into a cookie.
_MAX_TOKEN_CHARACTERS = 3400
#: Error codes that have a text of their own → code of the page's text.
_TEXT_CODES = {"expired": "expired", "already_used": "used"}


@blueprint.get("/handoff")
@public
def handoff_by_link() -> ResponseReturnValue:
    """Sign in with the token of the host site's link. A prefetch does not use the token up."""
    if request_context.is_prefetch():
        raise ServiceUnavailable(retry_after=1)
    from_cookie = request.cookies.get(cookies.short_lived_cookie(_TOKEN_COOKIE)["key"])
    response = _sign_in(request.args.get("token") or from_cookie or "", replace=False)
    return _delete_token_cookie(response) if from_cookie else response


@blueprint.post("/handoff")
@public
def handoff_by_form() -> ResponseReturnValue:
    """Sign in with the token of the host site's form, or of our account switch form."""
    token, replace = request.form.get("token", ""), request.form.get("replace") == "1"
    if replace:
        cookies.check_csrf()
    elif _is_cross_site():
        return _redirect_with_token_cookie(token)
    return _sign_in(token, replace=replace)


@blueprint.errorhandler(HandoffNotAccepted)
def handoff_refused(error: HandoffNotAccepted) -> ResponseReturnValue:
    """Explain the refusal to the user; code and fix go to the log for the host's developer."""
    claimed = request_context.steps().sites.get(error.site_id or "")
    log_refusal("handoff_refused", claimed, code=error.code, fix=error.fix)
    request_context.set_site(claimed or request_context.probable_site())
    page = render_template("login/failed.html", code=_TEXT_CODES.get(error.code, "other"))
    response = limited(Surface.HANDOFF, make_response(page, 401), claimed)
    return _delete_token_cookie(response)


def _sign_in(token: str, *, replace: bool) -> Response:
    try:
        visitor = request_context.steps().admit.by_handoff(
            token, request_context.visitor(), replace=replace
        )
    except AnotherPersonSignedIn as conflict:
        page = account_switch.confirmation_page(
            conflict, url_for("handoff.handoff_by_form"), [("token", token)]
        )
        return make_response(page)
    cookies.open_session(visitor)
    return redirect(url_for("start.home"), 303)


def _is_cross_site() -> bool:
    """Whether another site posts the form, so that the browser withholds our Lax cookie."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    origin = request.headers.get("Origin")
    return origin is not None and origin != request_context.settings().public_origin


def _redirect_with_token_cookie(token: str) -> Response:
    """Redirect to GET, with which the browser sends the session cookie.

    Without it a hand-off could silently replace another user's live session. A cookie carries the
    token, so that it never appears in an address.
    """
    if len(token) > _MAX_TOKEN_CHARACTERS:
        raise HandoffNotAccepted("too_large", "shorten name or state")
    response = redirect(url_for("handoff.handoff_by_link"), 303)
    attributes = cookies.short_lived_cookie(_TOKEN_COOKIE)
    response.set_cookie(value=token, max_age=_TOKEN_COOKIE_SECONDS, **attributes)
    return response


def _delete_token_cookie(response: Response) -> Response:
    response.delete_cookie(**cookies.short_lived_cookie(_TOKEN_COOKIE))
    return response
