"""Coming in by the host site's signed hand-off, as a link or as a form of that site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response

from webapp.domain.errors import AnotherPersonSignedIn, HandoffNotAccepted
from webapp.web import account_switch, cookies, request_context
from webapp.web.guards import everybody
from webapp.web.request_log import log

if TYPE_CHECKING:
    from webapp.config.sites import Site

blueprint = Blueprint("handoff", __name__)

_CARRIED_SECONDS = 60
#: Longer tokens are no hand-offs (hostsite says so too), and would not fit a browser's cookie.
_MOST_CHARACTERS = 3400
#: The words of the page for what a person can do something about.
_CODES = {"expired": "expired", "already_used": "used"}


@blueprint.get("/handoff")
@everybody
def take() -> ResponseReturnValue:
    """The host site's link. Looking ahead uses nothing up: the token is good only once."""
    if request_context.looks_ahead():
        raise ServiceUnavailable(retry_after=1)
    carried = request.cookies.get(cookies.side_cookie("handoff")["key"])
    response = _let_in(request.args.get("token") or carried or "", replace=False)
    return _drop_carried(response) if carried else response


@blueprint.post("/handoff")
@everybody
def take_posted() -> ResponseReturnValue:
    """The host site's form, or ours after the question whom to go on as."""
    token, replace = request.form.get("token", ""), request.form.get("replace") == "1"
    if replace:
        cookies.check_form()
    elif _comes_from_another_site():
        return _carry(token)
    return _let_in(token, replace=replace)


@blueprint.errorhandler(HandoffNotAccepted)
def not_accepted(error: HandoffNotAccepted) -> ResponseReturnValue:
    """Plain words for the person; code and fix go to the log, for the host site's developer."""
    log().warning("handoff_refused", code=error.code, fix=error.fix)
    request_context.show_site(_site_of(error))
    page = render_template("login/failed.html", code=_CODES.get(error.code, "other"))
    return _drop_carried(make_response(page, 401))


def _site_of(error: HandoffNotAccepted) -> Site | None:
    """Where the person most likely comes from, for the way back; nothing else depends on it."""
    sites = request_context.steps().sites
    only = next(iter(sites.values())) if len(sites) == 1 else None
    return sites.get(error.site_id or "") or request_context.remembered_site() or only


def _let_in(token: str, *, replace: bool) -> Response:
    try:
        visitor = request_context.steps().admit.by_handoff(
            token, request_context.visitor(), replace=replace
        )
    except AnotherPersonSignedIn as question:
        return make_response(
            account_switch.ask(question, url_for("handoff.take_posted"), [("token", token)])
        )
    cookies.open_session(visitor)
    return redirect(url_for("start.home"), 303)


def _comes_from_another_site() -> bool:
    """Whether a browser sends another site's form, and so has kept our Lax cookie back."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    origin = request.headers.get("Origin")
    return origin is not None and origin != request_context.settings().public_origin


def _carry(token: str) -> Response:
    """Ask the browser to come again by GET, and with the session it may already have.

    Without that detour a hand-off could silently take the place of somebody's live session.
    A cookie carries the token, so that it never stands in an address.
    """
    if len(token) > _MOST_CHARACTERS:
        raise HandoffNotAccepted("too_large", "shorten name or state")
    response = redirect(url_for("handoff.take"), 303)
    response.set_cookie(value=token, max_age=_CARRIED_SECONDS, **cookies.side_cookie("handoff"))
    return response


def _drop_carried(response: Response) -> Response:
    response.delete_cookie(**cookies.side_cookie("handoff"))
    return response
