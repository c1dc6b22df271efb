"""The shop's identity check: send customers to the server, and learn the result."""

import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from flask import Flask, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from mobbscan_sandbox.shop.customers import Customer, current_customer, customer_or_login
from mobbscan_sandbox.shop.handoff import IdentityServer
from mobbscan_sandbox.shop.identity_api import IdentityApi
from mobbscan_sandbox.shop.messages import MessageVerifier
from mobbscan_sandbox.shop.results import Result, Results
from mobbscan_sandbox.shop.signed_results import ResultVerifier

_log = logging.getLogger(__name__)
_ONBOARDING = "onboarding."
#: How the element shows the identity check; the first one unless the customer chooses another.
DISPLAYS = ("inline", "modal", "redirect")


@dataclass(frozen=True)
class IdentityConnection:
    """All that connects the shop with the server."""

    handoff: IdentityServer
    api: IdentityApi
    messages: MessageVerifier
    signed_results: ResultVerifier
    results: Results


def add_verification(app: Flask, identity: IdentityConnection, own_url: str) -> None:
    """Add the routes of the identity check."""
    _add_account(app, identity)
    _add_receiver(app, identity)
    _add_departures(app, identity, f"{own_url}/account")


def _add_account(app: Flask, identity: IdentityConnection) -> None:
    @app.get("/account")
    def account() -> ResponseReturnValue:
        customer = customer_or_login()
        token = request.args.get("mobbscan_result")
        if token is None:
            return _account_page(identity, customer)
        _keep_returned_result(identity, customer, token)
        # The result must not stay in the address bar: it lives for minutes only.
        return redirect(url_for("account"), 303)

    @app.errorhandler(httpx.HTTPError)
    def server_unavailable(error: httpx.HTTPError) -> ResponseReturnValue:
        status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else "no"
        _log.error("the identity server failed: %s answer, %s", status, type(error).__name__)
        return _account_page(identity, customer_or_login(), failed=True), 502


def _account_page(identity: IdentityConnection, customer: Customer, *, failed: bool = False) -> str:
    display = request.args.get("display", "")
    return render_template(
        "account.html",
        result=_result(identity, customer),
        failed=failed,
        server=identity.handoff.public_url,
        site=identity.handoff.site,
        displays=DISPLAYS,
        display=display if display in DISPLAYS else DISPLAYS[0],
    )


def _keep_returned_result(identity: IdentityConnection, customer: Customer, token: str) -> None:
    """Keep a valid result of this customer; an old or a foreign one proves nothing."""
    claims = identity.signed_results.read(token)
    if claims is None or claims.get("sub") != customer.id:
        return
    if claims.get("state") not in (None, session.get("state")):
        return
    at = datetime.fromtimestamp(claims["iat"], UTC).isoformat().replace("+00:00", "Z")
    session["returned"] = [claims["onboarding"], claims["status"], "return", at]


def _result(identity: IdentityConnection, customer: Customer) -> Result | None:
    """Return the result by message, or the one on the return until a final message comes."""
    stored = identity.results.of(customer.id)
    if (stored and stored.is_final) or "returned" not in session:
        return stored
    return Result(*session["returned"])


def _add_receiver(app: Flask, identity: IdentityConnection) -> None:
    @app.post("/hooks/identity")
    def receive_message() -> ResponseReturnValue:
        message = identity.messages.read(request.get_data(), dict(request.headers))
        if message is None:
            return "", 400
        if message["type"].startswith(_ONBOARDING):
            identity.results.save(message)
        return "", 204


def _add_departures(app: Flask, identity: IdentityConnection, return_url: str) -> None:
    def token_for(customer: Customer) -> str:
        session["state"] = secrets.token_urlsafe(16)
        return identity.handoff.token(
            subject=customer.id,
            name=customer.name,
            locale=customer.locale,
            return_url=return_url,
            state=session["state"],
        )

    @app.post("/account/identity-token")
    def identity_token() -> ResponseReturnValue:
        """Answer `token-url` of the element; pages of other origins cannot read it."""
        customer = current_customer()
        if customer is None:
            abort(401)
        session.pop("returned", None)
        return {"token": token_for(customer)}

    @app.get("/account/verify")
    def verify_without_script() -> str:
        """Where the link in the element leads without JavaScript."""
        customer_or_login()
        return render_template("departure.html")

    @app.post("/account/verify")
    def verify() -> ResponseReturnValue:
        customer = customer_or_login()
        session.pop("returned", None)
        link = identity.api.start(
            subject=customer.id, locale=customer.locale, return_url=return_url
        )
        return redirect(link, 303)

    @app.post("/account/verify-by-handoff")
    def verify_by_handoff() -> ResponseReturnValue:
        session.pop("returned", None)
        return redirect(identity.handoff.handoff_url(token_for(customer_or_login())), 303)

    @app.post("/account/verify-by-form")
    def verify_by_form() -> str:
        # Posted by a form, the token is in no address, no browser history and no proxy log.
        session.pop("returned", None)
        token = token_for(customer_or_login())
        handoff_url = identity.handoff.handoff_url()
        return render_template("leaving.html", handoff_url=handoff_url, token=token)
