"""Keys in settings: parse data keys and result keys, and derive a data key from SECRET_KEY."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from webapp.config.problems import InvalidValue

#: The entry of DATA_KEYS that stands for the key derived from SECRET_KEY.
DERIVED = "derived"


def data_key(text: str) -> str:
    """Return 32 bytes in base64url with padding; it may be absent in `text`."""
    if text == DERIVED:
        return DERIVED
    bare = text.rstrip("=")
    try:
        raw = base64.b64decode(bare + "=" * (-len(bare) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise InvalidValue("has a key that is not 32 bytes in base64url")
    return base64.urlsafe_b64encode(raw).decode()


def derive_data_key(secret_key: str) -> str:
    """Return a key for personal columns, derived from `SECRET_KEY` by HKDF (RFC 5869)."""
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"mobbscan-embed personal columns 1")
    return base64.urlsafe_b64encode(kdf.derive(secret_key.encode())).decode()


def result_key(value: Any) -> Any:
    """Return a private P-256 JWK."""
    try:
        key = ECKey.import_key(value)
        fits = key.is_private and key.curve_name == "P-256"
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        fits = False
    if not fits:
        raise InvalidValue("has a key that is not a private P-256 JWK (kty EC, crv P-256, with d)")
    return value


def refuse_repeated_key_ids(keys: tuple[Mapping[str, Any], ...]) -> tuple[Mapping[str, Any], ...]:
    """Refuse two keys with one `kid`: a receiver could not know which of them has signed.

    A key without a `kid` is named by its thumbprint (RFC 7638).
    """
    imported = (ECKey.import_key(dict(key)) for key in keys)
    ids = [key.kid or key.thumbprint() for key in imported]
    if len(set(ids)) < len(ids):
        raise InvalidValue("has two keys with the same kid")
    return keys
