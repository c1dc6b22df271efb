"""Ageing of the provider's answers, and the limit for fetching them anew."""

from __future__ import annotations

from itertools import count

import pytest
from flask import Flask

from tests.unit.web.fake_provider import FakeProvider
from webapp.web.login import cached_answer
from webapp.web.login.cached_answer import CachedAnswer, RefetchLimit


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(cached_answer, "time", self)

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_answer_is_loaded_again_after_ten_minutes(clock: Clock) -> None:
    answer = CachedAnswer(count().__next__)
    assert [answer.get(), answer.get()] == [0, 0]
    clock.now += 599
    assert answer.get() == 0
    clock.now += 2
    assert answer.get() == 1


def test_forgotten_answer_is_loaded_again(clock: Clock) -> None:
    answer = CachedAnswer(count().__next__)
    answer.get()
    answer.forget()
    assert answer.get() == 1


def test_answer_that_cannot_be_loaded_is_not_kept() -> None:
    outcomes = iter([None, 7])

    def load() -> int:
        if (outcome := next(outcomes)) is None:
            raise LookupError
        return outcome

    answer = CachedAnswer(load)
    with pytest.raises(LookupError):
        answer.get()
    assert answer.get() == 7


def test_refetch_limit_allows_three_in_a_minute(clock: Clock) -> None:
    limit = RefetchLimit()
    assert [limit.allows() for _ in range(5)] == [True, True, True, False, False]
    clock.now += 61
    assert limit.allows()


def test_error_words_in_callbacks_cause_no_further_discovery(
    company: Flask, provider: FakeProvider
) -> None:
    browser = company.test_client()
    for _ in range(2):
        address = browser.get("/login").location
        for status in (302, 503):
            fields = {"error": "server_error", "state": provider.receive(address)["state"]}
            answer = browser.get("/login/callback", query_string=fields)
            assert answer.status_code == status
            address = answer.location or ""
    assert provider.requests == ["/.well-known/openid-configuration"]
