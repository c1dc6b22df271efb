"""Reading the log-in's answer, of which the vendor shows neither names nor lifetime."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from webapp.gateway.errors import InvalidResponse
from webapp.gateway.token_cache import Token

_NAMES = ("accessToken", "access_token", "token")
_LIFETIME_NAMES = ("expiresIn", "expires_in")
_DEFAULT_LIFETIME_SECONDS = 15 * 60.0
# A tenant may set days; a day is long enough to be cheap and short enough to notice changes.
_LONGEST_LIFETIME_SECONDS = 24 * 3600.0
# What can stand in a header without ending it, and is not absurdly long.
_SENDABLE = re.compile(r"[!-~]{1,16000}")


def token_from(answer: Mapping[str, Any], asked_at: datetime) -> Token:
    """The token of an answer, its life counted from `asked_at` by our own clock.

    The life is `exp - iat` of the JWT (immune to differing clocks), else `exp`, else
    `expiresIn`, else 15 minutes. Raises `InvalidResponse` without a usable token. Contract 2.1,
    2.2.
    """
    value = next((answer[name] for name in _NAMES if answer.get(name)), None)
    if not isinstance(value, str) or not _SENDABLE.fullmatch(value):
        raise InvalidResponse("log in: the answer holds no usable token", maybe_sent=False)
    lifetime = _lifetime_by_claims(value, asked_at) or _lifetime_as_stated(answer)
    seconds = min(lifetime or _DEFAULT_LIFETIME_SECONDS, _LONGEST_LIFETIME_SECONDS)
    return Token(value, asked_at, asked_at + timedelta(seconds=seconds))


def _lifetime_by_claims(token: str, asked_at: datetime) -> float | None:
    claims = _claims(token)
    expires = _positive(claims.get("exp"))
    if expires is None:
        return None
    issued = _positive(claims.get("iat"))
    return _positive(expires - (asked_at.timestamp() if issued is None else issued))


def _claims(token: str) -> Mapping[str, Any]:
    """The claims as they stand: the token is not ours to verify, only to time."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _lifetime_as_stated(answer: Mapping[str, Any]) -> float | None:
    return next((_positive(answer[name]) for name in _LIFETIME_NAMES if name in answer), None)


def _positive(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 < number < float("inf") else None
