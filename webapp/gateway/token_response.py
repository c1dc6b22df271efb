"""Read the access token and its lifetime from the log-in response, which is undocumented."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from webapp.basics.json_reader import read_lenient
from webapp.gateway.errors import InvalidResponse
from webapp.gateway.token_cache import Token

_TOKEN_NAMES = ("accessToken", "access_token", "token")
_LIFETIME_NAMES = ("expiresIn", "expires_in")
_DEFAULT_LIFETIME_SECONDS = 15 * 60.0
# A tenant may set days. One log-in a day is cheap, and a changed secret is noticed within a day.
_LONGEST_LIFETIME_SECONDS = 24 * 3600.0
# Printable ASCII can stand in a header; a longer token would not be accepted by servers.
_HEADER_VALUE = re.compile(r"[!-~]{1,16000}")


def parse_token(response: Mapping[str, Any], requested_at: datetime) -> Token:
    """Return the token of a log-in response; its lifetime begins at `requested_at`.

    The lifetime is `exp - iat` of the JWT (independent of the gateway's clock), else `exp`, else
    `expiresIn`, else 15 minutes. Raises `InvalidResponse` without a usable token. Contract 2.
    """
    value = next((response[name] for name in _TOKEN_NAMES if response.get(name)), None)
    if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
        raise InvalidResponse("log in: the response has no usable token", maybe_sent=False)
    lifetime = _lifetime_from_claims(value, requested_at) or _stated_lifetime(response)
    seconds = min(lifetime or _DEFAULT_LIFETIME_SECONDS, _LONGEST_LIFETIME_SECONDS)
    return Token(value, requested_at, requested_at + timedelta(seconds=seconds))


def _lifetime_from_claims(token: str, requested_at: datetime) -> float | None:
    claims = _claims(token)
    expires = _positive(claims.get("exp"))
    if expires is None:
        return None
    issued = _positive(claims.get("iat"))
    return _positive(expires - (requested_at.timestamp() if issued is None else issued))


def _claims(token: str) -> Mapping[str, Any]:
    """Return the claims unverified: only the lifetime is read from them."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        return read_lenient(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return {}


def _stated_lifetime(response: Mapping[str, Any]) -> float | None:
    return next((_positive(response[name]) for name in _LIFETIME_NAMES if name in response), None)


def _positive(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 < number < float("inf") else None
