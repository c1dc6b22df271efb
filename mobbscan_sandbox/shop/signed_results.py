"""Verify the signed result with which the server sends a customer back."""

from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet


class ResultVerifier:
    """Verifies results for `site` with the public keys of the server at `public_url`."""

    def __init__(self, public_url: str, site: str) -> None:
        self._public_url = public_url
        self._claims = jwt.JWTClaimsRegistry(
            leeway=30,  # clocks differ
            iss={"essential": True, "value": public_url},
            aud={"essential": True, "value": site},
            exp={"essential": True},
        )
        self._keys: KeySet | None = None

    def read(self, token: str) -> dict[str, Any] | None:
        """Return the claims; None for an unsigned, foreign or expired result.

        Raises httpx.HTTPError when the keys cannot be fetched.
        """
        try:
            claims = self._decode(token)
            self._claims.validate(claims)
        except (JoseError, ValueError):
            return None
        return claims

    def _decode(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(token, self._keys or self._fetch(), algorithms=["ES256"]).claims
        except InvalidKeyIdError:  # the server has a new key
            return jwt.decode(token, self._fetch(), algorithms=["ES256"]).claims

    def _fetch(self) -> KeySet:
        url = f"{self._public_url}/.well-known/jwks.json"
        answer = httpx.get(url, timeout=20, trust_env=False).raise_for_status()
        self._keys = KeySet.import_key_set(answer.json())
        return self._keys
