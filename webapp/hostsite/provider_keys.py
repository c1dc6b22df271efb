"""Verify ID tokens with the usable keys of the identity provider's key set."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OctKey, OKPKey, RSAKey

#: Members that make up a public key (RFC 7518 6, RFC 8037 2). The others are not needed, and a flaw
#: in one of them does not spoil a key.
_MATERIAL = ("kty", "n", "e", "crv", "x", "y")
#: Parameters that decide how a token is verified (RFC 7515 4.1, RFC 7797).
_CHECKED_HEADERS = ("alg", "crit", "b64")
#: RFC 7518 3.3.
_MIN_RSA_BITS = 2048
_KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_log = logging.getLogger(__name__)


class _Registry(jws.JWSRegistry):
    """Takes the long headers and payloads of providers that send certificates and groups.

    The type of a header that verifies nothing, such as a number as `kid`, spoils no token.
    """

    max_header_length = 16 * 1024
    max_payload_length = 512 * 1024

    def check_header(self, header: dict[str, Any]) -> None:
        super().check_header({name: header[name] for name in _CHECKED_HEADERS if name in header})


@dataclass(frozen=True)
class _Key:
    """A public key; `kid` and `alg` are None when the key set does not name them."""

    key: RSAKey | ECKey | OKPKey
    kid: str | None
    alg: str | None


class ProviderKeys:
    """The public signature keys of a key set (RFC 7517 5); all others are skipped and logged."""

    def __init__(self, document: Any) -> None:
        """Raises ValueError for a document that is no key set."""
        entries = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(entries, list):
            raise ValueError("the key set is unreadable")
        found = [_usable_key(entry) for entry in entries]
        self._keys = [key for key in found if key is not None]
        if len(self._keys) < len(entries):
            counts = {"skipped": len(entries) - len(self._keys), "usable": len(self._keys)}
            _log.warning("provider_keys_skipped", extra=counts)

    def verify(self, token: str, algorithms: Sequence[str]) -> jwt.Token | None:
        """Return header and claims of a token that one of the keys has signed, otherwise None.

        Providers publish several keys under one `kid`, and keys without one, so every key that may
        be meant is tried. A token with an algorithm that is not in `algorithms` counts as unsigned.
        Raises JoseError or ValueError for a text that is no signed token.
        """
        registry = _Registry(algorithms=list(algorithms), strict_check_header=False)
        header = jws.extract_compact(token.encode(), registry=registry).headers()
        if header.get("alg") not in algorithms:
            return None
        for key in self._keys:
            if _may_have_signed(key, header):
                try:
                    return jwt.decode(token, key.key, registry=registry)
                except (JoseError, ValueError):
                    continue
        return None


def _may_have_signed(key: _Key, header: dict[str, Any]) -> bool:
    algorithm, kid = str(header["alg"]), header.get("kid")
    if key.key.key_type != _KEY_TYPES.get(algorithm[:2]) or key.alg not in (None, algorithm):
        return False
    return kid in (None, "") or key.kid in (None, str(kid))


def _usable_key(entry: Any) -> _Key | None:
    """Return the key of an entry; None if it is malformed, secret, weak or not for signatures."""
    try:
        if not _is_for_signatures(entry):
            return None
        key = JWKRegistry.import_key({name: entry[name] for name in _MATERIAL if name in entry})
        if isinstance(key, OctKey) or (isinstance(key, RSAKey) and _is_weak(key)):
            return None
        kid, alg = entry.get("kid"), entry.get("alg")
        return _Key(key, None if kid is None else str(kid), alg if isinstance(alg, str) else None)
    except Exception:  # noqa: BLE001 - joserfc and cryptography raise many classes for bad keys
        return None


def _is_weak(key: RSAKey) -> bool:
    return key.public_key.key_size < _MIN_RSA_BITS


def _is_for_signatures(entry: dict[str, Any]) -> bool:
    operations = entry.get("key_ops")
    return entry.get("use") in (None, "", "sig") and (not operations or "verify" in operations)
