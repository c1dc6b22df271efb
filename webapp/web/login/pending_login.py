"""A finished login that waits for its person's word, because somebody else is signed in.

It waits in the question's own form, sealed: a cookie is too small for an ID token, and asking the
provider again would have to lead a form to another origin, which our pages forbid. The seal holds
for a few minutes and for the one session that was asked about, so it is good for one use.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from itsdangerous import BadData, URLSafeTimedSerializer

from webapp.web import request_context
from webapp.web.login.provider import Known, LoginStale

if TYPE_CHECKING:
    from webapp.journey.views import Visitor

_SECONDS = 300


def seal(known: Known, live: Visitor) -> str:
    return str(_sealer().dumps({"asked": live.session_id, "known": asdict(known)}))


def unseal(text: str, live: Visitor | None) -> Known:
    """Raises LoginStale for anything but a fresh seal of ours on a question about `live`."""
    try:
        found = _sealer().loads(text, max_age=_SECONDS)
    except BadData as cause:
        raise LoginStale from cause
    if live is None or found["asked"] != live.session_id:
        raise LoginStale
    return Known(**found["known"])


def _sealer() -> URLSafeTimedSerializer:
    settings = request_context.settings()
    # itsdangerous wants the oldest first; the last one signs.
    keys = [*reversed(settings.secret_key_fallbacks), settings.secret_key]
    return URLSafeTimedSerializer(keys, salt="mobbscan-embed login")
