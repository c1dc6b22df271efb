"""The pretend identity provider, over HTTP, as a relying party meets it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet

from mobbscan_sandbox.demo.child_processes import ChildProcess
from tests.support.http_session import HttpSession, Page
from tests.unit.mobbscan_sandbox.programs import running

BACK = "http://localhost:8000/login/callback"
VERIFIER = "ada-has-a-verifier-of-at-least-forty-three-characters"


@dataclass
class Provider:
    url: str
    child: ChildProcess

    def ask(self, session: HttpSession, *, follow: bool = True, **changes: str | None) -> Page:
        asked = {
            "response_type": "code",
            "client_id": "mobbscan-embed",
            "redirect_uri": BACK,
            "scope": "openid profile email",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": create_s256_code_challenge(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        return session.get(f"{self.url}/oauth2/authorize", params=given, follow=follow)

    def code(self, sub: str) -> str:
        with HttpSession(self.url) as session:
            page = self.ask(session)
            back = session.submit(page, page.form(with_field="sub"), sub=sub, follow=False)
        assert back.location.startswith(BACK)
        return parse_qs(urlsplit(back.location).query)["code"][0]

    def redeem(self, code: str, verifier: str | None = VERIFIER) -> httpx.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        if verifier is not None:
            form["code_verifier"] = verifier
        return httpx.post(f"{self.url}/oauth2/token", data=form, auth=("mobbscan-embed", "any"))

    def claims(self, sub: str) -> dict[str, Any]:
        token = self.redeem(self.code(sub)).raise_for_status().json()["id_token"]
        keys = KeySet.import_key_set(httpx.get(f"{self.url}/jwks").json())
        return jwt.decode(token, keys, algorithms=["RS256"]).claims


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with running("provider", tmp_path_factory.mktemp("provider")) as (addresses, _, child):
        yield Provider(addresses.identity_provider_url, child)


def test_its_discovery_document_names_the_address_it_is_reached_at(provider: Provider) -> None:
    found = httpx.get(f"{provider.url}/.well-known/openid-configuration").json()
    assert found["issuer"] == provider.url
    assert found["end_session_endpoint"].startswith(provider.url)
    assert found["code_challenge_methods_supported"] == ["S256"]


def test_ada_ben_olga_and_max_are_one_click_away(provider: Provider) -> None:
    with HttpSession(provider.url) as session:
        page = provider.ask(session)
    assert [value for _, value in page.forms[0].buttons] == ["ada", "ben", "olga", "max"]
    for name in ("Ada Lovelace", "Ben Ortega", "Olga Reyes", "Max Adler"):
        assert name in page.text


def test_adas_token_says_who_she_is_and_which_language_she_reads(provider: Provider) -> None:
    claims = provider.claims("ada")
    assert claims["sub"] == "ada"
    assert claims["name"] == "Ada Lovelace"
    assert (claims["given_name"], claims["family_name"]) == ("Ada", "Lovelace")
    assert claims["email"] == "ada@example.com"
    assert claims["locale"] == "en"
    assert claims["nonce"] == "the-nonce"
    assert claims["iss"] == provider.url
    assert "roles" not in claims


def test_olga_is_reviewer_of_the_shop_and_max_is_admin_of_everything(provider: Provider) -> None:
    assert provider.claims("olga")["roles"] == ["shop:reviewer"]
    assert provider.claims("max")["roles"] == ["*:admin"]


def test_somebody_else_may_come_too(provider: Provider) -> None:
    assert provider.claims("zoe")["sub"] == "zoe"


def test_a_login_without_pkce_is_refused(provider: Provider) -> None:
    with HttpSession(provider.url) as session:
        assert provider.ask(session, code_challenge=None).status == 400
        assert provider.ask(session, code_challenge_method="plain").status == 400


def test_a_login_without_a_nonce_is_refused(provider: Provider) -> None:
    with HttpSession(provider.url) as session:
        back = provider.ask(session, nonce=None, follow=False)
    query = parse_qs(urlsplit(back.location).query)
    assert query["error"] == ["invalid_request"]
    assert "code" not in query


@pytest.mark.parametrize("verifier", [None, "x" * 43])
def test_a_stolen_code_is_worthless_without_the_verifier(
    provider: Provider, verifier: str | None
) -> None:
    assert provider.redeem(provider.code("ada"), verifier).status_code == 400


def test_a_code_works_once(provider: Provider) -> None:
    code = provider.code("ada")
    assert provider.redeem(code).status_code == 200
    assert provider.redeem(code).status_code == 400


def test_who_cancels_goes_back_with_an_error(provider: Provider) -> None:
    with HttpSession(provider.url) as session:
        page = provider.ask(session)
        back = session.submit(page, page.form(with_field="action"), follow=False)
    assert back.location.startswith(BACK)
    assert parse_qs(urlsplit(back.location).query)["error"] == ["access_denied"]


def test_logging_out_leads_back_with_the_state(provider: Provider) -> None:
    asked = {
        "post_logout_redirect_uri": "http://localhost:8000/",
        "state": "out",
        "id_token_hint": "x",
    }
    with HttpSession(provider.url) as session:
        page = session.get("/oauth2/end_session", params=asked)
        back = session.submit(page, follow=False)
    assert back.location == "http://localhost:8000/?state=out"


def test_its_pages_need_nothing_from_elsewhere(provider: Provider) -> None:
    with HttpSession(provider.url) as session:
        for page in (session.get("/"), provider.ask(session), session.get("/oauth2/end_session")):
            assert page.status == 200
            assert not re.search(r'(?:href|src)="https?:', page.text)


def test_the_debugger_of_the_mock_is_off(provider: Provider) -> None:
    answer = httpx.get(
        provider.url, params={"__debugger__": "yes", "cmd": "resource", "f": "debugger.js"}
    )
    assert "javascript" not in answer.headers["content-type"]


def test_its_log_holds_no_code_and_no_complaint(provider: Provider) -> None:
    code = provider.code("ada")
    provider.redeem(code)
    said = provider.child.output()
    assert "/oauth2/token" in said
    assert code not in said
    assert "the-nonce" not in said
    assert "Deprecat" not in said
