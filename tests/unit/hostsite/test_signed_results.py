"""Signed results: a host site verifies them with the published keys and any JWT library."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from webapp.hostsite.signed_results import (
    RETURN_LIFETIME,
    ResultClaims,
    ResultSigner,
    generate_result_key,
)

ISSUER = "https://shop.example/verify"
NOW = datetime(2026, 1, 10, 9, 0, 0, 700_000, tzinfo=UTC)
SECOND = 1_768_035_600
ID = "0b9e1c1e-6f3c-4f5e-9a35-0d3c0a4f1d11"
OLD, NEW = generate_result_key(), generate_result_key()


def signer(*keys: Any) -> ResultSigner:
    return ResultSigner(ISSUER, keys or (NEW,), lambda: NOW)


def claims(**changes: Any) -> ResultClaims:
    return ResultClaims(
        **{"site": "shop", "subject": "ada-1", "onboarding": ID, "status": "verified", **changes}
    )


def part(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload, _ = token.split(".")
    return json.loads(part(header)), json.loads(part(payload))


def verify_by_hand(token: str, jwk: dict[str, str]) -> None:
    """Verify by RFC 7518 3.4 without a JOSE library. Raises InvalidSignature."""
    signed, _, signature = token.rpartition(".")
    raw = part(signature)
    assert len(raw) == 64
    x, y = (int.from_bytes(part(jwk[name]), "big") for name in ("x", "y"))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
    public.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(SHA256()))


def test_sign_without_lifetime_has_the_documented_claims_and_no_exp() -> None:
    header, payload = read(signer().sign(claims()))
    assert header == {"typ": "JWT", "alg": "ES256", "kid": NEW["kid"]}
    assert len(payload.pop("jti")) >= 20
    assert payload == {
        "iss": ISSUER,
        "aud": "shop",
        "sub": "ada-1",
        "onboarding": ID,
        "status": "verified",
        "iat": SECOND,
    }


def test_sign_for_the_return_expires_after_five_minutes_and_returns_the_state() -> None:
    _, payload = read(signer().sign(claims(state="ünïcode &#?"), lifetime=RETURN_LIFETIME))
    assert (payload["iat"], payload["exp"]) == (SECOND, SECOND + 300)
    assert payload["state"] == "ünïcode &#?"


def test_sign_with_a_lifetime_of_a_minute_expires_after_a_minute() -> None:
    assert read(signer().sign(claims(), lifetime=timedelta(minutes=1)))[1]["exp"] == SECOND + 60


def test_sign_empty_state_is_returned_as_it_came() -> None:
    assert read(signer().sign(claims(state="")))[1]["state"] == ""


def test_sign_twice_gives_two_ids() -> None:
    one = signer()
    ids = {read(one.sign(claims()))[1]["jti"] for _ in range(50)}
    assert len(ids) == 50


def test_signature_verifies_by_the_rfc_with_the_published_key_only() -> None:
    token = signer(NEW, OLD).sign(claims())
    new, old = signer(NEW, OLD).public_keys()["keys"]
    verify_by_hand(token, new)
    with pytest.raises(InvalidSignature):
        verify_by_hand(token, old)


def test_rotation_old_results_verify_and_the_newest_key_signs() -> None:
    before, after = signer(OLD).sign(claims()), signer(NEW, OLD)
    published = KeySet.import_key_set(after.public_keys())  # type: ignore[arg-type]
    for token in (before, after.sign(claims())):
        assert jwt.decode(token, published, algorithms=["ES256"]).claims["sub"] == "ada-1"
    assert read(after.sign(claims()))[0]["kid"] == NEW["kid"]
    assert read(before)[0]["kid"] == OLD["kid"]


def test_public_keys_hold_nothing_of_the_private_half() -> None:
    keys = signer({**NEW, "key_ops": ["sign"], "note": "ours"}, OLD).public_keys()["keys"]
    expected = {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert [set(key) for key in keys] == [expected, expected]
    assert {(key["use"], key["alg"]) for key in keys} == {("sig", "ES256")}
    assert NEW["d"] not in json.dumps(keys)


def test_key_without_kid_is_named_by_its_thumbprint() -> None:
    bare = {name: NEW[name] for name in ("kty", "crv", "x", "y", "d")}
    assert read(signer(bare).sign(claims()))[0]["kid"] == NEW["kid"]
    assert signer(bare).public_keys()["keys"][0]["kid"] == ECKey.import_key(dict(NEW)).thumbprint()


def test_key_with_its_own_kid_keeps_it() -> None:
    named = signer({**NEW, "kid": "2026-01"})
    assert read(named.sign(claims()))[0]["kid"] == "2026-01"
    assert named.public_keys()["keys"][0]["kid"] == "2026-01"


def test_key_listed_twice_is_published_once() -> None:
    assert len(signer(NEW, NEW).public_keys()["keys"]) == 1


def test_signer_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        ResultSigner(ISSUER, (), lambda: NOW)


def test_generated_keys_differ() -> None:
    assert OLD["d"] != NEW["d"]


def test_claims_show_no_subject_and_no_state() -> None:
    shown = repr(claims(state="secret-state"))
    assert "ada-1" not in shown
    assert "secret-state" not in shown
