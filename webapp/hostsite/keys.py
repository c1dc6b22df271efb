"""Which of a site's keys may have signed a token. RFC 8725, 3.1: the key decides, not the token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import ECKey, OctKey, OKPKey

# A text is a shared secret for HS256, a mapping a public JWK.
KeyMaterial: TypeAlias = str | Mapping[str, Any]
Key: TypeAlias = OctKey | ECKey | OKPKey

ALGORITHMS = ("HS256", "ES256", "EdDSA")
_MIN_SECRET_BYTES = 32
_CURVES = {"ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}


def fitting_keys(keys: Sequence[KeyMaterial], algorithm: str, kid: str | None) -> list[Key]:
    """The keys whose kind fits `algorithm`, in their order.

    A `kid` narrows them to keys of that name, and where none has it to keys without a name:
    a shared secret has none. Unusable keys fit nothing. No key is ever used for another
    algorithm than its own, so a public key can never serve as a secret.
    """
    fitting = [key for key in keys if _fits(key, algorithm)]
    if kid is not None:
        named = [key for key in fitting if _name(key) == kid]
        fitting = named or [key for key in fitting if _name(key) is None]
    found = (_usable(key) for key in fitting)
    return [key for key in found if key is not None]


def signed_by(key: Key, token: str, algorithm: str) -> bool:
    """Whether `key` made the signature of a compact token. RFC 7515, 5.2."""
    registry = _Registry(algorithms=[algorithm], strict_check_header=False)
    try:
        jws.deserialize_compact(token, key, registry=registry)
    except (JoseError, ValueError, TypeError):
        return False
    return True


class _Registry(jws.JWSRegistry):
    """joserfc's rules without its limit on the header, and without its warning.

    It warns of the name EdDSA, which RFC 9864 replaces; hosts' libraries still write it.
    """

    max_header_length = 8192

    def get_alg(self, name: str) -> JWSAlgModel:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


def _fits(key: KeyMaterial, algorithm: str) -> bool:
    if isinstance(key, str):
        return algorithm == "HS256" and len(key.encode()) >= _MIN_SECRET_BYTES
    return (
        (key.get("kty"), key.get("crv")) == _CURVES.get(algorithm)
        and key.get("alg", algorithm) == algorithm
        and key.get("use", "sig") == "sig"
    )


def _name(key: KeyMaterial) -> object:
    return None if isinstance(key, str) else key.get("kid")


def _usable(key: KeyMaterial) -> Key | None:
    try:
        if isinstance(key, str):
            # Refuses texts that are public keys or certificates: everybody knows those.
            return None if "-----BEGIN" in key else OctKey.import_key(key)
        if key.get("kty") == "EC":
            return ECKey.import_key(dict(key))
        return OKPKey.import_key(dict(key))
    except (JoseError, ValueError, TypeError, KeyError):
        return None
