"""Issue and verify access tokens: JWTs signed with a key of this gateway."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

_ALGORITHM = "HS512"


class AccessTokens:
    """Issue and verify tokens; `revoke` invalidates all of them."""

    def __init__(self, secret: str | None = None) -> None:
        self.secret = secret or secrets.token_hex(64)

    def issue(self, subject: str, roles: list[str], now: datetime, seconds: int) -> str:
        """Return a token that is valid for `seconds` from `now` on."""
        claims = {
            "sub": subject,
            "roles": roles,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=seconds)).timestamp()),
            "jti": secrets.token_hex(8),
        }
        return jwt.encode({"alg": _ALGORITHM}, claims, self._key(), algorithms=[_ALGORITHM])

    def verify(self, token: str, now: datetime, max_age_seconds: int = 0) -> dict[str, Any] | None:
        """Return the claims of a valid token, else `None`.

        A token older than `max_age_seconds` is invalid whatever its `exp`; 0 means no such limit.
        """
        try:
            claims: dict[str, Any] = jwt.decode(token, self._key(), algorithms=[_ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        too_old = max_age_seconds and claims["iat"] + max_age_seconds <= now.timestamp()
        return None if too_old or claims["exp"] <= now.timestamp() else claims

    def revoke(self) -> None:
        """Invalidate every token issued so far."""
        self.secret = secrets.token_hex(64)

    def _key(self) -> OctKey:
        return OctKey.import_key(bytes.fromhex(self.secret))
