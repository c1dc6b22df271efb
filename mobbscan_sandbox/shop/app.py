"""Build the example shop: its pages and its own login. `verification` has the identity check."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from mobbscan_sandbox.languages import requested_language
from mobbscan_sandbox.shop.customers import CUSTOMERS, current_customer
from mobbscan_sandbox.shop.texts import TEXTS
from mobbscan_sandbox.shop.verification import IdentityConnection, add_verification

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class ShopOptions:
    """Start options; `own_url` is where browsers reach the shop."""

    own_url: str
    identity: IdentityConnection
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
    add_verification(app, options.identity, options.own_url)
    app.context_processor(_page_context)
    return app


def _page_context() -> dict[str, object]:
    language = requested_language()
    return {"customer": current_customer(), "language": language, "t": TEXTS[language]}


def _redirect_to_own_address(app: Flask, options: ShopOptions) -> None:
    @app.before_request
    def redirect_other_hosts() -> ResponseReturnValue | None:
        # The login cookie belongs to one host name: on another one the customer seems logged out.
        if request.method == "GET" and request.host != urlsplit(options.own_url).netloc:
            return redirect(options.own_url + request.full_path.rstrip("?"))
        return None


def _set_headers(app: Flask, options: ShopOptions) -> None:
    server = urlsplit(options.identity.handoff.public_url)
    origin = f"{server.scheme}://{server.netloc}"
    # The element needs script, frame, form and, for its reports, connection. Browsers check
    # `form-action` for the redirect after a form too.
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; script-src 'self' {origin}; frame-src {origin}; "
        f"connect-src 'self' {origin}; form-action 'self' {origin}"
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
