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

__all__ = ["NewLoginServer", "login_server", "new_login_server", "provider"]

NewLoginServer = Callable[..., Stack]
_SERVER_ONLY = ("provider", "shop", "gateway")


@pytest.fixture
def provider() -> Iterator[FaultyProvider]:
    with running_faulty_provider() as one:
        yield one


@pytest.fixture
def new_login_server(new_stack: NewStack, provider: FaultyProvider) -> NewLoginServer:
    """Return a function that starts a server alone; arguments are further settings."""

    def start(**environment: str) -> Stack:
        settings = {
            "OIDC_ISSUER": provider.issuer,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_CLIENT_SECRET": "secret",
            "WEB_CONCURRENCY": "1",
        }
        return new_stack(environment={**settings, **environment}, leave_out=_SERVER_ONLY)

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
