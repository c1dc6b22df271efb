"""The one cookie we set, and the proof that a form was ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, session
from flask_wtf import CSRFProtect

from webapp.web.request_context import SESSION_ID, SITE_ID

if TYPE_CHECKING:
    from webapp.config.settings import Settings
    from webapp.journey.views import Visitor

#: A form of ours holds a few short fields; the same limit binds a notice of the gateway.
MAX_BYTES = 64 * 1024


def configure_session(app: Flask, settings: Settings) -> None:
    """Flask's signed cookie, named so that a browser itself enforces how it may be set."""
    https = not settings.is_loopback_http
    prefix = settings.public_prefix
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        # Forms know of no fallbacks by themselves. The last of these signs.
        WTF_CSRF_SECRET_KEY=[*reversed(settings.secret_key_fallbacks), settings.secret_key],
        SESSION_COOKIE_NAME=_cookie_name(https=https, prefix=prefix),
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        # Lax, not Strict: the way back from a login and from the gateway starts on another site.
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH=prefix or "/",
        MAX_CONTENT_LENGTH=MAX_BYTES,
    )


def protect_forms(app: Flask) -> CSRFProtect:
    """Each unsafe request carries a token of its session, and on https a Referer of ours."""
    # A form stays good as long as its session: a consent page may lie open over lunch.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    protection = CSRFProtect()
    protection.init_app(app)
    return protection


def check_form() -> None:
    """The same check by hand, for a route that is open to other sites in part only."""
    current_app.extensions["csrf"].protect()


def open_session(visitor: Visitor) -> None:
    """Remember who was admitted, in a session that knows nothing from before."""
    if session.get(SESSION_ID) != visitor.session_id:
        session.clear()
        session[SESSION_ID] = visitor.session_id
        session[SITE_ID] = visitor.site.id


def close_session() -> None:
    session.clear()


def side_cookie(purpose: str) -> dict[str, Any]:
    """Name and attributes of a short-lived cookie beside the session's, as strict as that one."""
    config = current_app.config
    return {
        "key": f"{config['SESSION_COOKIE_NAME']}-{purpose}",
        "path": config["SESSION_COOKIE_PATH"],
        "secure": config["SESSION_COOKIE_SECURE"],
        "httponly": True,
        "samesite": "Lax",
    }


def _cookie_name(*, https: bool, prefix: str) -> str:
    if not https:
        return "mobbscan"
    # `__Host-` demands Path=/; below a prefix the cookie must not reach the rest of the host.
    return "__Secure-mobbscan" if prefix else "__Host-mobbscan"
