"""Errors that the provider sends: passing ones are tried again, refusals say so, all lead on."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.support.faulty_provider import FaultyProvider
from tests.support.http_session import HttpSession, Page
from tests.support.oidc_login import is_signed_in, log_in, logged, query_of
from tests.support.stack import Stack

PASSING = ("temporarily_unavailable", "server_error", "login_required", "interaction_required")


def open_login(server: Stack, browser: HttpSession) -> dict[str, str]:
    """Start a login and return the authorization request."""
    return query_of(browser.get("/login?site=shop", follow=False).location)


def answer(browser: HttpSession, **parameters: str) -> Page:
    return browser.get(f"/login/callback?{urlencode(parameters)}", follow=False)


def assert_leads_on(server: Stack, page: Page) -> None:
    again = page.link("Log in again").href
    assert "/login" in again
    assert server.shop_url in [link.href.rstrip("/") for link in page.links], "no way to the site"
    assert "website did not tell us" not in page.text


@pytest.mark.parametrize("error", PASSING)
def test_passing_error_is_tried_once_more_by_itself(
    shared_provider: FaultyProvider, shared_login_server: Stack, error: str
) -> None:
    browser = shared_login_server.http_session()
    asked = open_login(shared_login_server, browser)
    described = {"error": error, "error_description": "authentication_expired"}
    again = answer(browser, state=asked["state"], **described)
    assert again.status in (302, 303)
    assert again.location.startswith(shared_provider.issuer)
    assert query_of(again.location)["state"] != asked["state"]
    assert is_signed_in(browser.get(again.location)), "the second attempt is a whole login"


@pytest.mark.parametrize("error", PASSING)
def test_passing_error_twice_is_503_with_a_way_on(
    shared_provider: FaultyProvider, shared_login_server: Stack, error: str
) -> None:
    with shared_provider.telling(
        error=error, error_description="authentication_expired", code=None
    ):
        page = log_in(shared_login_server)
    assert page.status == 503
    assert shared_provider.requests.count("/authorize") == 2
    assert_leads_on(shared_login_server, page)
    assert logged(shared_login_server, "login_failed")[-1]["provider_error"] == error
    browser = shared_login_server.http_session()
    assert is_signed_in(browser.get(page.link("Log in again").href))


def test_passing_error_without_a_known_state_is_not_tried_again(
    shared_provider: FaultyProvider, shared_login_server: Stack
) -> None:
    page = answer(
        shared_login_server.http_session(), error="temporarily_unavailable", state="unknown"
    )
    assert page.status == 503
    assert page.link("Log in again")
    assert "/authorize" not in shared_provider.requests


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("access_denied", 200),
        ("invalid_scope", 401),
        ("unauthorized_client", 401),
        ("invented_here", 401),
        ("<b>evil</b>", 401),
    ],
)
def test_refusal_says_so_and_leads_on(
    shared_provider: FaultyProvider, shared_login_server: Stack, error: str, status: int
) -> None:
    browser = shared_login_server.http_session()
    asked = open_login(shared_login_server, browser)
    page = answer(browser, state=asked["state"], error=error, error_description="<b>evil</b>")
    assert page.status == status
    assert "evil" not in page.text
    assert_leads_on(shared_login_server, page)
    assert shared_provider.requests.count("/authorize") == 0


@pytest.mark.parametrize(
    "token_answer",
    [
        ("503 Service Unavailable", {}),
        ("429 Too Many Requests", {"error": "slow_down"}),
        ("400 Bad Request", {"error": "temporarily_unavailable"}),
        ("400 Bad Request", {"error": "server_error"}),
        ("200 OK", "a page of a proxy"),
        ("200 OK", ["a list"]),
        ("200 OK", {"access_token": "a", "token_type": "Bearer"}),
    ],
    ids=str,
)
def test_fault_of_the_token_endpoint_is_503_with_a_way_on(
    shared_provider: FaultyProvider, shared_login_server: Stack, token_answer: tuple[str, object]
) -> None:
    shared_provider.token_answer = token_answer
    page = log_in(shared_login_server)
    assert page.status == 503
    assert int(page.headers["retry-after"]) > 0
    assert_leads_on(shared_login_server, page)
    shared_provider.token_answer = None
    assert is_signed_in(log_in(shared_login_server))


def test_login_while_discovery_fails_is_503_with_a_way_on(
    provider: FaultyProvider, login_server: Stack
) -> None:
    provider.metadata = {"issuer": "https://evil.test"}
    page = log_in(login_server)
    assert page.status == 503
    assert_leads_on(login_server, page)


def test_callback_of_an_unknown_login_leads_on(shared_login_server: Stack) -> None:
    page = answer(shared_login_server.http_session(), code="one", state="unknown")
    assert page.status == 400
    assert_leads_on(shared_login_server, page)
