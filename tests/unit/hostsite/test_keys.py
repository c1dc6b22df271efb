"""Signature verification: the key decides the algorithm, never the token. RFC 8725."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey, OKPKey

from tests.unit.hostsite.tokens import (
    EC_KEY,
    OKP_KEY,
    OTHER_SECRET,
    SECRET,
    claims,
    forged,
    part,
    public,
    refusal,
    signed,
    verified,
)

ALL_KEYS = (SECRET, public(EC_KEY), public(OKP_KEY))


@pytest.mark.parametrize(
    ("alg", "key", "known"),
    [
        ("HS256", SECRET, SECRET),
        ("ES256", EC_KEY, public(EC_KEY)),
        ("EdDSA", OKP_KEY, public(OKP_KEY)),
        ("ES256", EC_KEY, public(EC_KEY, use="sig", alg="ES256")),
    ],
)
def test_verify_each_algorithm_accepts_its_own_key_type(alg: str, key: Any, known: Any) -> None:
    assert verified(signed(key=key, alg=alg), known).subject == "ada-1"
    assert verified(signed(key=key, alg=alg), *ALL_KEYS).subject == "ada-1"


@pytest.mark.parametrize("alg", ["none", "nOnE", ""])
@pytest.mark.parametrize("secret", [None, b"", SECRET.encode()])
def test_verify_unsigned_token_is_refused(alg: str, secret: bytes | None) -> None:
    assert refusal(forged({"alg": alg}, claims(), secret), *ALL_KEYS) == "wrong_algorithm"


@pytest.mark.parametrize(
    "alg",
    ["HS512", "RS256", "ES384", "Ed25519", "hs256", "HS256 ", 7, None, ["HS256"]],
)
def test_verify_other_algorithm_is_refused(alg: Any) -> None:
    for header in ({"alg": alg}, {"typ": "JWT"}):
        token = forged(header, claims(), SECRET.encode())
        assert refusal(token, *ALL_KEYS) == "wrong_algorithm"


def public_texts(key: ECKey | OKPKey) -> list[bytes]:
    """Return a public key in every common text and binary format."""
    pem = key.as_pem(private=False)
    der = key.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return [pem, pem.strip(), der, json.dumps(public(key)).encode()]


@pytest.mark.parametrize("key", [EC_KEY, OKP_KEY], ids=["EC", "OKP"])
def test_verify_public_key_as_hmac_secret_is_refused(key: ECKey | OKPKey) -> None:
    for text in public_texts(key):
        token = forged({"alg": "HS256"}, claims(), text)
        assert refusal(token, public(key)) == "no_key"
        assert refusal(token, SECRET, public(key)) == "bad_signature"


@pytest.mark.parametrize("key", [EC_KEY, OKP_KEY], ids=["EC", "OKP"])
def test_verify_pem_configured_as_secret_is_no_key(key: ECKey | OKPKey) -> None:
    pem = key.as_pem(private=False)
    token = forged({"alg": "HS256"}, claims(), pem)
    assert refusal(token, pem.decode()) == "no_key"
    assert refusal(token, f"  \n{pem.decode()}") == "no_key"


def test_verify_secret_configured_as_jwk_is_no_key() -> None:
    assert refusal(signed(), {"kty": "oct", "k": part(SECRET.encode())}) == "no_key"


def test_verify_secret_below_32_bytes_is_no_key() -> None:
    short = "x" * 31
    assert refusal(forged({"alg": "HS256"}, claims(), short.encode()), short) == "no_key"
    assert refusal(forged({"alg": "HS256"}, claims(), b""), "") == "no_key"
    assert verified(signed(key=short + "x"), short + "x").subject == "ada-1"


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("HS256", OTHER_SECRET),
        ("ES256", ECKey.generate_key("P-256")),
        ("EdDSA", OKPKey.generate_key("Ed25519")),
    ],
)
def test_verify_other_key_is_refused(alg: str, key: Any) -> None:
    assert refusal(signed(key=key, alg=alg), *ALL_KEYS) == "bad_signature"


@pytest.mark.parametrize(("alg", "key"), [("HS256", SECRET), ("ES256", EC_KEY), ("EdDSA", OKP_KEY)])
def test_verify_changed_token_is_refused(alg: str, key: Any) -> None:
    header, payload, signature = signed(key=key, alg=alg).split(".")
    bens = part(claims(sub="ben-1"))
    assert refusal(f"{header}.{bens}.{signature}", *ALL_KEYS) == "bad_signature"
    assert refusal(f"{header}.{payload}.", *ALL_KEYS) == "bad_signature"
    assert refusal(f"{header}.{payload}.{signature[:-4]}", *ALL_KEYS) == "bad_signature"
    other_header = part({"alg": alg, "typ": "JWT"})
    assert refusal(f"{other_header}.{payload}.{signature}", *ALL_KEYS) == "bad_signature"


def test_verify_signature_of_other_algorithm_is_refused() -> None:
    _, payload, signature = signed(key=EC_KEY, alg="ES256").split(".")
    for alg in ("HS256", "EdDSA"):
        assert refusal(f"{part({'alg': alg})}.{payload}.{signature}", *ALL_KEYS) == "bad_signature"


def test_verify_zero_signature_is_refused() -> None:
    """CVE-2022-21449: r = s = 0 must not verify."""
    for alg in ("ES256", "EdDSA"):
        token = f"{part({'alg': alg})}.{part(claims())}.{part(bytes(64))}"
        assert refusal(token, *ALL_KEYS) == "bad_signature"


def test_verify_key_on_other_curve_is_no_key() -> None:
    wrong = ECKey.generate_key("P-384")
    token = f"{part({'alg': 'ES256'})}.{part(claims())}.{part(bytes(64))}"
    assert refusal(token, public(wrong)) == "no_key"


def test_verify_key_in_token_header_is_not_used() -> None:
    mallory = ECKey.generate_key("P-256")
    url = "https://mallory.test/keys"
    for header in ({"jwk": public(mallory)}, {"jku": url}, {"x5u": url}, {"x5c": ["MII"]}):
        token = signed(key=mallory, alg="ES256", **header)
        assert refusal(token, *ALL_KEYS) == "bad_signature"


def test_verify_unknown_headers_are_ignored() -> None:
    assert verified(signed(typ="JWT", cty="x", host="shop", more="x" * 1000)).subject == "ada-1"


@pytest.mark.parametrize("name", ["kid", "typ", "cty", "jku", "x5c", "x5t"])
def test_verify_null_header_counts_as_absent(name: str) -> None:
    header: dict[str, Any] = {name: None}
    assert verified(signed(**header)).subject == "ada-1"


@pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"crit": []}, {"b64": False}])
def test_verify_crit_or_b64_header_is_refused(header: dict[str, Any]) -> None:
    token = forged({"alg": "HS256", **header}, claims(), SECRET.encode())
    assert refusal(token) == "wrong_algorithm"


@pytest.mark.parametrize("kid", [7, {"a": 1}])
def test_verify_non_text_kid_is_malformed(kid: Any) -> None:
    assert refusal(forged({"alg": "HS256", "kid": kid}, claims(), SECRET.encode())) == "malformed"


def test_verify_secret_rotation_accepts_both_secrets() -> None:
    for secret in (SECRET, OTHER_SECRET):
        for token in (signed(key=secret), signed(key=secret, kid="any")):
            assert verified(token, SECRET, OTHER_SECRET).subject == "ada-1"


def test_verify_kid_selects_only_that_key() -> None:
    old, new = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    keys = (public(new, kid="new"), public(old, kid="old"))
    for key, header in ((old, {"kid": "old"}), (new, {"kid": "new"}), (old, {}), (new, {})):
        assert verified(signed(key=key, alg="ES256", **header), *keys).subject == "ada-1"
    assert refusal(signed(key=old, alg="ES256", kid="new"), *keys) == "bad_signature"
    assert refusal(signed(key=old, alg="ES256", kid="gone"), *keys) == "no_key"


def test_verify_unknown_kid_tries_keys_without_kid() -> None:
    named, nameless = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    keys = (public(named, kid="a"), public(nameless))
    assert verified(signed(key=nameless, alg="ES256", kid="b"), *keys).subject == "ada-1"
    assert refusal(signed(key=named, alg="ES256", kid="b"), *keys) == "bad_signature"


def test_verify_key_for_other_use_or_algorithm_is_no_key() -> None:
    token = signed(key=EC_KEY, alg="ES256")
    for stated in ({"use": "enc"}, {"alg": "ECDH-ES"}, {"alg": "ES384"}):
        assert refusal(token, public(EC_KEY, **stated)) == "no_key"


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"kty": "EC", "crv": "P-256"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": 7, "y": None},
        {"kty": ["EC"], "crv": "P-256"},
    ],
)
def test_verify_broken_key_is_skipped(broken: dict[str, Any]) -> None:
    token = signed(key=EC_KEY, alg="ES256")
    assert refusal(token, broken) == "no_key"
    assert verified(token, broken, public(EC_KEY)).subject == "ada-1"


def test_verify_without_keys_is_refused() -> None:
    assert refusal(signed(), keys=()) == "no_key"
