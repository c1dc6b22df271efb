"""Build hand-off tokens as a host site would, and forged ones."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey

from webapp.hostsite import HandoffClaims, HandoffRefused, verify_handoff
from webapp.hostsite.errors import FIXES
from webapp.hostsite.keys import KeyMaterial

SITE = "shop"
AUDIENCE = "https://embed.test/verify"
NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)
SECOND = int(NOW.timestamp())
SECRET = "shop-secret-of-more-than-32-bytes-0001"
OTHER_SECRET = "shop-secret-of-more-than-32-bytes-0002"
EC_KEY = ECKey.generate_key("P-256")
OKP_KEY = OKPKey.generate_key("Ed25519")


def claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of Ada's hand-off; a claim changed to None is left out."""
    wanted = {
        "iss": SITE,
        "aud": AUDIENCE,
        "sub": "ada-1",
        "iat": SECOND,
        "exp": SECOND + 120,
        "jti": "once-1",
        **changes,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def public(key: ECKey | OKPKey, **more: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **more}


def signed(payload: Any = None, *, key: Any = SECRET, alg: str = "HS256", **header: Any) -> str:
    """Return a correctly signed token with any payload."""
    payload = claims() if payload is None else payload
    signer = OctKey.import_key(key) if isinstance(key, str) else key
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    head = f"{part({'alg': alg, **header})}.{part(text)}".encode()
    signature = jws.JWSRegistry.algorithms[alg].sign(head, signer)
    return f"{head.decode()}.{part(signature)}"


def part(data: bytes | dict[str, Any]) -> str:
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def forged(header: dict[str, Any], payload: dict[str, Any], secret: bytes | None) -> str:
    """Return a token with an HMAC of any secret, or without a signature."""
    body = f"{part(header)}.{part(payload)}"
    if secret is None:
        return f"{body}."
    return f"{body}.{part(hmac.new(secret, body.encode(), hashlib.sha256).digest())}"


def verified(token: str, *keys: KeyMaterial, **changes: Any) -> HandoffClaims:
    wanted: dict[str, Any] = {"issuer": SITE, "audience": AUDIENCE, "now": NOW}
    return verify_handoff(token, **{"keys": keys or (SECRET,), **wanted, **changes})


def refusal(token: str, *keys: KeyMaterial, **changes: Any) -> str:
    """Return the code of the refused token."""
    with pytest.raises(HandoffRefused) as refused:
        verified(token, *keys, **changes)
    assert refused.value.fix == FIXES[refused.value.code]
    return refused.value.code
