"""Coming in by the company's login, and leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ServiceUnavailable

from webapp.domain.errors import AnotherPersonSignedIn, NotFound
from webapp.web import account_switch, cookies, request_context
from webapp.web.guards import everybody
from webapp.web.login import pending_login
from webapp.web.login.provider import (
    Known,
    LoginDenied,
    LoginError,
    LoginRefused,
    LoginStale,
    Provider,
    ProviderUnavailable,
    provider,
)
from webapp.web.request_log import log

if TYPE_CHECKING:
    from webapp.config.sites import Site
    from webapp.journey.views import Visitor

blueprint = Blueprint("login", __name__)

_RETRY_SECONDS = 10
#: How a login failed → status, and the word of the page.
_FAILURES: dict[type[LoginError], tuple[int, str]] = {
    LoginDenied: (200, "denied"),
    LoginStale: (400, "state"),
    LoginRefused: (401, "other"),
    ProviderUnavailable: (503, "provider"),
}


@blueprint.get("/login")
@everybody
def begin() -> ResponseReturnValue:
    """Off to the provider; home first where one of several sites must be chosen."""
    site = _chosen_site(request.args.get("site"))
    if site is None:
        return redirect(url_for("start.home"), 303)
    return redirect(_provider().ask(site.id, _public(url_for("login.callback"))), 302)


@blueprint.get("/login/callback")
@everybody
def callback() -> ResponseReturnValue:
    """Back from the provider; a second visit of the same answer just goes home."""
    found = _provider()
    if request_context.looks_ahead():
        raise ServiceUnavailable(retry_after=1)  # the answer is good only once
    live = request_context.visitor()
    try:
        known = found.answered()
    except LoginStale:
        return _home_unless_nobody(live)
    try:
        return _let_in(known, live)
    except AnotherPersonSignedIn as question:
        sealed = pending_login.seal(known, cast("Visitor", live))
        return account_switch.ask(question, url_for("login.replace"), [("login", sealed)])


@blueprint.post("/login/replace")
@everybody
def replace() -> ResponseReturnValue:
    """The person says, by our own form, to be whom the provider has named."""
    live = request_context.visitor()
    try:
        known = pending_login.unseal(request.form.get("login", ""), live)
    except LoginStale:
        return _home_unless_nobody(live)
    return _let_in(known, live, replace=True)


@blueprint.post("/logout")
@everybody
def logout() -> ResponseReturnValue:
    """The session ends here at once; the page then leads on to the provider's own log-out.

    Who has left already, and loads the page anew, sees the same. Only the end of a session asks
    for the proof that the form was ours, and only then a cookie goes: else any site could send it.
    """
    visitor = request_context.visitor()
    if visitor is not None:
        cookies.check_form()
        request_context.steps().admit.sign_out(visitor)
        cookies.close_session()
    # A page, not a redirect: `form-action 'self'` forbids a form to end on another origin.
    exit_address = _provider_exit(visitor)
    return render_template("login/signed_out.html", provider_url=exit_address, visitor=None)


@blueprint.errorhandler(LoginError)
def failed(error: LoginError) -> ResponseReturnValue:
    """Why nobody came in, and the way to try again."""
    status, code = _FAILURES[type(error)]
    doubt = error.doubt if isinstance(error, LoginRefused) else None
    log().warning("login_failed", code=code, doubt=doubt, cause=_kind(error.__cause__))
    response = make_response(render_template("login/failed.html", code=code), status)
    if isinstance(error, ProviderUnavailable):
        response.headers["Retry-After"] = str(_RETRY_SECONDS)
    return response


def _let_in(known: Known, live: Visitor | None, *, replace: bool = False) -> ResponseReturnValue:
    visitor = request_context.steps().admit.by_oidc(
        known.site_id,
        known.subject,
        name=known.name,
        locale=known.locale,
        id_token=known.id_token,
        live=live,
        replace=replace,
    )
    cookies.open_session(visitor)
    return redirect(url_for("start.home"), 303)


def _home_unless_nobody(live: Visitor | None) -> ResponseReturnValue:
    """An answer for the second time: whoever is in already just goes on."""
    if live is None:
        raise LoginStale
    return redirect(url_for("start.home"), 303)


def _kind(cause: BaseException | None) -> str | None:
    return type(cause).__name__ if cause else None


def _provider() -> Provider:
    found = provider()
    if found is None:
        raise NotFound
    return found


def _chosen_site(site_id: str | None) -> Site | None:
    sites = {site.id: site for site in request_context.steps().admit.oidc_sites()}
    if provider() is None or not sites or (site_id and site_id not in sites):
        raise NotFound
    if site_id:
        return sites[site_id]
    return next(iter(sites.values())) if len(sites) == 1 else None


def _provider_exit(visitor: Visitor | None) -> str | None:
    found = provider()
    if visitor is None or visitor.via != "oidc" or found is None:
        return None
    return found.leaving(visitor.id_token, _public(url_for("start.home")))


def _public(path: str) -> str:
    return request_context.settings().public_origin + path
