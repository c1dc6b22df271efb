"""Seal a finished login into a form while the user confirms that it replaces another session.

The form carries it because a cookie is too small for an ID token, and a second login would lead a
form to another origin, which our pages forbid. The seal is valid for a few minutes and only for
the session that it would replace, so it works once.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from itsdangerous import BadData, URLSafeTimedSerializer

from webapp.web import request_context
from webapp.web.login.errors import LoginStale
from webapp.web.login.identity_provider import ProviderIdentity

if TYPE_CHECKING:
    from webapp.journey.views import Visitor

_MAX_AGE_SECONDS = 300


def seal(identity: ProviderIdentity, live: Visitor) -> str:
    """Sign the identity for the confirmation that replaces the session `live`."""
    return str(_serializer().dumps({"session": live.session_id, "identity": asdict(identity)}))


def unseal(text: str, live: Visitor | None) -> ProviderIdentity:
    """Return the identity. Raises LoginStale unless the seal is ours, fresh and for `live`."""
    try:
        content = _serializer().loads(text, max_age=_MAX_AGE_SECONDS)
    except BadData as cause:
        raise LoginStale from cause
    if live is None or content["session"] != live.session_id:
        raise LoginStale
    return ProviderIdentity(**content["identity"])


def _serializer() -> URLSafeTimedSerializer:
    settings = request_context.settings()
    # itsdangerous takes the oldest key first; the last one signs.
    keys = [*reversed(settings.secret_key_fallbacks), settings.secret_key]
    return URLSafeTimedSerializer(keys, salt="mobbscan-embed login")
