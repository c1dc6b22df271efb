"""Routes of the login at the company's identity provider, and of the logout."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ServiceUnavailable

from webapp.domain.errors import AnotherPersonSignedIn, NotFound
from webapp.web import account_switch, cookies, request_context
from webapp.web.form_source import FormSource, form_source
from webapp.web.guards import public
from webapp.web.limits import (
    Surface,
    count_failure,
    limited,
    log_refusal,
    refuse_if_exceeded,
)
from webapp.web.login import login_awaiting_confirmation
from webapp.web.login.code_exchange import ProviderIdentity
from webapp.web.login.errors import (
    LoginDenied,
    LoginError,
    LoginInterrupted,
    LoginRefused,
    LoginStale,
    ProviderUnavailable,
)
from webapp.web.login.identity_provider import (
    IdentityProvider,
    ask_account_next_time,
    identity_provider,
    is_account_asked,
)
from webapp.web.request_log import log

if TYPE_CHECKING:
    from webapp.config.sites import Site
    from webapp.journey.views import Visitor

blueprint = Blueprint("login", __name__)

_RETRY_SECONDS = 10
#: Error class → HTTP status and code of the page's text.
_STATUS_AND_CODE: dict[type[LoginError], tuple[int, str]] = {
    LoginDenied: (200, "denied"),
    LoginStale: (400, "state"),
    LoginRefused: (401, "refused"),
    ProviderUnavailable: (503, "provider"),
}


@blueprint.get("/login")
@public
def login() -> ResponseReturnValue:
    """Redirect to the provider; to the start page while one of several sites must be chosen."""
    site = _chosen_site(request.args.get("site"))
    if site is None:
        return redirect(url_for("start.home"), 303)
    request_context.set_site(site)
    provider = _require_provider()
    address = provider.authorization_url(site.id, _callback_url(), ask_account=is_account_asked())
    return redirect(address, 302)


@blueprint.get("/login/callback")
@public
def callback() -> ResponseReturnValue:
    """Finish the login; a repeated callback of a signed-in browser goes to the start page."""
    provider = _require_provider()
    if request_context.is_prefetch():
        raise ServiceUnavailable(retry_after=1)  # the callback is valid only once
    live = request_context.visitor()
    if provider.has_open_login():
        refuse_if_exceeded(Surface.LOGIN)  # before the state is used up and the provider is called
    try:
        identity = provider.finish_login(_callback_url())
    except LoginStale:
        return _home_if_signed_in(live)
    except LoginInterrupted as interrupted:
        count_failure(Surface.LOGIN)
        log().warning("login_tried_again", provider_error=interrupted.provider_error)
        again = provider.authorization_url(
            interrupted.site_id,
            _callback_url(),
            ask_account=is_account_asked(),
            is_second_attempt=True,
        )
        return redirect(again, 302)
    try:
        return _sign_in(identity, live)
    except AnotherPersonSignedIn as conflict:
        sealed = login_awaiting_confirmation.seal(identity, cast("Visitor", live))
        return account_switch.confirmation_page(
            conflict, url_for("login.confirm_switch"), [("login", sealed)]
        )


@blueprint.post("/login/replace")
@public
def confirm_switch() -> ResponseReturnValue:
    """Replace the live session with the login that its user has confirmed in our form."""
    live = request_context.visitor()
    try:
        identity = login_awaiting_confirmation.unseal(request.form.get("login", ""), live)
    except LoginStale:
        return _home_if_signed_in(live)
    return _sign_in(identity, live, replace=True)


@blueprint.post("/logout")
@public
def logout() -> ResponseReturnValue:
    """End the session; the page then leads to the provider's own logout.

    A repeated request without a session shows the same page. Only a request with a session needs
    a CSRF token, and only then, or on a page of a session that has ended, the cookie is emptied.
    """
    visitor = request_context.visitor()
    if visitor is not None:
        cookies.check_csrf()
        request_context.steps().admit.sign_out(visitor)
    if visitor is not None or _is_own_ended_session():
        cookies.close_session()
        ask_account_next_time()
    # A page, not a redirect: `form-action 'self'` forbids a form to end on another origin.
    logout_url = _provider_logout_url(visitor)
    return render_template("login/signed_out.html", provider_url=logout_url, visitor=None)


@blueprint.errorhandler(LoginError)
def login_failed(error: LoginError) -> ResponseReturnValue:
    """Explain why the login failed and how to try again."""
    status, code = _STATUS_AND_CODE[type(error)]
    cause = type(error.__cause__).__name__ if error.__cause__ else None
    log_refusal(
        "login_failed",
        code=code,
        problem=error.problem,
        provider_error=error.provider_error,
        cause=cause,
    )
    site = _site_to_return_to()
    request_context.set_site(site)
    login_url = url_for("login.login", site=site.id) if site else url_for("start.home")
    page = render_template("login/failed.html", code=code, login_url=login_url)
    response = make_response(page, status)
    if isinstance(error, ProviderUnavailable):
        response.headers["Retry-After"] = str(_RETRY_SECONDS)
    return limited(Surface.LOGIN, response) if _finishes_login() else response


def _finishes_login() -> bool:
    """Whether this request ends a login; one that cannot begin is no failure of a client."""
    return request.endpoint != "login.login"


def _site_to_return_to() -> Site | None:
    """Return the site that the user probably comes from, among those with login."""
    sites = request_context.steps().admit.oidc_sites()
    known = request_context.current_site() or request_context.site_from_cookie()
    if known in sites:
        return known
    return sites[0] if len(sites) == 1 else None


def _sign_in(
    identity: ProviderIdentity, live: Visitor | None, *, replace: bool = False
) -> ResponseReturnValue:
    visitor = request_context.steps().admit.by_oidc(
        identity.site_id,
        identity.subject,
        name=identity.name,
        locale=identity.locale,
        id_token=identity.id_token,
        live=live,
        replace=replace,
    )
    cookies.open_session(visitor)
    return redirect(url_for("start.home"), 303)


def _home_if_signed_in(live: Visitor | None) -> ResponseReturnValue:
    if live is None:
        raise LoginStale
    return redirect(url_for("start.home"), 303)


def _require_provider() -> IdentityProvider:
    provider = identity_provider()
    if provider is None:
        raise NotFound
    return provider


def _chosen_site(site_id: str | None) -> Site | None:
    sites = {site.id: site for site in request_context.steps().admit.oidc_sites()}
    if identity_provider() is None or not sites or (site_id and site_id not in sites):
        raise NotFound
    if site_id:
        return sites[site_id]
    return next(iter(sites.values())) if len(sites) == 1 else None


def _provider_logout_url(visitor: Visitor | None) -> str | None:
    provider = identity_provider()
    if visitor is None or visitor.via != "oidc" or provider is None:
        return None
    return provider.logout_url(visitor.id_token, _public_url(url_for("start.home")))


def _is_own_ended_session() -> bool:
    """Whether our page of an expired session sent the form: its user is to be forgotten too."""
    return request_context.SESSION_ID in session and form_source() is not FormSource.FOREIGN


def _callback_url() -> str:
    return _public_url(url_for("login.callback"))


def _public_url(path: str) -> str:
    return request_context.settings().public_origin + path
