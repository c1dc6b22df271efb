"""verify_handoff: claims, lifetime and token format."""

import pickle
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.hostsite.tokens import (
    AUDIENCE,
    NOW,
    SECOND,
    SECRET,
    SITE,
    claims,
    forged,
    part,
    refusal,
    signed,
    verified,
)
from webapp.hostsite import HandoffClaims, HandoffRefused, read_unverified_issuer
from webapp.hostsite.jwt_parsing import MAX_CHARACTERS


def test_verify_valid_token_returns_its_claims() -> None:
    optional = {
        "name": "Ada Lovelace",
        "locale": "es",
        "flow": "quick",
        "return_url": "https://shop.test/account?a=1",
        "state": "xyz",
    }
    times = (NOW, NOW + timedelta(seconds=120))
    expected = HandoffClaims("ada-1", "once-1", *times, **optional)
    # Unknown claims are ignored.
    handoff = verified(signed(claims(role="admin", nested={"a": [1]}, **optional)))
    assert handoff == expected
    assert handoff.issued_at.tzinfo is UTC


def test_verify_absent_null_or_empty_optional_claim_is_none() -> None:
    names = ("name", "locale", "flow", "return_url", "state")
    for content in ({}, dict.fromkeys(names), dict.fromkeys(names, "")):
        handoff = verified(signed({**claims(), **content}))
        assert {getattr(handoff, name) for name in names} == {None}


@pytest.mark.parametrize("issuer", [None, "", "Shop", "shop2", ["shop"]])
def test_verify_other_issuer_is_refused(issuer: Any) -> None:
    assert refusal(signed(claims(iss=issuer))) == "wrong_issuer"


@pytest.mark.parametrize(
    "audience",
    [AUDIENCE, AUDIENCE + "/", [AUDIENCE], ["https://other.test", AUDIENCE], [7, AUDIENCE]],
)
def test_verify_audience_in_list_or_with_trailing_slash_is_accepted(audience: Any) -> None:
    assert verified(signed(claims(aud=audience))).subject == "ada-1"
    assert verified(signed(claims(aud=audience)), audience=AUDIENCE + "/").subject == "ada-1"


@pytest.mark.parametrize(
    "audience",
    [
        None, "", [], "https://embed.test", AUDIENCE + "/more", AUDIENCE.upper(), AUDIENCE + "//",
        AUDIENCE + " ", ["https://embed.test", "shop"], [[AUDIENCE]], {"aud": AUDIENCE},
    ],
)  # fmt: skip
def test_verify_other_audience_is_refused(audience: Any) -> None:
    assert refusal(signed(claims(aud=audience))) == "wrong_audience"


@pytest.mark.parametrize("value", [None, "", "   ", 7, "x" * 256, "a\nb", "\ud800"], ids=ascii)
@pytest.mark.parametrize(("name", "code"), [("sub", "no_subject"), ("jti", "no_jti")])
def test_verify_unusable_subject_or_jti_is_refused(name: str, code: str, value: Any) -> None:
    assert refusal(signed(claims(**{name: value}))) == code


@pytest.mark.parametrize("name", ["return_url", "state"])
def test_verify_2048_characters_of_return_url_or_state_are_accepted(name: str) -> None:
    assert getattr(verified(signed(claims(**{name: "x" * 2048}))), name) == "x" * 2048


def test_verify_255_characters_of_any_script_are_accepted() -> None:
    assert verified(signed(claims(sub="ä" * 255))).subject == "ä" * 255
    assert verified(signed(claims(jti="時" * 255))).jti == "時" * 255


UNFIT = ("x" * 2049, "a\x00", "\u202eadA")


@pytest.mark.parametrize("value", [7, 0, False, ["es"], {"a": "es"}], ids=str)
@pytest.mark.parametrize("name", ["name", "locale", "flow", "return_url", "state"])
def test_verify_optional_claim_of_other_type_is_left_out(name: str, value: Any) -> None:
    handoff = verified(signed(claims(**{name: value})))
    assert (getattr(handoff, name), handoff.unusable) == (None, (name,))


@pytest.mark.parametrize("value", UNFIT, ids=ascii)
@pytest.mark.parametrize("name", ["name", "locale", "state"])
def test_verify_unfit_name_locale_or_state_is_left_out(name: str, value: str) -> None:
    handoff = verified(signed(claims(**{name: value})))
    assert (getattr(handoff, name), handoff.unusable) == (None, (name,))


@pytest.mark.parametrize("value", UNFIT, ids=ascii)
@pytest.mark.parametrize("name", ["flow", "return_url"])
def test_verify_any_text_of_flow_and_return_url_is_kept_for_the_caller(
    name: str, value: str
) -> None:
    assert getattr(verified(signed(claims(**{name: value}))), name) == value


@pytest.mark.parametrize(
    ("iat", "exp", "seconds_later"),
    [
        (0, 300, 329),  # within the clock skew after its end
        (30, 330, 0),  # the host site's clock is 30 s ahead
        (-299, 1, 0),
        (0.5, 100.5, 50),
    ],
)
def test_verify_time_within_lifetime_and_skew_is_accepted(
    iat: float, exp: float, seconds_later: float
) -> None:
    token = signed(claims(iat=SECOND + iat, exp=SECOND + exp))
    assert verified(token, now=NOW + timedelta(seconds=seconds_later)).subject == "ada-1"


@pytest.mark.parametrize(
    ("iat", "exp", "code"),
    [
        (0, 301, "too_long_lived"),
        (0, 300.001, "too_long_lived"),
        (0, 0, "too_long_lived"),
        (-330, -30, "expired"),
        (31, 200, "not_yet_valid"),
    ],
)
def test_verify_time_outside_lifetime_is_refused(iat: float, exp: float, code: str) -> None:
    times = {"iat": SECOND + iat, "exp": SECOND + exp}
    assert refusal(signed(claims(**times))) == code
    assert refusal(signed(claims(nbf=SECOND, **times))) == code


def test_verify_nbf_in_future_is_refused_until_then() -> None:
    token = signed(claims(nbf=SECOND + 60))
    assert refusal(token) == "not_yet_valid"
    assert verified(token, now=NOW + timedelta(seconds=60)).subject == "ada-1"


@pytest.mark.parametrize("value", [None, str(SECOND), True, [SECOND], -1, 253_370_764_800, 10**400])
@pytest.mark.parametrize("name", ["iat", "exp"])
def test_verify_unusable_iat_or_exp_is_refused(name: str, value: Any) -> None:
    assert refusal(signed(claims(**{name: value}))) == "no_times"


@pytest.mark.parametrize("value", ["soon", True, -1, []])
def test_verify_unusable_nbf_is_refused(value: Any) -> None:
    assert refusal(signed(claims(nbf=value))) == "no_times"


@pytest.mark.parametrize("number", ["NaN", "1e999"])
def test_verify_non_finite_exp_is_refused(number: str) -> None:
    payload = (
        f'{{"iss":"{SITE}","aud":"{AUDIENCE}","sub":"a","jti":"b","iat":{SECOND},"exp":{number}}}'
    )
    assert refusal(signed(payload.encode())) == "malformed"


HEADERS = (b"[]", b"7", b"{", b"\xff", b"[" * 2000)
PAYLOADS = (b"[]", b"null", b"", b"\xff", b'{"iss": "shop", "iss": "shop"}', b"[" * 2400)
NOT_TOKENS = [
    "", "..", "a.b", "a.b.c.d", "a b.c.d", signed() + "\n", " " + signed(), signed() + "=",
    signed().replace(".", ",", 1), "Bearer " + signed(), signed() + "é",
    *[f"{part(header)}.{part(claims())}.c2ln" for header in HEADERS],
    f"A.{part(claims())}.c2ln",
    *[signed(payload) for payload in PAYLOADS],
]  # fmt: skip


@pytest.mark.parametrize("token", NOT_TOKENS, ids=range(len(NOT_TOKENS)))
def test_verify_malformed_token_is_refused(token: str) -> None:
    assert refusal(token) == "malformed"
    with pytest.raises(HandoffRefused):
        read_unverified_issuer(token)


def test_verify_token_over_size_limit_is_too_large() -> None:
    assert refusal("x" * (MAX_CHARACTERS + 1)) == "too_large"
    assert refusal("x" * MAX_CHARACTERS) == "malformed"


def test_handoff_refused_too_large_fix_names_limit_and_claims() -> None:
    fix = HandoffRefused("too_large").fix
    assert all(text in fix for text in (f"{MAX_CHARACTERS:,}", "name", "state"))


@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda data: f"{part(data)}.e30.c2ln"))
def test_verify_arbitrary_text_is_refused(token: str) -> None:
    with pytest.raises(HandoffRefused):
        verified(token)


def test_read_unverified_issuer_returns_issuer_or_refuses() -> None:
    assert read_unverified_issuer(signed(key=SECRET)) == SITE
    assert read_unverified_issuer(forged({"alg": "none"}, claims(iss="other"), None)) == "other"
    for issuer in (None, "", 7, ["shop"]):
        with pytest.raises(HandoffRefused) as refused:
            read_unverified_issuer(signed(claims(iss=issuer)))
        assert refused.value.code == "wrong_issuer"


def test_handoff_refused_contains_nothing_of_the_token_and_pickles() -> None:
    marker = "marker-4471"
    content = claims(sub=marker, jti=marker, name=marker, state=marker, return_url=marker)
    for changed in (
        {"exp": SECOND - 1000}, {"aud": marker}, {"iss": marker}, {"nbf": marker}, {"iat": marker},
    ):  # fmt: skip
        with pytest.raises(HandoffRefused) as refused:
            verified(signed({**content, **changed}))
        text = str(refused.value) + repr(refused.value) + refused.value.fix
        assert marker not in text
        travelled = pickle.loads(pickle.dumps(refused.value))
        assert (travelled.code, travelled.fix) == (refused.value.code, refused.value.fix)


def test_handoff_claims_repr_contains_no_personal_data() -> None:
    marker = "marker-4471"
    handoff = verified(
        signed(claims(sub=marker, jti=marker, name=marker, state=marker, flow=marker))
    )
    assert marker not in repr(handoff)
