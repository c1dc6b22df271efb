"""After "Not me" the provider is asked which account to use, although it knows one."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.support.faulty_provider import FaultyProvider
from tests.support.http_session import HttpSession, Page
from tests.support.oidc_login import NewLoginServer, is_signed_in, log_in, query_of
from tests.support.stack import Stack


def not_me(browser: HttpSession) -> Page:
    home = browser.get("/")
    return browser.submit(home, home.form("/logout"))


def asked_prompt(browser: HttpSession) -> str | None:
    return query_of(browser.get("/login?site=shop", follow=False).location).get("prompt")


def test_login_after_not_me_asks_for_the_account(
    shared_provider: FaultyProvider, shared_login_server: Stack
) -> None:
    browser = shared_login_server.http_session()
    assert asked_prompt(browser) is None, "a first login may be silent"
    assert is_signed_in(log_in(shared_login_server, browser))
    not_me(browser)
    assert asked_prompt(browser) in ("select_account", "login")
    assert asked_prompt(browser) in ("select_account", "login"), "a reload asks again"


def test_login_after_not_me_in_a_handoff_session_asks_for_the_account(
    shared_login_server: Stack,
) -> None:
    browser, _ = shared_login_server.login_handoff("ben")
    not_me(browser)
    assert asked_prompt(browser) in ("select_account", "login")


@pytest.mark.parametrize(
    ("supported", "prompt"),
    [
        (None, "select_account"),
        (["none", "login", "consent"], "login"),
        (["login", "select_account"], "select_account"),
        ("login", "login"),
        ([7], "select_account"),
    ],
    ids=str,
)
def test_prompt_is_one_that_the_provider_supports(
    provider: FaultyProvider,
    new_login_server: NewLoginServer,
    supported: object,
    prompt: str,
) -> None:
    provider.metadata = {"prompt_values_supported": supported}
    server = new_login_server()
    browser, _ = server.login_handoff("ben")
    not_me(browser)
    assert asked_prompt(browser) == prompt


def test_not_me_on_a_page_of_an_ended_session_asks_for_the_account(
    shared_login_server: Stack,
) -> None:
    browser = shared_login_server.http_session()
    home = log_in(shared_login_server, browser)
    assert shared_login_server.change("UPDATE sessions SET revoked_at = created_at") >= 1
    assert browser.submit(home, home.form("/logout")).status == 200
    assert asked_prompt(browser) in ("select_account", "login")


def test_second_attempt_by_itself_still_asks_for_the_account(shared_login_server: Stack) -> None:
    browser, _ = shared_login_server.login_handoff("ben")
    not_me(browser)
    asked = query_of(browser.get("/login?site=shop", follow=False).location)
    failed = {"state": asked["state"], "error": "account_selection_required"}
    again = browser.get(f"/login/callback?{urlencode(failed)}", follow=False)
    assert query_of(again.location)["prompt"] == "login"


def test_login_after_a_login_that_followed_not_me_is_silent_again(
    shared_provider: FaultyProvider, shared_login_server: Stack
) -> None:
    browser, _ = shared_login_server.login_handoff("ben")
    not_me(browser)
    assert is_signed_in(log_in(shared_login_server, browser))
    assert asked_prompt(browser) is None


def test_logout_posted_by_another_site_changes_nothing(shared_login_server: Stack) -> None:
    browser = shared_login_server.http_session()
    assert is_signed_in(log_in(shared_login_server, browser))
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    browser.post("/logout", {}, headers=foreign)
    assert is_signed_in(browser.get("/"))
    assert asked_prompt(browser) is None
