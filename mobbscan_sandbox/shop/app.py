"""Build the example shop: pages, its own login, and the hand-off of customers to the server."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from mobbscan_sandbox.languages import requested_language
from mobbscan_sandbox.shop.customers import CUSTOMERS, Customer
from mobbscan_sandbox.shop.handoff import IdentityServer
from mobbscan_sandbox.shop.texts import TEXTS

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class ShopOptions:
    """Start options; `own_url` is where browsers reach the shop."""

    own_url: str
    identity: IdentityServer
    secret_key: str


def create_shop(options: ShopOptions) -> Flask:
    """Build the Flask application."""
    app = Flask(__name__, root_path=str(_FOLDER))
    app.config.update(
        SECRET_KEY=options.secret_key,
        SESSION_COOKIE_NAME="example_shop",
        SESSION_COOKIE_SAMESITE="Lax",
    )
    _redirect_to_own_address(app, options)
    _set_headers(app, options)
    _add_pages(app)
    _add_login(app)
    _add_handoff(app, options)
    app.context_processor(_page_context)
    return app


def _page_context() -> dict[str, object]:
    language = requested_language()
    return {"customer": _customer(), "language": language, "t": TEXTS[language]}


def _customer() -> Customer | None:
    return CUSTOMERS.get(session.get("customer", ""))


def _customer_or_login() -> Customer:
    customer = _customer()
    if customer is None:
        abort(redirect(url_for("login"), 303))
    return customer


def _redirect_to_own_address(app: Flask, options: ShopOptions) -> None:
    @app.before_request
    def redirect_other_hosts() -> ResponseReturnValue | None:
        # The login cookie belongs to one host name: on another one the customer seems logged out.
        if request.method == "GET" and request.host != urlsplit(options.own_url).netloc:
            return redirect(options.own_url + request.full_path.rstrip("?"))
        return None


def _set_headers(app: Flask, options: ShopOptions) -> None:
    server = urlsplit(options.identity.public_url)
    # Browsers check `form-action` for the redirect after a form too, so it names the server.
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self' {server.scheme}://{server.netloc}"
    )

    @app.after_request
    def set_headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response


def _add_pages(app: Flask) -> None:
    @app.get("/")
    def home() -> str:
        return render_template("home.html")

    @app.get("/privacy")
    def privacy() -> str:
        return render_template("privacy.html")

    @app.get("/help")
    def support() -> str:
        return render_template("help.html")

    @app.get("/account")
    def account() -> str:
        _customer_or_login()
        return render_template("account.html", sent="state" in session)


def _add_login(app: Flask) -> None:
    @app.get("/login")
    def login() -> str:
        return render_template("login.html", customers=CUSTOMERS.values())

    @app.post("/login")
    def log_in() -> ResponseReturnValue:
        if request.form.get("customer") not in CUSTOMERS:
            abort(400)
        session.clear()
        session["customer"] = request.form["customer"]
        return redirect(url_for("account"), 303)

    @app.post("/logout")
    def log_out() -> ResponseReturnValue:
        session.clear()
        return redirect(url_for("home"), 303)


def _add_handoff(app: Flask, options: ShopOptions) -> None:
    identity = options.identity

    def token_for(customer: Customer) -> str:
        session["state"] = secrets.token_urlsafe(16)
        return identity.token(
            subject=customer.id,
            name=customer.name,
            locale=customer.locale,
            return_url=f"{options.own_url}/account",
            state=session["state"],
        )

    @app.post("/account/verify")
    def verify() -> ResponseReturnValue:
        return redirect(identity.handoff_url(token_for(_customer_or_login())), 303)

    @app.post("/account/verify-by-form")
    def verify_by_form() -> str:
        # Posted by a form, the token is in no address, no browser history and no proxy log.
        token = token_for(_customer_or_login())
        return render_template("leaving.html", handoff_url=identity.handoff_url(), token=token)
