"""Verify the signed result with which the server sends a customer back."""

import math
import time
from collections.abc import Callable
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

#: Results that name unknown keys have the keys fetched again at most so often: anyone can make up
#: such a result.
FETCH_SECONDS = 60.0


class ResultVerifier:
    """Verifies results for `site` with the public keys of the server at `public_url`."""

    def __init__(
        self, public_url: str, site: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`clock` returns seconds."""
        self._public_url = public_url
        self._claims = jwt.JWTClaimsRegistry(
            leeway=30,  # clocks differ
            iss={"essential": True, "value": public_url},
            aud={"essential": True, "value": site},
            exp={"essential": True},
        )
        self._keys: KeySet | None = None
        self._clock = clock
        self._fetched_at = -math.inf

    def read(self, token: str) -> dict[str, Any] | None:
        """Return the claims; None for an unsigned, foreign or expired result.

        Also None for a result of a new key, until FETCH_SECONDS after the last fetch.

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
        except InvalidKeyIdError:  # perhaps the server has a new key
            if self._clock() < self._fetched_at + FETCH_SECONDS:
                raise
            return jwt.decode(token, self._fetch(), algorithms=["ES256"]).claims

    def _fetch(self) -> KeySet:
        url = f"{self._public_url}/.well-known/jwks.json"
        answer = httpx.get(url, timeout=20, trust_env=False).raise_for_status()
        self._keys = KeySet.import_key_set(answer.json())
        self._fetched_at = self._clock()
        return self._keys
