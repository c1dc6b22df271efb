"""Limit of the threads that wait for the identity provider."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from tests.unit.web.fake_provider import FakeProvider
from webapp.web.login.errors import ProviderUnavailable
from webapp.web.login.identity_provider import IdentityProvider, init_identity_provider

TIMEOUT_SECONDS = 30


class SilentClient:
    """Authlib client whose provider does not answer until `fail` is set; `called` counts calls."""

    def __init__(self) -> None:
        self.called = threading.Semaphore(0)
        self.fail = threading.Event()

    def forget_provider(self) -> None:
        """Nothing is kept."""

    def create_authorization_url(self, callback: str) -> dict[str, Any]:
        self.called.release()
        self.fail.wait(TIMEOUT_SECONDS)
        raise ProviderUnavailable("silent")


def test_login_without_a_free_slot_fails_without_a_call() -> None:
    silent = SilentClient()
    provider = IdentityProvider(silent, max_concurrent=2)
    with ThreadPoolExecutor(2) as crowd:
        for _ in range(2):
            crowd.submit(provider.authorization_url, "shop", "/login/callback")
        assert all(silent.called.acquire(timeout=TIMEOUT_SECONDS) for _ in range(2))
        with pytest.raises(ProviderUnavailable, match="too many"):
            provider.authorization_url("shop", "/login/callback")
        silent.fail.set()
    with pytest.raises(ProviderUnavailable, match="silent"):
        provider.authorization_url("shop", "/login/callback")  # the slots are free again


def test_callback_without_a_free_slot_stays_valid(company: Flask, provider: FakeProvider) -> None:
    browser, settings = company.test_client(), company.extensions["settings"]
    asked = provider.receive(browser.get("/login").location)
    fields = {"code": "one", "state": asked["state"]}
    init_identity_provider(company, settings, max_concurrent=0)
    answer = browser.get("/login/callback", query_string=fields)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "/token" not in provider.requests
    init_identity_provider(company, settings)
    assert browser.get("/login/callback", query_string=fields).status_code == 303
