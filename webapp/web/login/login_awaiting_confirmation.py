"""Seal a finished login into a form while the user confirms that it replaces another session.

The form carries it because a cookie is too small for an ID token, and a second login would lead a
form to another origin, which our pages forbid. The seal is valid for a few minutes and only for
the session that it would replace, so it works once.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from webapp.web import request_context
from webapp.web.login.code_exchange import ProviderIdentity
from webapp.web.login.errors import LoginStale

if TYPE_CHECKING:
    from webapp.journey.views import Visitor

_PURPOSE = "confirmation"
_LIFE = timedelta(minutes=5)


def seal(identity: ProviderIdentity, live: Visitor) -> str:
    """Encrypt the identity for the confirmation that replaces the session `live`."""
    content = {"session": live.session_id, "identity": asdict(identity)}
    return request_context.steps().pending_logins.seal(_PURPOSE, content, _LIFE)


def unseal(text: str, live: Visitor | None) -> ProviderIdentity:
    """Return the identity. Raises LoginStale unless the seal is ours, fresh and for `live`."""
    content = request_context.steps().pending_logins.open(_PURPOSE, text)
    if content is None or live is None or content["session"] != live.session_id:
        raise LoginStale
    return ProviderIdentity(**content["identity"])
