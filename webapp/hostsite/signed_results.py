"""Sign the result of an onboarding, so that a host site can verify it offline.

A result is a JWT (RFC 7519) signed with ES256. Host sites verify it with the key set of
`/.well-known/jwks.json` (RFC 7517).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from joserfc import jwt
from joserfc.jwk import ECKey

#: Members of a private P-256 key: `kty`, `crv`, `x`, `y`, `d`, and optionally `kid`. RFC 7518, 6.2.
PrivateJwk: TypeAlias = Mapping[str, Any]

ALGORITHM = "ES256"
#: How long a result on the return to the host site is valid.
RETURN_LIFETIME = timedelta(seconds=300)
#: The header `typ` of the receipt of an erasure.
RECEIPT_TYPE = "erasure-receipt+jwt"
_PUBLIC_MEMBERS = ("kty", "crv", "x", "y")
_MEMBERS = (*_PUBLIC_MEMBERS, "d", "kid")
_JTI_BYTES = 16


@dataclass(frozen=True)
class ResultClaims:
    """What a result states: `subject` is the host site's id of the user, `onboarding` a UUID.

    `subject` is None for an erased onboarding, whose result has no `sub`. `state` is the text that
    the host site has sent with the hand-off, to be returned unchanged.
    """

    site: str
    subject: str | None = field(repr=False)
    onboarding: str
    status: str
    state: str | None = field(default=None, repr=False)


class ResultSigner:
    """Signs with the newest key; publishes the public halves of all keys."""

    def __init__(
        self, issuer: str, keys: Sequence[PrivateJwk], clock: Callable[[], datetime]
    ) -> None:
        """`issuer` is PUBLIC_URL, `keys` are P-256, newest first, and `clock` returns aware UTC.

        Raises ValueError without a key.
        """
        if not keys:
            raise ValueError("a result signer needs at least one key")
        self._issuer = issuer
        self._keys = [_import_key(key) for key in keys]
        self._clock = clock

    def sign(self, claims: ResultClaims, *, lifetime: timedelta | None = None) -> str:
        """Return a compact JWS with `iss`, `aud`, `sub`, `onboarding`, `status`, `iat` and `jti`.

        Has `state` if the claims have one, and `exp` with a `lifetime`. The header names the key.
        """
        return self._encode(self._payload(claims, lifetime), {})

    def sign_receipt(self, site: str, claims: Mapping[str, Any]) -> str:
        """Return a compact JWS with `iss`, `aud` (the site), `iat` and these claims.

        Its header `typ` is RECEIPT_TYPE, so that no receipt is taken for a result (RFC 8725, 3.11).
        """
        issued = int(self._clock().timestamp())
        payload = {"iss": self._issuer, "aud": site, "iat": issued, **claims}
        return self._encode(payload, {"typ": RECEIPT_TYPE})

    def _encode(self, payload: Mapping[str, Any], header: Mapping[str, str]) -> str:
        key = self._keys[0]
        full_header = {"alg": ALGORITHM, "kid": _key_id(key), **header}
        return jwt.encode(full_header, dict(payload), key, algorithms=[ALGORITHM])

    def public_keys(self) -> dict[str, list[dict[str, str]]]:
        """Return the JWK set of all keys, newest first; the first of several with one id."""
        entries: dict[str, dict[str, str]] = {}
        for key in self._keys:
            entries.setdefault(_key_id(key), _public_entry(key))
        return {"keys": list(entries.values())}

    def _payload(self, claims: ResultClaims, lifetime: timedelta | None) -> dict[str, str | int]:
        issued = int(self._clock().timestamp())
        payload: dict[str, str | int] = {
            "iss": self._issuer,
            "aud": claims.site,
            "onboarding": claims.onboarding,
            "status": claims.status,
            "iat": issued,
            "jti": secrets.token_urlsafe(_JTI_BYTES),
        }
        if claims.subject is not None:
            payload["sub"] = claims.subject
        if lifetime is not None:
            payload["exp"] = issued + int(lifetime.total_seconds())
        if claims.state is not None:
            payload["state"] = claims.state
        return payload


def generate_result_key() -> PrivateJwk:
    """Return a new private P-256 key with its thumbprint (RFC 7638) as `kid`."""
    key = ECKey.generate_key("P-256", private=True)
    return {**key.as_dict(private=True), "kid": key.thumbprint()}


def _import_key(key: PrivateJwk) -> ECKey:
    """Take over the members of the key only: `key_ops` or `use` of an export may forbid signing."""
    return ECKey.import_key({name: key[name] for name in _MEMBERS if name in key})


def _key_id(key: ECKey) -> str:
    """Return the configured `kid`, else the thumbprint (RFC 7638)."""
    return key.kid or key.thumbprint()


def _public_entry(key: ECKey) -> dict[str, str]:
    members = key.as_dict(private=False)
    public = {name: str(members[name]) for name in _PUBLIC_MEMBERS}
    return {**public, "kid": _key_id(key), "use": "sig", "alg": ALGORITHM}
