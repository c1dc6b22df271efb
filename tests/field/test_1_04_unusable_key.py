"""Unusable keys in the provider's key set are skipped; the good one beside them verifies."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests.support.faulty_provider import FaultyProvider
from tests.support.oidc_login import NewLoginServer, is_signed_in, log_in
from tests.support.stack import Stack


def public(key: RSAKey | ECKey | OctKey, **members: Any) -> dict[str, Any]:
    return {**dict(key.as_dict(private=isinstance(key, OctKey))), **members}


def rsa(bits: int, **members: str) -> RSAKey:
    with warnings.catch_warnings():
        # joserfc warns of short keys.
        warnings.simplefilter("ignore", SecurityWarning)
        return RSAKey.generate_key(bits, dict(members) or None)  # type: ignore[arg-type]


GOOD_RSA = RSAKey.generate_key(2048)
UNUSABLE = {
    "malformed RSA": {"kty": "RSA", "kid": "2", "n": "!!!", "e": "AQAB"},
    "RSA without modulus": {"kty": "RSA", "kid": "2", "e": "AQAB"},
    "RSA with an empty modulus": {"kty": "RSA", "kid": "2", "n": "", "e": ""},
    "EC off the curve": {"kty": "EC", "kid": "2", "crv": "P-256", "x": "AQ", "y": "AQ"},
    "unknown type": {"kty": "AKP", "kid": "2", "alg": "ML-DSA-44", "pub": "AQ"},
    "no type": {"kid": "2"},
    "not an object": "a key",
    "null": None,
    "number as kid": {"kty": "RSA", "kid": 7, "n": "AQAB", "e": "AQAB"},
    "for encryption, same kid": public(ECKey.generate_key("P-256"), kid="1", use="enc"),
    "for other operations, same kid": public(
        ECKey.generate_key("P-256"), kid="1", key_ops=["deriveBits"]
    ),
    "short RSA, same kid": public(rsa(1024), kid="1"),
    "other algorithm, same kid": public(GOOD_RSA, kid="1", alg="RS256"),
    "another key of the same kid": public(ECKey.generate_key("P-256"), kid="1"),
    "secret, same kid": public(OctKey.generate_key(256), kid="1"),
}


@pytest.mark.parametrize("unusable", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_login_with_an_unusable_key_beside_the_good_one_signs_in(
    provider: FaultyProvider, login_server: Stack, unusable: Any
) -> None:
    provider.published = [unusable, public(provider.key)]
    assert is_signed_in(log_in(login_server))


@pytest.mark.parametrize(
    "flaw",
    [{"use": None, "key_ops": None, "x5c": "none"}, {"x5t": 7, "exp": "never"}, {"use": ""}],
    ids=str,
)
def test_login_with_a_key_whose_optional_members_are_flawed_signs_in(
    provider: FaultyProvider, login_server: Stack, flaw: dict[str, Any]
) -> None:
    provider.published = [public(provider.key, **flaw)]
    assert is_signed_in(log_in(login_server))


@pytest.mark.parametrize("kid", [None, "another"], ids=["key without kid", "kid of no key"])
def test_login_with_keys_whose_kid_does_not_help_signs_in_only_without_kid(
    provider: FaultyProvider, login_server: Stack, kid: str | None
) -> None:
    only = {name: value for name, value in public(provider.key, kid=kid).items() if value}
    provider.published = [only]
    assert is_signed_in(log_in(login_server)) == (kid is None)


def test_login_with_a_token_without_kid_signs_in(
    provider: FaultyProvider, login_server: Stack
) -> None:
    provider.published = [public(ECKey.generate_key("P-256"), kid="2"), public(provider.key)]
    provider.header = {"alg": "ES256"}
    assert is_signed_in(log_in(login_server))


@pytest.mark.parametrize("bits", [1024, 1536])
def test_login_with_a_short_rsa_key_only_is_refused(
    provider: FaultyProvider, new_login_server: NewLoginServer, bits: int
) -> None:
    provider.key = rsa(bits, kid="1")  # type: ignore[assignment]
    provider.header = {"alg": "RS256", "kid": "1"}
    provider.metadata = {"id_token_signing_alg_values_supported": ["RS256"]}
    page = log_in(new_login_server())
    assert page.status in (401, 503)
    assert "Ada Lovelace" not in page.text
