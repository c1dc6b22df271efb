"""Logins that this browser has begun at the provider, sealed in its session cookie."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field

from flask import session

from webapp.journey.pending_logins import OPEN_LOGIN_LIFE
from webapp.web import request_context

_KEY_PREFIX = "login_"
_PURPOSE = "open"
#: The session cookie has a limited size.
_MAX_OPEN_LOGINS = 3


@dataclass(frozen=True)
class OpenLogin:
    """What the callback needs: the site, the secrets of the request, and which attempt it is."""

    site_id: str
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    is_second_attempt: bool = False


def remember(state: str, login: OpenLogin) -> None:
    """Keep a login for its callback; the oldest of four is dropped."""
    keys = [key for key in session if key.startswith(_KEY_PREFIX)]
    keys.sort(key=lambda key: session[key][0])
    for key in keys[: max(0, len(keys) - _MAX_OPEN_LOGINS + 1)]:
        session.pop(key)
    sealed = request_context.steps().pending_logins.seal(_PURPOSE, asdict(login), OPEN_LOGIN_LIFE)
    session[_KEY_PREFIX + state] = [round(time.time(), 3), sealed]


def find(state: str) -> OpenLogin | None:
    """Return this browser's login with the state; None if it is unknown or too old."""
    kept = session.get(_KEY_PREFIX + state)
    if kept is None:
        return None
    content = request_context.steps().pending_logins.open(_PURPOSE, kept[1])
    return None if content is None else OpenLogin(**content)


def use(state: str) -> bool:
    """Use the login up, here and on all nodes; return False if that was done before."""
    session.pop(_KEY_PREFIX + state, None)
    return request_context.steps().pending_logins.use_state(state)
