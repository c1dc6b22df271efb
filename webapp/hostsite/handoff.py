"""The hand-off: the host's back end vouches for one of its users, once and briefly.

Whether a `jti` was used before is not known here; the caller must remember it until
`expires_at`, plus the skew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from webapp.basics.text import MAX_CHARACTERS, clean_text
from webapp.hostsite.errors import HandoffRefused
from webapp.hostsite.jwt_parsing import taken_apart
from webapp.hostsite.keys import ALGORITHMS, KeyMaterial, fitting_keys, signed_by

MAX_LIFE_SECONDS = 300
SKEW_SECONDS = 30
_LAST_SECOND = 253_370_764_800  # the last year a datetime can hold begins here
_MAX_ADDRESS_CHARACTERS = 2048


@dataclass(frozen=True)
class HandoffClaims:
    """What the host site vouches for; moments are aware UTC. `name` is for greeting only."""

    subject: str = field(repr=False)
    jti: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    name: str | None = field(default=None, repr=False)
    locale: str | None = None
    flow: str | None = None
    return_url: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)


def verify_handoff(
    token: str, *, keys: Sequence[KeyMaterial], issuer: str, audience: str, now: datetime
) -> HandoffClaims:
    """The content of a token signed by one of `keys` for us, valid at `now` (aware).

    `issuer` is the site's id and `audience` our public address. HS256, ES256 and EdDSA only,
    at most 300 s of life, 30 s of skew. Raises `HandoffRefused`. RFC 7519, RFC 8725.
    """
    text = taken_apart(token)
    _check_signature(token, text.header, keys)
    claims = text.claims
    if claims.get("iss") != issuer:
        raise HandoffRefused("wrong_issuer")
    if not _names_us(claims.get("aud"), audience):
        raise HandoffRefused("wrong_audience")
    issued, expires = _times(claims, now.timestamp())
    return HandoffClaims(
        subject=_required(claims, "sub", "no_subject"),
        jti=_required(claims, "jti", "no_jti"),
        issued_at=datetime.fromtimestamp(issued, UTC),
        expires_at=datetime.fromtimestamp(expires, UTC),
        name=_for_greeting(claims, "name"),
        locale=_for_greeting(claims, "locale"),
        flow=_optional(claims, "flow"),
        return_url=_optional(claims, "return_url", _MAX_ADDRESS_CHARACTERS),
        state=_optional(claims, "state", _MAX_ADDRESS_CHARACTERS),
    )


def read_unverified_issuer(token: str) -> str:
    """The site a token claims to come from, unproven: only to find its keys.

    Raises `HandoffRefused`.
    """
    issuer = taken_apart(token).claims.get("iss")
    if not isinstance(issuer, str) or not issuer:
        raise HandoffRefused("wrong_issuer")
    return issuer


def _check_signature(token: str, header: Mapping[str, Any], keys: Sequence[KeyMaterial]) -> None:
    algorithm, kid = header.get("alg"), header.get("kid")
    # `crit` and `b64` change how a token must be read; we know no such change.
    if algorithm not in ALGORITHMS or "crit" in header or "b64" in header:
        raise HandoffRefused("wrong_algorithm")
    if kid is not None and not isinstance(kid, str):
        raise HandoffRefused("malformed")
    candidates = fitting_keys(keys, algorithm, kid)
    if not candidates:
        raise HandoffRefused("no_key")
    if not any(signed_by(key, token, algorithm) for key in candidates):
        raise HandoffRefused("bad_signature")


def _names_us(claim: object, audience: str) -> bool:
    named = claim if isinstance(claim, list) else [claim]
    ours = audience.rstrip("/")
    return any(isinstance(one, str) and one in (ours, ours + "/") for one in named)


def _times(claims: Mapping[str, Any], now: float) -> tuple[float, float]:
    issued, expires = _seconds(claims.get("iat")), _seconds(claims.get("exp"))
    starts = _seconds(claims["nbf"]) if "nbf" in claims else issued
    if not 0 < expires - issued <= MAX_LIFE_SECONDS:
        raise HandoffRefused("too_long_lived")
    if max(issued, starts) > now + SKEW_SECONDS:
        raise HandoffRefused("not_yet_valid")
    if expires <= now - SKEW_SECONDS:
        raise HandoffRefused("expired")
    return issued, expires


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise HandoffRefused("no_times")
    if not 0 <= value < _LAST_SECOND:  # NaN and infinity are not either
        raise HandoffRefused("no_times")
    return value


def _required(claims: Mapping[str, Any], name: str, code: str) -> str:
    value = clean_text(claims.get(name))
    if value is None or not value.strip():
        raise HandoffRefused(code)
    return value


def _for_greeting(claims: Mapping[str, Any], name: str) -> str | None:
    """A text that cannot be shown is left out: it is no reason to keep its person out."""
    if isinstance(claims.get(name), str):
        return clean_text(claims[name]) or None
    return _optional(claims, name)


def _optional(claims: Mapping[str, Any], name: str, most: int = MAX_CHARACTERS) -> str | None:
    if claims.get(name) in (None, ""):
        return None
    value = clean_text(claims[name], most)
    if value is None:
        raise HandoffRefused("bad_claim")
    return value
