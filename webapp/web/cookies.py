"""Configure the session cookie and CSRF protection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, g, session
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError

from webapp.web.form_source import FormSource, form_source
from webapp.web.request_context import SESSION_ID, SITE_ID
from webapp.web.unambiguous_cookies import UnambiguousCookies

if TYPE_CHECKING:
    from webapp.config.settings import Settings
    from webapp.journey.views import Visitor

#: Our forms hold a few short fields; the same limit applies to a notice of the gateway.
MAX_BODY_BYTES = 64 * 1024


def configure_session(app: Flask, settings: Settings) -> None:
    """Configure Flask's signed cookie; its name makes browsers enforce its attributes.

    Where the name cannot (below a prefix, and on loopback), a repeated cookie is ignored.
    """
    https = not settings.is_loopback_http
    prefix = settings.public_prefix
    app.request_class = UnambiguousCookies
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        # Flask-WTF does not read SECRET_KEY_FALLBACKS. The last key of this list signs.
        WTF_CSRF_SECRET_KEY=[*reversed(settings.secret_key_fallbacks), settings.secret_key],
        SESSION_COOKIE_NAME=_cookie_name(https=https, prefix=prefix),
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        # Not Strict: the redirects from the login provider and the gateway start on another site.
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH=prefix or "/",
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
    )


class FormProtection(CSRFProtect):  # type: ignore[misc]
    """Requires a CSRF token that belongs to the session, and no other origin as the source."""

    def protect(self, apply_exemptions: bool = False) -> None:
        """Check the request. Raises CSRFError."""
        super().protect(apply_exemptions)
        # Flask-WTF sets it where it has checked the token: not for exempt views.
        if g.get("csrf_valid") and form_source() is FormSource.FOREIGN:
            raise CSRFError("Another origin has sent the form.")


def protect_forms(app: Flask) -> CSRFProtect:
    """Require a CSRF token for every unsafe request that no other origin has sent."""
    # The token is valid as long as the session: users leave the consent page open for hours.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    # Flask-WTF demands a Referer on https, which many browsers do not send.
    app.config["WTF_CSRF_SSL_STRICT"] = False
    protection = FormProtection()
    protection.init_app(app)
    return protection


def check_csrf() -> None:
    """Check the CSRF token in a view that is exempt because other sites may call it too."""
    current_app.extensions["csrf"].protect()


def open_session(visitor: Visitor) -> None:
    """Sign the visitor in; a new session keeps nothing of the one before."""
    if session.get(SESSION_ID) != visitor.session_id:
        session.clear()
        session[SESSION_ID] = visitor.session_id
        session[SITE_ID] = visitor.site.id


def close_session() -> None:
    """Sign the visitor out of this browser."""
    session.clear()


def short_lived_cookie(purpose: str) -> dict[str, Any]:
    """Return name and attributes of a further cookie, as strict as the session cookie."""
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
