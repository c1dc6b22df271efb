"""Fixtures: a faulty identity provider, and servers whose users log in there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.faulty_provider import CLIENT_ID, FaultyProvider, running_faulty_provider
from tests.support.http_session import HttpSession, Page
from tests.support.stack import Stack
from tests.support.stack_fixtures import NewStack

__all__ = [
    "NewLoginServer",
    "_shared_login",
    "login_server",
    "new_login_server",
    "provider",
    "shared_login_server",
    "shared_provider",
]

NewLoginServer = Callable[..., Stack]
_SERVER_ONLY = ("provider", "shop", "gateway")


@pytest.fixture
def provider() -> Iterator[FaultyProvider]:
    with running_faulty_provider() as one:
        yield one


def _settings(provider: FaultyProvider) -> dict[str, str]:
    return {
        "OIDC_ISSUER": provider.issuer,
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": "secret",
        "WEB_CONCURRENCY": "1",
    }


@pytest.fixture(scope="module")
def _shared_login(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[FaultyProvider, Stack]]:
    with (
        running_faulty_provider() as one,
        Stack(
            tmp_path_factory.mktemp("login"),
            database="sqlite",
            environment=_settings(one),
            leave_out=_SERVER_ONLY,
        ) as server,
    ):
        yield one, server


@pytest.fixture
def shared_provider(_shared_login: tuple[FaultyProvider, Stack]) -> FaultyProvider:
    """A provider without faults, whose server the tests of a file share.

    The discovery document and the keys must not change: the server keeps them.
    """
    shared = _shared_login[0]
    shared.requests.clear()
    shared.token_answer, shared.claims, shared.answer = None, {}, {}
    return shared


@pytest.fixture
def shared_login_server(_shared_login: tuple[FaultyProvider, Stack]) -> Stack:
    return _shared_login[1]


@pytest.fixture
def new_login_server(new_stack: NewStack, provider: FaultyProvider) -> NewLoginServer:
    """Return a function that starts a server alone; arguments are further settings."""

    def start(**environment: str) -> Stack:
        settings = {**_settings(provider), **environment}
        return new_stack(environment=settings, leave_out=_SERVER_ONLY)

    return start


@pytest.fixture
def login_server(new_login_server: NewLoginServer) -> Stack:
    return new_login_server()


def log_in(server: Stack, browser: HttpSession | None = None) -> Page:
    """Log in and return the last page."""
    return (browser or server.http_session()).get("/login?site=shop")


def is_signed_in(page: Page) -> bool:
    return page.status == 200 and "Ada Lovelace" in page.text


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def logged(server: Stack, event: str) -> list[dict[str, Any]]:
    """Return the server's log lines of an event."""
    lines = [line for line in server.logs("server").splitlines() if line.startswith("{")]
    return [each for each in map(json.loads, lines) if each.get("event") == event]
