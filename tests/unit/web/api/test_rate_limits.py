"""Limits of the API: requests of a site, creates, and failures of a client."""

from __future__ import annotations

import re

import pytest

from tests.unit.web.api.conftest import BANK, SHOP, Api
from webapp.web.limits import API_CREATES_PER_MINUTE, FAILURES_PER_MINUTE


def test_every_answer_to_a_key_has_both_fields(api: Api) -> None:
    answers = [api.get("/onboardings"), api.get("/onboardings?x=1"), api.create()]
    for answer in answers:
        assert re.match(r'"requests";q=600;w=60', answer.headers["RateLimit-Policy"])
        assert re.match(r'"requests";r=\d+;t=\d+', answer.headers["RateLimit"])
    assert '"creates";q=120;w=60' in answers[2].headers["RateLimit-Policy"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/openapi.json", 200),
        ("GET", "/nothing", 404),
        ("PUT", "/onboardings", 405),
        ("GET", "/onboardings", 401),
    ],
)
def test_every_answer_to_a_client_without_a_key_has_both_fields(
    api: Api, method: str, path: str, status: int
) -> None:
    left = []
    for _ in range(2):
        answer = api.call(method, path, key=None)
        assert answer.status_code == status
        assert answer.headers["RateLimit-Policy"] == '"failures";q=30;w=60'
        left += re.findall(r'^"failures";r=(\d+);t=\d+$', answer.headers["RateLimit"])
    assert left == (["29", "28"] if status == 401 else ["30", "30"])


def test_creates_beyond_the_limit_are_429_and_reads_are_not(api: Api) -> None:
    for _ in range(API_CREATES_PER_MINUTE):
        assert api.create(mode="x").status_code == 422
    refused = api.create()
    assert (refused.status_code, refused.get_json()["code"]) == (429, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert "RateLimit" in refused.headers
    assert api.get("/onboardings").status_code == 200
    assert api.create(key=BANK).status_code == 201


@pytest.mark.parametrize("key", [None, "guessed"])
def test_bad_keys_beyond_the_limit_are_429_and_a_good_key_passes(api: Api, key: str | None) -> None:
    statuses = [
        api.get("/onboardings", key=key).status_code for _ in range(FAILURES_PER_MINUTE + 5)
    ]
    assert statuses == [401] * FAILURES_PER_MINUTE + [429] * 5
    answer = api.get("/onboardings", key=key)
    assert answer.get_json()["type"].endswith("/problems/too_many_requests")
    assert "Retry-After" in answer.headers
    assert api.get("/onboardings", key=SHOP).status_code == 200
