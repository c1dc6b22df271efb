"""The state of a login is used once, from any client and on every node."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import httpx
import pytest

from tests.support.faulty_provider import FaultyProvider
from tests.support.oidc_login import NewLoginServer, query_of
from tests.support.stack import Stack


def open_login(server: Stack) -> tuple[str, str]:
    """Start a login; return its cookies, as a thief would keep them, and the callback."""
    with httpx.Client(trust_env=False, timeout=30) as browser:
        started = browser.get(f"{server.server_url}/login?site=shop")
        cookies = "; ".join(f"{name}={value}" for name, value in started.cookies.items())
        back = browser.get(started.headers["location"]).headers["location"]
    return cookies, back


def send(cookies: str, callback: str) -> int:
    with httpx.Client(trust_env=False, timeout=30) as browser:
        return browser.get(callback, headers={"Cookie": cookies}).status_code


def test_replayed_login_cookie_calls_the_token_endpoint_once(
    shared_provider: FaultyProvider, shared_login_server: Stack
) -> None:
    cookies, callback = open_login(shared_login_server)
    assert [send(cookies, callback) for _ in range(5)] == [303, 400, 400, 400, 400]
    assert shared_provider.requests.count("/token") == 1


def test_login_cookie_replayed_at_the_same_time_signs_in_once(
    provider: FaultyProvider, new_login_server: NewLoginServer
) -> None:
    server = new_login_server(WEB_CONCURRENCY="2")
    cookies, callback = open_login(server)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: send(cookies, callback), range(6)))
    assert sorted(answers) == [303, 400, 400, 400, 400, 400]
    assert provider.requests.count("/token") == 1


def test_login_cookie_replayed_after_a_restart_calls_no_token_endpoint(
    shared_provider: FaultyProvider, shared_login_server: Stack
) -> None:
    cookies, callback = open_login(shared_login_server)
    assert send(cookies, callback) == 303
    shared_login_server.restart("server")
    assert send(cookies, callback) == 400
    assert shared_provider.requests.count("/token") == 1


def test_login_cookie_replayed_with_another_code_calls_no_token_endpoint(
    shared_provider: FaultyProvider, shared_login_server: Stack
) -> None:
    cookies, callback = open_login(shared_login_server)
    assert send(cookies, callback) == 303
    other = {"state": query_of(callback)["state"], "code": "another"}
    assert send(cookies, f"{callback.partition('?')[0]}?{urlencode(other)}") == 400
    assert shared_provider.requests.count("/token") == 1


@pytest.mark.parametrize("error", ["temporarily_unavailable", "invalid_scope"])
def test_login_cookie_replayed_after_an_error_starts_no_further_login(
    shared_login_server: Stack, error: str
) -> None:
    cookies, callback = open_login(shared_login_server)
    failed = {"state": query_of(callback)["state"], "error": error}
    address = f"{callback.partition('?')[0]}?{urlencode(failed)}"
    first = send(cookies, address)
    assert first in (302, 303, 401)
    assert all(send(cookies, address) not in (302, 303) for _ in range(3))
    assert send(cookies, callback) == 400
