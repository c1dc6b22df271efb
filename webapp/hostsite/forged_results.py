"""Forge signed results, so that the developer of a host site can try whether its page refuses them.

Each is a known attack on JWTs (RFC 8725); none is signed by this server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey


def without_signature(token: str) -> str:
    """Return the claims of `token` under the algorithm `none`. RFC 8725, 2.1."""
    return f"{_encode({'alg': 'none', 'typ': 'JWT'})}.{token.split('.')[1]}."


def with_other_claims(token: str, **claims: str) -> str:
    """Return `token` with changed claims and its old signature."""
    header, payload, signature = token.split(".")
    return f"{header}.{_encode({**_decode(payload), **claims})}.{signature}"


def with_other_key(token: str) -> str:
    """Return the claims of `token` signed with a new key, under the key id of the right one."""
    header, payload, _signature = token.split(".")
    return jwt.encode(_decode(header), _decode(payload), ECKey.generate_key("P-256"))


def with_public_key_as_secret(token: str, public_key: Mapping[str, str]) -> str:
    """Return the claims of `token` signed by HMAC with the public key. RFC 8725, 2.1."""
    members: Any = {name: public_key[name] for name in ("kty", "crv", "x", "y")}
    secret = ECKey.import_key(members).as_pem(private=False)  # joserfc makes no such secret
    header, payload, _signature = token.split(".")
    signed = f"{_encode({'alg': 'HS256', 'kid': _decode(header)['kid']})}.{payload}"
    return f"{signed}.{_encode_bytes(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def _decode(part: str) -> dict[str, Any]:
    members: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return members


def _encode(members: Mapping[str, Any]) -> str:
    return _encode_bytes(json.dumps(members, separators=(",", ":")).encode())


def _encode_bytes(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
