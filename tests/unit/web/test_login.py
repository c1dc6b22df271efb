"""Ada logs in at the company's identity provider."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests.unit.web.conftest import LOCAL, Make, form_token
from tests.unit.web.fakes import steps_of
from tests.unit.web.pretend_provider import CLIENT_ID, PretendProvider, log_in, login_at
from webapp.web.login.provider import connect


@pytest.fixture
def someone(company: Flask) -> FlaskClient:
    return company.test_client()


def test_ada_logs_in(company: Flask, someone: FlaskClient, provider: PretendProvider) -> None:
    answer = log_in(someone, provider)
    assert (answer.status_code, answer.location) == (303, "/")
    (visitor,) = steps_of(company).sessions.values()
    assert (visitor.person.subject, visitor.person.name, visitor.via) == ("ada", "Ada", "oidc")
    assert "Ada" in someone.get("/").text


def test_the_question_is_bound_to_this_browser_and_this_address(
    someone: FlaskClient, provider: PretendProvider
) -> None:
    asked = provider.ask(someone.get("/login?site=shop", headers={"Host": "evil"}).location)
    assert asked["redirect_uri"] == f"{LOCAL}/login/callback"
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 20


def test_the_way_back_carries_the_prefix(make: Make, provider: PretendProvider) -> None:
    app = make("https://shop.example/verify", **login_at(provider))
    asked = provider.ask(app.test_client().get("/login").location)
    assert asked["redirect_uri"] == "https://shop.example/verify/login/callback"


def test_an_answer_nobody_asked_for_opens_nothing(
    company: Flask, someone: FlaskClient, provider: PretendProvider
) -> None:
    asked = provider.ask(someone.get("/login").location)
    other = company.test_client()
    answer = other.get("/login/callback", query_string={"code": "one", "state": asked["state"]})
    assert answer.status_code == 400
    assert steps_of(company).sessions == {}
    assert "/token" not in provider.requests


def test_an_answer_counts_once(
    company: Flask, someone: FlaskClient, provider: PretendProvider
) -> None:
    asked = provider.ask(someone.get("/login").location)
    fields = {"code": "one", "state": asked["state"]}
    assert someone.get("/login/callback", query_string=fields).status_code == 303
    again = someone.get("/login/callback", query_string=fields)
    assert (again.status_code, again.location) == (303, "/")
    assert len(steps_of(company).sessions) == 1


@pytest.mark.parametrize(
    "headers",
    [{"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"}],
)
def test_looking_ahead_uses_no_answer_up(
    someone: FlaskClient, provider: PretendProvider, headers: dict[str, str]
) -> None:
    asked = provider.ask(someone.get("/login").location)
    fields = {"code": "one", "state": asked["state"]}
    ahead = someone.get("/login/callback", query_string=fields, headers=headers)
    assert ahead.status_code == 503
    assert someone.head("/login/callback", query_string=fields).status_code == 503
    assert "/token" not in provider.requests
    assert someone.get("/login/callback", query_string=fields).location == "/"


@pytest.mark.parametrize(("minutes", "status"), [(59, 303), (61, 400)])
def test_an_answer_that_comes_too_late_opens_nothing(
    company: Flask, someone: FlaskClient, provider: PretendProvider, minutes: int, status: int
) -> None:
    asked = provider.ask(someone.get("/login").location)
    fields = {"code": "one", "state": asked["state"]}
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=minutes)):
        assert someone.get("/login/callback", query_string=fields).status_code == status
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
def test_a_token_that_is_not_for_this_login_opens_nothing(
    company: Flask, someone: FlaskClient, provider: PretendProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert log_in(someone, provider).status_code == 401
    assert steps_of(company).sessions == {}


def test_a_token_of_a_foreign_key_opens_nothing(
    company: Flask, someone: FlaskClient, provider: PretendProvider
) -> None:
    foreign = ECKey.generate_key("P-256")
    for sign in (
        lambda claims: jwt.encode({"alg": "ES256", "kid": "1"}, claims, foreign),
        provider.symmetric,
        unsigned,
        lambda claims: "no token at all",
    ):
        provider.sign = sign
        assert log_in(someone, provider).status_code == 401
    assert steps_of(company).sessions == {}


def test_a_secret_among_the_public_keys_proves_nothing(
    company: Flask, someone: FlaskClient, provider: PretendProvider
) -> None:
    secret = OctKey.generate_key(256, {"kid": "secret"})
    provider.more_keys = [secret.as_dict(private=True)]
    provider.sign = lambda claims: jwt.encode({"alg": "HS256", "kid": "secret"}, claims, secret)
    assert log_in(someone, provider).status_code == 401
    assert steps_of(company).sessions == {}


def unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode() for p in parts) + "."


def test_keys_may_change_while_we_run(someone: FlaskClient, provider: PretendProvider) -> None:
    assert log_in(someone, provider).status_code == 303
    provider.key = ECKey.generate_key("P-256", {"kid": "2"})
    provider.sign = lambda claims: jwt.encode({"alg": "ES256", "kid": "2"}, claims, provider.key)
    assert log_in(someone, provider).status_code == 303


def test_an_answer_in_another_providers_name_opens_nothing(
    company: Flask, someone: FlaskClient, provider: PretendProvider
) -> None:
    assert log_in(someone, provider, iss="https://evil.example").status_code == 401
    assert "/token" not in provider.requests
    assert log_in(someone, provider, iss=provider.issuer).status_code == 303


def test_ada_may_change_her_mind(someone: FlaskClient, provider: PretendProvider) -> None:
    for answer in ({"error": "access_denied"}, {"error": "access_denied", "state": ""}):
        page = log_in(someone, provider, **answer)
        assert page.status_code == 200
        assert "did not finish logging in" in page.text


def test_a_provider_that_is_away_is_said_kindly(
    someone: FlaskClient, provider: PretendProvider
) -> None:
    asked = provider.ask(someone.get("/login").location)
    provider.status = 500
    fields = {"code": "one", "state": asked["state"]}
    answer = someone.get("/login/callback", query_string=fields)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_a_provider_that_was_away_at_the_start_is_used_when_it_is_back(
    someone: FlaskClient, provider: PretendProvider
) -> None:
    provider.status = 503
    assert someone.get("/login").status_code == 503
    provider.status = 200
    assert log_in(someone, provider).status_code == 303


def test_discovery_for_another_issuer_is_not_followed(
    someone: FlaskClient, provider: PretendProvider
) -> None:
    provider.metadata = {"issuer": "https://evil.example"}
    assert someone.get("/login").status_code == 503
    assert someone.get("/login").status_code == 503


def test_a_name_is_fetched_where_the_token_has_none(
    company: Flask, someone: FlaskClient, provider: PretendProvider
) -> None:
    provider.claims, provider.profile = {"name": None}, {"sub": "ada", "name": "Ada L."}
    log_in(someone, provider)
    provider.profile = {"sub": "ben", "name": "Ben"}
    log_in(company.test_client(), provider)
    names = [visitor.person.name for visitor in steps_of(company).sessions.values()]
    assert names == ["Ada L.", None]


@pytest.mark.parametrize("odd", ["A\x00da", "A\udfffda", "A\r\nda", "A" * 256, 7, ["Ada"], ""])
def test_a_name_that_cannot_be_stored_or_shown_is_no_name(
    company: Flask, someone: FlaskClient, provider: PretendProvider, odd: object
) -> None:
    provider.claims = {"name": odd, "locale": odd}
    provider.profile = {"sub": "ada", "name": odd, "locale": odd}
    assert log_in(someone, provider).status_code == 303
    (visitor,) = steps_of(company).sessions.values()
    assert visitor.person.name is None
    assert steps_of(company).locales == [None]


def test_proxies_of_the_environment_are_not_asked(
    monkeypatch: pytest.MonkeyPatch, someone: FlaskClient, provider: PretendProvider
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert log_in(someone, provider).status_code == 303


def test_a_provider_that_never_comes_to_an_end_is_given_up_in_time(
    company: Flask, someone: FlaskClient, provider: PretendProvider
) -> None:
    provider.drips = True
    connect(company, company.extensions["settings"], seconds=0.5)
    began = time.monotonic()
    assert someone.get("/login").status_code == 503
    assert time.monotonic() - began < 20


def test_an_endless_answer_of_the_provider_is_not_read_to_its_end(
    someone: FlaskClient, provider: PretendProvider
) -> None:
    provider.metadata = {"padding": "x" * 2_000_000}
    assert someone.get("/login").status_code == 503


def test_many_open_logins_do_not_overflow_the_cookie(
    someone: FlaskClient, provider: PretendProvider
) -> None:
    for _ in range(20):
        someone.get("/login")
    cookie = someone.get_cookie("mobbscan")
    assert cookie is not None
    assert len(cookie.value) < 2000
    assert log_in(someone, provider).status_code == 303


def test_leaving_leads_on_to_the_providers_own_log_out(
    someone: FlaskClient, provider: PretendProvider
) -> None:
    log_in(someone, provider)
    page = someone.post("/logout", data={"csrf_token": form_token(someone.get("/").text)})
    assert page.status_code == 200
    assert f"{provider.issuer}/end?id_token_hint=the.id.token" in page.text
    assert "Ada" not in page.text
    assert "Log in" in someone.get("/").text


def test_leaving_works_while_the_provider_is_away(
    someone: FlaskClient, provider: PretendProvider
) -> None:
    log_in(someone, provider)
    provider.status = 500
    page = someone.post("/logout", data={"csrf_token": form_token(someone.get("/").text)})
    assert page.status_code == 200


@pytest.mark.parametrize("address", ["/login", "/login?site=shop", "/login/callback?code=a"])
def test_without_a_provider_there_is_no_login(stranger: FlaskClient, address: str) -> None:
    assert stranger.get(address).status_code == 404


def test_an_unknown_site_has_no_login(someone: FlaskClient) -> None:
    assert someone.get("/login?site=other").status_code == 404


def test_a_slow_clock_of_the_provider_is_borne(
    someone: FlaskClient, provider: PretendProvider
) -> None:
    provider.claims = {"iat": int(time.time()) + 30, "exp": int(time.time()) + 90}
    assert log_in(someone, provider).status_code == 303
