"""Verify hand-off tokens: short-lived JWTs by which a host site logs one of its users in.

The caller must refuse a `jti` that was used before, until `expires_at` plus the clock skew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from webapp.basics.text import clean_text
from webapp.hostsite.errors import HandoffRefused
from webapp.hostsite.jwt_parsing import parse_jwt
from webapp.hostsite.keys import ALGORITHMS, KeyMaterial, candidate_keys, is_signed_by

MAX_LIFETIME_SECONDS = 300
SKEW_SECONDS = 30
_MAX_TIMESTAMP = 253_370_764_800  # 9999-01-01; later times overflow a datetime
_MAX_STATE_CHARACTERS = 2048
_MAX_LOCALE_CHARACTERS = 35  # RFC 5646, 4.4.1


@dataclass(frozen=True)
class HandoffClaims:
    """Claims of a verified token; times are aware UTC. `name` is for display only.

    `unusable` names the optional claims that were left out because of their type or content.
    `return_url` is not judged yet: see `return_urls`.
    """

    subject: str = field(repr=False)
    jti: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    name: str | None = field(default=None, repr=False)
    locale: str | None = None
    flow: str | None = field(default=None, repr=False)
    return_url: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)
    unusable: tuple[str, ...] = ()


def verify_handoff(
    token: str, *, keys: Sequence[KeyMaterial], issuer: str, audience: str, now: datetime
) -> HandoffClaims:
    """Return the claims of a token that is signed by one of `keys` and valid at `now` (aware).

    `issuer` is the site's id and `audience` our public URL. Accepts HS256, ES256 and EdDSA, a
    lifetime of at most 300 s and 30 s of clock skew. Leaves unusable optional claims out: a
    missing greeting keeps no user out. Raises `HandoffRefused`. RFC 7519, RFC 8725.
    """
    jwt = parse_jwt(token)
    _check_signature(token, jwt.header, keys)
    claims = jwt.claims
    if claims.get("iss") != issuer:
        raise HandoffRefused("wrong_issuer")
    if not _is_audience(claims.get("aud"), audience):
        raise HandoffRefused("wrong_audience")
    issued, expires = _times(claims, now.timestamp())
    return HandoffClaims(
        subject=_required(claims, "sub", "no_subject"),
        jti=_required(claims, "jti", "no_jti"),
        issued_at=datetime.fromtimestamp(issued, UTC),
        expires_at=datetime.fromtimestamp(expires, UTC),
        **_optional_texts(claims),
        unusable=_unusable(claims),
    )


def read_unverified_issuer(token: str) -> str:
    """Return the `iss` claim without verification, to find the keys of the site.

    Raises `HandoffRefused`.
    """
    issuer = parse_jwt(token).claims.get("iss")
    if not isinstance(issuer, str) or not issuer:
        raise HandoffRefused("wrong_issuer")
    return issuer


def _check_signature(token: str, header: Mapping[str, Any], keys: Sequence[KeyMaterial]) -> None:
    algorithm, kid = header.get("alg"), header.get("kid")
    # `crit` and `b64` announce extensions that change the format; none is supported.
    if algorithm not in ALGORITHMS or "crit" in header or "b64" in header:
        raise HandoffRefused("wrong_algorithm")
    if kid is not None and not isinstance(kid, str):
        raise HandoffRefused("malformed")
    candidates = candidate_keys(keys, algorithm, kid)
    if not candidates:
        raise HandoffRefused("no_key")
    if not any(is_signed_by(key, token, algorithm) for key in candidates):
        raise HandoffRefused("bad_signature")


def _is_audience(claim: object, audience: str) -> bool:
    values = claim if isinstance(claim, list) else [claim]
    own_url = audience.rstrip("/")
    return any(isinstance(value, str) and value in (own_url, own_url + "/") for value in values)


def _times(claims: Mapping[str, Any], now: float) -> tuple[float, float]:
    issued, expires = _seconds(claims.get("iat")), _seconds(claims.get("exp"))
    starts = issued if claims.get("nbf") is None else _seconds(claims["nbf"])
    if not 0 < expires - issued <= MAX_LIFETIME_SECONDS:
        raise HandoffRefused("too_long_lived")
    if max(issued, starts) > now + SKEW_SECONDS:
        raise HandoffRefused("not_yet_valid")
    if expires <= now - SKEW_SECONDS:
        raise HandoffRefused("expired")
    return issued, expires


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise HandoffRefused("no_times")
    if not 0 <= value < _MAX_TIMESTAMP:  # also refuses NaN and infinity
        raise HandoffRefused("no_times")
    return value


def _required(claims: Mapping[str, Any], name: str, code: str) -> str:
    value = clean_text(claims.get(name))
    if value is None or not value.strip():
        raise HandoffRefused(code)
    return value


def _optional_texts(claims: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: _OPTIONAL[name](claims.get(name)) for name in _OPTIONAL}
    return {name: text for name, text in texts.items() if text}


def _unusable(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the claims that are given and not usable; null and "" count as absent."""
    given = [name for name in _OPTIONAL if claims.get(name) not in (None, "")]
    return tuple(name for name in given if not _OPTIONAL[name](claims[name]))


def _any_text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _locale(value: object) -> str | None:
    return clean_text(value, _MAX_LOCALE_CHARACTERS)


def _state(value: object) -> str | None:
    return clean_text(value, _MAX_STATE_CHARACTERS)


#: Optional claims, and what makes each usable. The caller compares `flow` and `return_url` with the
#: site's settings: a text that is none of them is refused, since leaving it out would change what
#: the host site has asked for.
_OPTIONAL: Mapping[str, Callable[[object], str | None]] = {
    "name": clean_text,
    "locale": _locale,
    "flow": _any_text,
    "return_url": _any_text,
    "state": _state,
}
