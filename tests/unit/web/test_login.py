"""Login at the identity provider, with every answer that must not open a session."""

from __future__ import annotations

import base64
import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests.unit.web.conftest import LOCAL, MakeApp, form_token
from tests.unit.web.fake_provider import CLIENT_ID, FakeProvider, log_in, login_at
from tests.unit.web.fakes import steps_of
from webapp.web.login.identity_provider import init_identity_provider


@pytest.fixture
def client(company: Flask) -> FlaskClient:
    return company.test_client()


def test_login_signs_the_user_in(
    company: Flask, client: FlaskClient, provider: FakeProvider
) -> None:
    answer = log_in(client, provider)
    assert (answer.status_code, answer.location) == (303, "/")
    (visitor,) = steps_of(company).sessions.values()
    assert (visitor.person.subject, visitor.person.name, visitor.via) == ("ada", "Ada", "oidc")
    assert "Ada" in client.get("/").text


def test_login_request_has_state_nonce_and_pkce(
    client: FlaskClient, provider: FakeProvider
) -> None:
    asked = provider.receive(client.get("/login?site=shop", headers={"Host": "evil"}).location)
    assert asked["redirect_uri"] == f"{LOCAL}/login/callback"
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 20


def test_login_callback_address_carries_the_prefix(
    make_app: MakeApp, provider: FakeProvider
) -> None:
    app = make_app("https://shop.example/verify", **login_at(provider))
    asked = provider.receive(app.test_client().get("/login").location)
    assert asked["redirect_uri"] == "https://shop.example/verify/login/callback"


def test_callback_in_another_browser_opens_no_session(
    company: Flask, client: FlaskClient, provider: FakeProvider
) -> None:
    asked = provider.receive(client.get("/login").location)
    other = company.test_client()
    answer = other.get("/login/callback", query_string={"code": "one", "state": asked["state"]})
    assert answer.status_code == 400
    assert steps_of(company).sessions == {}
    assert "/token" not in provider.requests


def test_callback_repeated_opens_one_session(
    company: Flask, client: FlaskClient, provider: FakeProvider
) -> None:
    asked = provider.receive(client.get("/login").location)
    fields = {"code": "one", "state": asked["state"]}
    assert client.get("/login/callback", query_string=fields).status_code == 303
    again = client.get("/login/callback", query_string=fields)
    assert (again.status_code, again.location) == (303, "/")
    assert len(steps_of(company).sessions) == 1


@pytest.mark.parametrize(
    "headers",
    [{"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"}],
)
def test_callback_prefetched_uses_nothing_up(
    client: FlaskClient, provider: FakeProvider, headers: dict[str, str]
) -> None:
    asked = provider.receive(client.get("/login").location)
    fields = {"code": "one", "state": asked["state"]}
    ahead = client.get("/login/callback", query_string=fields, headers=headers)
    assert ahead.status_code == 503
    assert client.head("/login/callback", query_string=fields).status_code == 503
    assert "/token" not in provider.requests
    assert client.get("/login/callback", query_string=fields).location == "/"


@pytest.mark.parametrize(("minutes", "status"), [(59, 303), (61, 400)])
def test_callback_after_an_hour_opens_no_session(
    company: Flask, client: FlaskClient, provider: FakeProvider, minutes: int, status: int
) -> None:
    asked = provider.receive(client.get("/login").location)
    fields = {"code": "one", "state": asked["state"]}
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=minutes)):
        assert client.get("/login/callback", query_string=fields).status_code == status
    assert bool(steps_of(company).sessions) == (status == 303)


FORGERIES: list[dict[str, Any]] = [
    {"iss": "https://evil.example"},
    {"aud": "another-client"},
    {"aud": "another-client", "azp": CLIENT_ID},
    {"aud": [CLIENT_ID, "another-client"]},
    {"nonce": "another-login"},
    {"nonce": None},
    {"exp": 1},
    {"exp": None},
    {"iat": 4102444800},
    {"sub": None},
    {"sub": ""},
    {"sub": "x" * 256},
    {"sub": 7},
    {"sub": "  "},
    {"sub": "ada\x00"},
    {"sub": "ada\ud800"},
]


@pytest.mark.parametrize("claims", FORGERIES, ids=str)
def test_id_token_with_bad_claims_opens_no_session(
    company: Flask, client: FlaskClient, provider: FakeProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert log_in(client, provider).status_code == 401
    assert steps_of(company).sessions == {}


def test_id_token_with_a_bad_signature_opens_no_session(
    company: Flask, client: FlaskClient, provider: FakeProvider
) -> None:
    foreign = ECKey.generate_key("P-256")
    for sign in (
        lambda claims: jwt.encode({"alg": "ES256", "kid": "1"}, claims, foreign),
        provider.symmetric,
        unsigned,
        lambda claims: "no token at all",
    ):
        provider.sign = sign
        assert log_in(client, provider).status_code == 401
    assert steps_of(company).sessions == {}


def test_id_token_signed_with_a_published_symmetric_key_opens_no_session(
    company: Flask, client: FlaskClient, provider: FakeProvider
) -> None:
    secret = OctKey.generate_key(256, {"kid": "secret"})
    provider.more_keys = [secret.as_dict(private=True)]
    provider.sign = lambda claims: jwt.encode({"alg": "HS256", "kid": "secret"}, claims, secret)
    assert log_in(client, provider).status_code == 401
    assert steps_of(company).sessions == {}


def unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode() for p in parts) + "."


def test_login_after_key_rotation_succeeds(client: FlaskClient, provider: FakeProvider) -> None:
    assert log_in(client, provider).status_code == 303
    provider.key = ECKey.generate_key("P-256", {"kid": "2"})
    provider.sign = lambda claims: jwt.encode({"alg": "ES256", "kid": "2"}, claims, provider.key)
    assert log_in(client, provider).status_code == 303


def test_login_after_the_provider_changes_its_algorithm_succeeds(
    client: FlaskClient, provider: FakeProvider
) -> None:
    before = RSAKey.generate_key(2048, {"kid": "2"})
    provider.more_keys = [before.as_dict(private=False)]
    provider.metadata = {"id_token_signing_alg_values_supported": ["RS256"]}
    provider.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "2"}, claims, before)
    assert log_in(client, provider).status_code == 303
    provider.metadata, provider.sign = {}, None
    assert log_in(client, provider).status_code == 303


@pytest.mark.parametrize(
    "claims",
    [{"amr": "pwd"}, {"auth_time": "1796063025"}, {"acr": 1}, {"jti": 5}],
    ids=str,
)
def test_id_token_with_unusable_claims_that_decide_nothing_opens_a_session(
    client: FlaskClient, provider: FakeProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert log_in(client, provider).status_code == 303


@pytest.mark.parametrize(
    "header",
    [{"kid": 1}, {"kid": None}, {"kid": ""}, {"typ": None}, {"kid": "1", "x5c": "text"}],
    ids=str,
)
def test_id_token_with_header_of_another_type_opens_a_session(
    client: FlaskClient, provider: FakeProvider, header: dict[str, Any]
) -> None:
    provider.sign = lambda claims: signed_with(provider.key, {"alg": "ES256", **header}, claims)
    assert log_in(client, provider).status_code == 303


@pytest.mark.parametrize("header", [{"crit": ["exp"], "exp": 1}, {"crit": ["kid"]}], ids=str)
def test_id_token_with_critical_header_opens_no_session(
    company: Flask, client: FlaskClient, provider: FakeProvider, header: dict[str, Any]
) -> None:
    header = {"alg": "ES256", "kid": "1", **header}
    provider.sign = lambda claims: signed_with(provider.key, header, claims)
    assert log_in(client, provider).status_code == 401
    assert steps_of(company).sessions == {}


def signed_with(key: ECKey, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Sign without a JOSE library, which would check the header."""
    parts = [base64.urlsafe_b64encode(json.dumps(p).encode()) for p in (header, claims)]
    signed = b".".join(part.rstrip(b"=") for part in parts)
    assert key.private_key
    encoded = key.private_key.sign(signed, ECDSA(SHA256()))
    raw = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(encoded))
    return f"{signed.decode()}.{base64.urlsafe_b64encode(raw).decode().rstrip('=')}"


def test_callback_naming_another_issuer_opens_no_session(
    company: Flask, client: FlaskClient, provider: FakeProvider
) -> None:
    assert log_in(client, provider, iss="https://evil.example").status_code == 401
    assert "/token" not in provider.requests
    assert log_in(client, provider, iss=provider.issuer).status_code == 303


def test_callback_of_a_refusal_shows_a_page(client: FlaskClient, provider: FakeProvider) -> None:
    for answer in (
        {"error": "access_denied"},
        {"error": "access_denied", "state": ""},
        {"error": "user_cancelled_authorize"},
        {"error": "user_cancelled_login"},
    ):
        page = log_in(client, provider, **answer)
        assert page.status_code == 200
        assert "did not finish logging in" in page.text


def test_login_after_the_provider_has_refused_every_prompt_asks_for_none(
    client: FlaskClient, provider: FakeProvider
) -> None:
    log_in(client, provider)
    client.post("/logout", data={"csrf_token": form_token(client.get("/").text)})
    answer, prompts = client.get("/login"), []
    while answer.status_code == 302:
        asked = provider.receive(answer.location)
        prompts.append(asked["prompt"])
        fields = {"error": "invalid_request", "state": asked["state"]}
        answer = client.get("/login/callback", query_string=fields)
    assert (answer.status_code, prompts) == (401, ["select_account", "login"])
    assert "prompt" not in provider.receive(client.get("/login").location)


def test_callback_while_the_provider_fails_is_503(
    client: FlaskClient, provider: FakeProvider
) -> None:
    asked = provider.receive(client.get("/login").location)
    provider.status = 500
    fields = {"code": "one", "state": asked["state"]}
    answer = client.get("/login/callback", query_string=fields)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_login_after_a_failed_discovery_succeeds(
    client: FlaskClient, provider: FakeProvider
) -> None:
    provider.status = 503
    assert client.get("/login").status_code == 503
    provider.status = 200
    assert log_in(client, provider).status_code == 303


def test_login_when_discovery_names_another_issuer_is_503(
    client: FlaskClient, provider: FakeProvider
) -> None:
    provider.metadata = {"issuer": "https://evil.example"}
    assert client.get("/login").status_code == 503
    assert client.get("/login").status_code == 503


def test_login_without_a_name_in_the_token_fetches_the_profile(
    company: Flask, client: FlaskClient, provider: FakeProvider
) -> None:
    provider.claims, provider.profile = {"name": None}, {"sub": "ada", "name": "Ada L."}
    log_in(client, provider)
    provider.profile = {"sub": "ben", "name": "Ben"}
    log_in(company.test_client(), provider)
    names = [visitor.person.name for visitor in steps_of(company).sessions.values()]
    assert names == ["Ada L.", None]


@pytest.mark.parametrize("odd", ["A\x00da", "A\udfffda", "A\r\nda", "A" * 256, 7, ["Ada"], ""])
def test_login_with_an_invalid_name_or_locale_stores_none(
    company: Flask, client: FlaskClient, provider: FakeProvider, odd: object
) -> None:
    provider.claims = {"name": odd, "locale": odd}
    provider.profile = {"sub": "ada", "name": odd, "locale": odd}
    assert log_in(client, provider).status_code == 303
    (visitor,) = steps_of(company).sessions.values()
    assert visitor.person.name is None
    assert steps_of(company).locales == [None]


def test_login_ignores_proxies_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, client: FlaskClient, provider: FakeProvider
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert log_in(client, provider).status_code == 303


def test_login_with_a_dripping_answer_ends_at_the_deadline(
    company: Flask, client: FlaskClient, provider: FakeProvider
) -> None:
    provider.is_dripping = True
    init_identity_provider(company, company.extensions["settings"], deadline_seconds=0.5)
    began = time.monotonic()
    assert client.get("/login").status_code == 503
    assert time.monotonic() - began < 20


def test_login_with_an_oversized_answer_is_503(client: FlaskClient, provider: FakeProvider) -> None:
    provider.metadata = {"padding": "x" * 2_000_000}
    assert client.get("/login").status_code == 503


def test_many_open_logins_keep_the_cookie_small(
    client: FlaskClient, provider: FakeProvider
) -> None:
    for _ in range(20):
        client.get("/login")
    cookie = client.get_cookie("mobbscan")
    assert cookie is not None
    assert len(cookie.value) < 2000
    assert log_in(client, provider).status_code == 303


def test_logout_leads_to_the_providers_logout(client: FlaskClient, provider: FakeProvider) -> None:
    log_in(client, provider)
    page = client.post("/logout", data={"csrf_token": form_token(client.get("/").text)})
    assert page.status_code == 200
    assert f"{provider.issuer}/end?id_token_hint=the.id.token" in page.text
    assert not re.search(r"\bAda\b", page.text)
    assert "Log in" in client.get("/").text


def test_logout_while_the_provider_fails_succeeds(
    client: FlaskClient, provider: FakeProvider
) -> None:
    log_in(client, provider)
    provider.status = 500
    page = client.post("/logout", data={"csrf_token": form_token(client.get("/").text)})
    assert page.status_code == 200


@pytest.mark.parametrize("address", ["/login", "/login?site=shop", "/login/callback?code=a"])
def test_login_without_a_provider_is_404(anonymous: FlaskClient, address: str) -> None:
    assert anonymous.get(address).status_code == 404


def test_login_for_an_unknown_site_is_404(client: FlaskClient) -> None:
    assert client.get("/login?site=other").status_code == 404


def test_id_token_issued_30_seconds_ahead_is_accepted(
    client: FlaskClient, provider: FakeProvider
) -> None:
    provider.claims = {"iat": int(time.time()) + 30, "exp": int(time.time()) + 90}
    assert log_in(client, provider).status_code == 303
