"""Access tokens: real JWTs, signed with a key that lives as long as the process or its file."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

_ALGORITHM = "HS512"


class AccessTokens:
    """Issues and checks tokens; `revoke` makes all of them worthless."""

    def __init__(self, secret: str | None = None) -> None:
        self.secret = secret or secrets.token_hex(64)

    def issue(self, subject: str, roles: list[str], now: datetime, seconds: int) -> str:
        """Return a token for `seconds` from `now` on."""
        claims = {
            "sub": subject,
            "roles": roles,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=seconds)).timestamp()),
            "jti": secrets.token_hex(8),
        }
        return jwt.encode({"alg": _ALGORITHM}, claims, self._key(), algorithms=[_ALGORITHM])

    def read(self, token: str, now: datetime, dies_after: int = 0) -> dict[str, Any] | None:
        """Return the claims of a living token, or `None` for anything else.

        `dies_after` lets it die so many seconds after its issue, whatever it says itself; 0: no.
        """
        try:
            claims: dict[str, Any] = jwt.decode(token, self._key(), algorithms=[_ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        early = dies_after and claims["iat"] + dies_after <= now.timestamp()
        return None if early or claims["exp"] <= now.timestamp() else claims

    def revoke(self) -> None:
        """Make every token so far worthless before its time."""
        self.secret = secrets.token_hex(64)

    def _key(self) -> OctKey:
        return OctKey.import_key(bytes.fromhex(self.secret))
