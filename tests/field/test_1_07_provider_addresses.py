"""Every address of the provider is https (http on loopback), and `iss` is demanded if announced."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.support.faulty_provider import FaultyProvider
from tests.support.http_session import HttpSession
from tests.support.oidc_login import NewLoginServer, is_signed_in, log_in, query_of
from tests.support.stack import Stack

UNUSABLE = [
    "javascript:alert(document.domain)",
    "data:text/html,<script>alert(1)</script>",
    "http://provider.example/path",
    "/path",
    "https://user:password@provider.example/path",
    "https://provider.example\\@evil.example/",
    " https://provider.example/path",
    7,
    ["https://provider.example/path"],
]


@pytest.mark.parametrize("address", UNUSABLE, ids=str)
def test_unusable_logout_address_is_not_rendered(
    provider: FaultyProvider, login_server: Stack, address: object
) -> None:
    provider.metadata = {"end_session_endpoint": address}
    browser = login_server.http_session()
    home = log_in(login_server, browser)
    assert is_signed_in(home)
    page = browser.submit(home, home.form("/logout"))
    assert page.status == 200
    hosts = [link.href for link in page.links]
    assert not [href for href in hosts if "provider.example" in href or "alert" in href]
    assert not [meta for meta in page.metas if meta.get("http-equiv") == "refresh"]


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("address", ["http://127.0.0.1.nip.example/a", "javascript:alert(1)", None])
def test_login_at_an_unusable_address_is_503(
    provider: FaultyProvider, login_server: Stack, name: str, address: str | None
) -> None:
    provider.metadata = {name: address}
    page = login_server.http_session().get("/login?site=shop", follow=False)
    assert page.status == 503
    assert "alert" not in page.text
    provider.metadata = {}
    assert is_signed_in(log_in(login_server)), "a corrected document is read at once"


def test_login_with_an_unusable_profile_address_signs_in(
    provider: FaultyProvider, login_server: Stack
) -> None:
    provider.metadata = {"userinfo_endpoint": "file:///etc/passwd"}
    provider.claims = {"name": ""}
    assert log_in(login_server).status == 200


@pytest.fixture
def announcing(provider: FaultyProvider, new_login_server: NewLoginServer) -> Stack:
    """A server whose provider announces the `iss` parameter (RFC 9207)."""
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    return new_login_server()


def open_login(browser: HttpSession) -> str:
    return query_of(browser.get("/login?site=shop", follow=False).location)["state"]


@pytest.mark.parametrize(
    "issuers", [[], ["https://evil.test"], [""], ["own", "https://evil.test"]], ids=str
)
def test_callback_without_the_announced_issuer_is_refused(
    provider: FaultyProvider, announcing: Stack, issuers: list[str]
) -> None:
    browser = announcing.http_session()
    parameters = [("state", open_login(browser)), ("code", "one")]
    parameters += [("iss", provider.issuer if each == "own" else each) for each in issuers]
    assert browser.get(f"/login/callback?{urlencode(parameters)}").status == 401
    assert "/token" not in provider.requests


def test_callback_with_the_announced_issuer_signs_in(
    provider: FaultyProvider, announcing: Stack
) -> None:
    with provider.telling(iss=provider.issuer):
        assert is_signed_in(log_in(announcing))


def test_error_without_the_announced_issuer_is_not_tried_again(
    provider: FaultyProvider, announcing: Stack
) -> None:
    browser = announcing.http_session()
    answer = {"state": open_login(browser), "error": "temporarily_unavailable"}
    page = browser.get(f"/login/callback?{urlencode(answer)}", follow=False)
    assert page.status == 401
