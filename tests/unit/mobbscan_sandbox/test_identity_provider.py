"""The sandbox identity provider, as a relying party uses it."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet

from mobbscan_sandbox.demo.child_processes import ChildProcess
from mobbscan_sandbox.identity_provider.texts import TEXTS
from tests.support.eventually import eventually
from tests.support.http_session import HttpSession
from tests.unit.mobbscan_sandbox.programs import running_program

REDIRECT_URI = "http://localhost:8000/login/callback"
VERIFIER = "ada-has-a-verifier-of-at-least-forty-three-characters"


@dataclass
class Provider:
    url: str
    child: ChildProcess

    def authorize(self, session, *, follow=True, **changes):
        parameters = {
            "response_type": "code",
            "client_id": "mobbscan-embed",
            "redirect_uri": REDIRECT_URI,
            "scope": "openid profile email",
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": create_s256_code_challenge(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        given = {name: value for name, value in parameters.items() if value is not None}
        return session.get(f"{self.url}/oauth2/authorize", params=given, follow=follow)

    def code(self, sub):
        with HttpSession(self.url) as session:
            page = self.authorize(session)
            back = session.submit(page, page.form(with_field="sub"), sub=sub, follow=False)
        assert back.location.startswith(REDIRECT_URI)
        return parse_qs(urlsplit(back.location).query)["code"][0]

    def redeem(self, code, verifier=VERIFIER):
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        if verifier is not None:
            form["code_verifier"] = verifier
        return httpx.post(f"{self.url}/oauth2/token", data=form, auth=("mobbscan-embed", "any"))

    def claims(self, sub):
        token = self.redeem(self.code(sub)).raise_for_status().json()["id_token"]
        keys = KeySet.import_key_set(httpx.get(f"{self.url}/jwks").json())
        return jwt.decode(token, keys, algorithms=["RS256"]).claims


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    with running_program("provider", tmp_path_factory.mktemp("provider")) as (addresses, _, child):
        yield Provider(addresses.identity_provider_url, child)


def test_discovery_document_has_the_address_of_the_provider(provider):
    found = httpx.get(f"{provider.url}/.well-known/openid-configuration").json()
    assert found["issuer"] == provider.url
    assert found["end_session_endpoint"].startswith(provider.url)
    assert found["code_challenge_methods_supported"] == ["S256"]


def test_id_token_of_ada_has_her_claims_and_no_roles(provider):
    claims = provider.claims("ada")
    expected = {
        "sub": "ada",
        "name": "Ada Lovelace",
        "given_name": "Ada",
        "family_name": "Lovelace",
        "email": "ada@example.com",
        "locale": "en",
        "nonce": "the-nonce",
        "iss": provider.url,
    }
    assert claims | expected == claims
    assert "roles" not in claims


def test_id_token_of_an_operator_has_the_roles(provider):
    assert provider.claims("olga")["roles"] == ["shop:reviewer"]
    assert provider.claims("max")["roles"] == ["*:admin"]


def test_login_with_an_unknown_user_id_is_accepted(provider):
    assert provider.claims("zoe")["sub"] == "zoe"


def test_authorization_without_s256_pkce_is_400(provider):
    with HttpSession(provider.url) as session:
        assert provider.authorize(session, code_challenge=None).status == 400
        assert provider.authorize(session, code_challenge_method="plain").status == 400


def test_authorization_without_a_nonce_is_an_error(provider):
    with HttpSession(provider.url) as session:
        back = provider.authorize(session, nonce=None, follow=False)
    query = parse_qs(urlsplit(back.location).query)
    assert query["error"] == ["invalid_request"]
    assert "code" not in query


@pytest.mark.parametrize("verifier", [None, "x" * 43])
def test_code_with_a_wrong_verifier_is_400(provider, verifier):
    assert provider.redeem(provider.code("ada"), verifier).status_code == 400


def test_code_can_be_redeemed_once(provider):
    code = provider.code("ada")
    assert provider.redeem(code).status_code == 200
    assert provider.redeem(code).status_code == 400


def test_login_page_offers_users_and_a_canceled_login_is_access_denied(provider):
    with HttpSession(provider.url) as session:
        page = provider.authorize(session)
        back = session.submit(page, page.form(with_field="action"), follow=False)
    assert [value for _, value in page.forms[0].buttons] == ["ada", "ben", "olga", "max"]
    assert parse_qs(urlsplit(back.location).query)["error"] == ["access_denied"]


def test_logout_redirects_with_the_state(provider):
    parameters = {"post_logout_redirect_uri": "http://localhost:8000/", "state": "out"}
    with HttpSession(provider.url) as session:
        page = session.get("/oauth2/end_session", params=parameters)
        back = session.submit(page, follow=False)
    assert back.location == "http://localhost:8000/?state=out"


def test_pages_load_nothing_from_other_origins(provider):
    with HttpSession(provider.url) as session:
        for path in ("/", "/oauth2/end_session"):
            page = session.get(path)
            assert page.status == 200
            assert not re.search(r'(?:href|src)="https?:', page.text)


def test_debugger_of_the_mock_is_disabled(provider):
    parameters = {"__debugger__": "yes", "cmd": "resource", "f": "debugger.js"}
    answer = httpx.get(provider.url, params=parameters)
    assert "javascript" not in answer.headers["content-type"]


def test_log_has_no_codes_and_no_deprecation_warnings(provider):
    code = provider.code("ada")
    provider.redeem(code)
    # The line is written after the response, and read by another thread.
    eventually(lambda: "/oauth2/token" in provider.child.output())
    output = provider.child.output()
    assert code not in output
    assert "the-nonce" not in output
    assert "Deprecat" not in output


def test_pages_have_the_language_of_the_browser(provider):
    with HttpSession(provider.url, languages="es") as session:
        page = provider.authorize(session)
    assert '<html lang="es">' in page.text
    assert page.heading == TEXTS["es"]["login_heading"]
    assert not re.search(r'(?:href|src)="https?:', page.text)
