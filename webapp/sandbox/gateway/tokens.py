"""Access tokens: real JWTs, signed with a key that lives as long as the process."""

import secrets
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

_ALGORITHM = "HS512"


class Tokens:
    """Issues and checks tokens; a restart or `revoke` makes all of them worthless."""

    def __init__(self) -> None:
        self._key = _new_key()

    def issue(self, subject: str, roles: list[str], now: datetime, seconds: int) -> str:
        """Return a token for `seconds` from `now` on."""
        claims = {
            "sub": subject,
            "roles": roles,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=seconds)).timestamp()),
            "jti": secrets.token_hex(8),
        }
        return jwt.encode({"alg": _ALGORITHM}, claims, self._key, algorithms=[_ALGORITHM])

    def roles(self, token: str, now: datetime) -> list[str] | None:
        """Return the roles of a living token, or `None` for anything else."""
        try:
            claims = jwt.decode(token, self._key, algorithms=[_ALGORITHM]).claims
        except (JoseError, ValueError):
            return None
        if claims["exp"] <= now.timestamp():
            return None
        roles: list[str] = claims["roles"]
        return roles

    def revoke(self) -> None:
        """Make every token so far worthless before its time."""
        self._key = _new_key()


def _new_key() -> OctKey:
    return OctKey.import_key(secrets.token_bytes(64))
