"""Select the site's keys that fit a token's algorithm, and verify its signature. RFC 8725, 3.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import ECKey, OctKey, OKPKey

# A string is a shared secret for HS256, a mapping is a public JWK.
KeyMaterial: TypeAlias = str | Mapping[str, Any]
Key: TypeAlias = OctKey | ECKey | OKPKey

ALGORITHMS = ("HS256", "ES256", "EdDSA")
_MIN_SECRET_BYTES = 32
_CURVES = {"ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}


def candidate_keys(keys: Sequence[KeyMaterial], algorithm: str, kid: str | None) -> list[Key]:
    """Return the keys whose type fits `algorithm`, in their order.

    A `kid` selects the keys with that id or, if there are none, the keys without an id, such as
    shared secrets. Skips unusable keys. A key is used for its own algorithm only, so a public key
    cannot serve as a secret.
    """
    fitting = [key for key in keys if _fits(key, algorithm)]
    if kid is not None:
        with_id = [key for key in fitting if _key_id(key) == kid]
        fitting = with_id or [key for key in fitting if _key_id(key) is None]
    imported = (_import_key(key) for key in fitting)
    return [key for key in imported if key is not None]


def is_signed_by(key: Key, token: str, algorithm: str) -> bool:
    """Return whether `key` signed a compact token. RFC 7515, 5.2."""
    registry = _SignatureRegistry(algorithms=[algorithm], strict_check_header=False)
    try:
        jws.deserialize_compact(token, key, registry=registry)
    except (JoseError, ValueError, TypeError):
        return False
    return True


class _SignatureRegistry(jws.JWSRegistry):
    """joserfc's registry with a higher header limit and without its warning about EdDSA.

    RFC 9864 replaces the name EdDSA, but the JWT libraries of host sites still write it.
    """

    max_header_length = 8192

    def check_header(self, header: dict[str, Any]) -> None:
        """Check `alg` only: some libraries write `null` for a parameter without a value.

        The caller refuses `crit` and `b64`.
        """
        super().check_header({"alg": header["alg"]})

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


def _key_id(key: KeyMaterial) -> object:
    return None if isinstance(key, str) else key.get("kid")


def _import_key(key: KeyMaterial) -> Key | None:
    try:
        if isinstance(key, str):
            # A public key or a certificate in PEM is not secret.
            return None if "-----BEGIN" in key else OctKey.import_key(key)
        if key.get("kty") == "EC":
            return ECKey.import_key(dict(key))
        return OKPKey.import_key(dict(key))
    except (JoseError, ValueError, TypeError, KeyError):
        return None
