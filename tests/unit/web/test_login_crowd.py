"""A provider that is silent holds a few threads, not all of them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from tests.unit.web.pretend_provider import PretendProvider
from webapp.web.login.provider import Provider, ProviderUnavailable, connect

PATIENCE_SECONDS = 30


class Silent:
    """Says nothing until it is told to give up; `asked` counts who has come."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.give_up = threading.Event()

    def create_authorization_url(self, callback: str) -> dict[str, Any]:
        self.asked.release()
        self.give_up.wait(PATIENCE_SECONDS)
        raise ProviderUnavailable("silent")


def test_who_finds_all_places_taken_is_told_soon_and_asks_nobody() -> None:
    silent = Silent()
    provider = Provider(silent, at_once=2)
    with ThreadPoolExecutor(2) as crowd:
        for _ in range(2):
            crowd.submit(provider.ask, "shop", "/login/callback")
        assert all(silent.asked.acquire(timeout=PATIENCE_SECONDS) for _ in range(2))
        with pytest.raises(ProviderUnavailable, match="enough wait"):
            provider.ask("shop", "/login/callback")
        silent.give_up.set()
    with pytest.raises(ProviderUnavailable, match="silent"):
        provider.ask("shop", "/login/callback")  # places come free


def test_an_answer_that_finds_all_places_taken_is_good_later(
    company: Flask, provider: PretendProvider
) -> None:
    browser, settings = company.test_client(), company.extensions["settings"]
    asked = provider.ask(browser.get("/login").location)
    fields = {"code": "one", "state": asked["state"]}
    connect(company, settings, at_once=0)
    answer = browser.get("/login/callback", query_string=fields)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "/token" not in provider.requests
    connect(company, settings)
    assert browser.get("/login/callback", query_string=fields).status_code == 303
