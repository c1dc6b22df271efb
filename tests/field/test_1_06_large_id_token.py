"""A large ID token neither makes the logout link too long nor stands readable in a page."""

from __future__ import annotations

import base64
import re
import zlib
from contextlib import suppress

import pytest

from tests.support.faulty_provider import FaultyProvider
from tests.support.http_session import HttpSession, Page
from tests.support.oidc_login import NewLoginServer, is_signed_in, log_in, query_of
from tests.support.stack import Stack

GROUPS = [f"group-{number:04}-of-the-company-directory" for number in range(400)]


@pytest.fixture
def server(provider: FaultyProvider, new_login_server: NewLoginServer) -> Stack:
    provider.metadata = {"end_session_endpoint": f"{provider.issuer}/end"}
    return new_login_server()


def log_out(browser: HttpSession) -> str:
    """Press "Not me" and return the address of the provider's logout."""
    home = browser.get("/")
    return browser.submit(home, home.form("/logout")).link("Log out there too").href


def log_in_over_ben(server: Stack) -> tuple[HttpSession, Page]:
    """Log Ada in where Ben is signed in; return the page that asks which account to use."""
    browser, _ = server.login_handoff("ben")
    return browser, log_in(server, browser)


def readable(text: str) -> str:
    """Return what base64 and zlib reveal of a text, part by part and layer by layer."""
    found, layers = [text], [text]
    while layers:
        for part in re.findall(r"[A-Za-z0-9_-]{16,}", layers.pop()):
            raw = base64.urlsafe_b64decode(part[: len(part) // 4 * 4])
            unpacked = [raw]
            with suppress(zlib.error):
                unpacked.append(zlib.decompressobj().decompress(raw))
            layers += [each.decode("latin-1") for each in unpacked]
            found += layers[-len(unpacked) :]
    return "\n".join(found)


@pytest.mark.parametrize("count", [40, 400, 3000])
def test_logout_link_with_a_large_token_is_short(
    provider: FaultyProvider, server: Stack, count: int
) -> None:
    provider.claims = {"groups": (GROUPS * 8)[:count]}
    browser = server.http_session()
    assert is_signed_in(log_in(server, browser))
    link = log_out(browser)
    assert len(link) <= 2000
    assert "id_token_hint" not in link
    assert query_of(link)["client_id"]
    assert query_of(link)["post_logout_redirect_uri"] == server.public_url + "/"


def test_logout_link_with_a_small_token_has_the_hint(server: Stack) -> None:
    browser = server.http_session()
    log_in(server, browser)
    assert query_of(log_out(browser))["id_token_hint"].count(".") == 2


def test_logout_link_counts_the_whole_address(
    provider: FaultyProvider, new_login_server: NewLoginServer
) -> None:
    provider.metadata = {"end_session_endpoint": f"{provider.issuer}/end?realm={'x' * 1500}"}
    server = new_login_server()
    browser = server.http_session()
    log_in(server, browser)
    link = log_out(browser)
    assert len(link) <= 2000
    assert "id_token_hint" not in link


def test_login_that_awaits_confirmation_is_unreadable_in_the_page(
    provider: FaultyProvider, server: Stack
) -> None:
    _, page = log_in_over_ben(server)
    sealed = dict(page.form("/login/replace").filled())["login"]
    for secret in ("Lovelace", '"ada"', "eyJ", provider.issuer):
        assert secret not in readable(sealed)


@pytest.mark.parametrize("count", [1, 400, 2000])
def test_login_that_awaits_confirmation_can_be_confirmed(
    provider: FaultyProvider, server: Stack, count: int
) -> None:
    provider.claims = {"groups": (GROUPS * 5)[:count]}
    browser, page = log_in_over_ben(server)
    assert is_signed_in(browser.submit(page, page.form("/login/replace")))


def test_open_login_is_unreadable_in_the_cookie(server: Stack) -> None:
    browser = server.http_session()
    asked = query_of(browser.get("/login?site=shop", follow=False).location)
    cookies = "\n".join(cookie.value or "" for cookie in browser.cookies.jar)
    assert asked["nonce"] not in readable(cookies)
    assert "verifier" not in readable(cookies)
