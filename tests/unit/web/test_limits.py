"""Limits of failures by client address, and of API requests by site."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from tests.unit.web.conftest import MakeApp, signed_in
from tests.unit.web.fake_provider import FakeProvider
from tests.unit.web.fakes import SHOP, steps_of
from webapp.web.limits import FAILURES_PER_MINUTE, Surface, limits

BEYOND = FAILURES_PER_MINUTE + 3
#: Failing requests: surface, method, path, usual status.
FAILURES = [
    ("handoff", "GET", "/handoff?token=garbage", 401),
    ("handoff", "POST", "/handoff", 401),
    ("link", "GET", "/l/unknown-code", 404),
    ("link", "POST", "/l/gone-code", 410),
    ("login", "GET", "/login/callback?state=unknown&code=x", 400),
    ("login", "GET", "/login/callback?error=access_denied", 200),
    ("login", "POST", "/login/replace", 400),
]


@pytest.fixture(autouse=True)
def gone_code(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.web import fakes

    monkeypatch.setitem(fakes.CODES, "gone-code", ("ada", "Ada"))


def stop_clock(app: Flask) -> None:
    """Let no time pass for the limits, however slowly the test runs."""
    app.extensions["limits"]._counts._clock = lambda: 1_800_000_000.0


@pytest.fixture
def app(company: Flask) -> Flask:
    company.config["WTF_CSRF_ENABLED"] = False
    stop_clock(company)
    steps_of(company).used.add("gone-code")
    return company


def answers(
    browser: FlaskClient, method: str, path: str, count: int = BEYOND, peer: str = "192.0.2.1"
) -> list[TestResponse]:
    return [
        browser.open(path, method=method, environ_overrides={"REMOTE_ADDR": peer})
        for _ in range(count)
    ]


@pytest.mark.parametrize(("surface", "method", "path", "status"), FAILURES)
def test_failures_beyond_the_limit_are_429_with_retry_after(
    app: Flask, surface: str, method: str, path: str, status: int
) -> None:
    browser = app.test_client()
    found = answers(browser, method, path)
    assert [each.status_code for each in found] == [status] * 30 + [429] * 3
    last = found[-1]
    assert 1 <= int(last.headers["Retry-After"]) <= 120
    assert "Too many attempts" in last.text
    assert "Retry-After" not in found[0].headers


@pytest.mark.parametrize(("surface", "method", "path", "status"), FAILURES)
def test_failures_of_another_address_are_answered_as_usual(
    app: Flask, surface: str, method: str, path: str, status: int
) -> None:
    browser = app.test_client()
    answers(browser, method, path)
    assert answers(browser, method, path, 1, peer="192.0.2.2")[0].status_code == status
    inside = answers(browser, method, path, 1, peer="::ffff:192.0.2.1")[0]
    assert inside.status_code == 429


def test_good_handoff_and_link_pass_beyond_the_limit(app: Flask) -> None:
    browser = app.test_client()
    answers(browser, "GET", "/handoff?token=garbage")
    answers(browser, "GET", "/l/unknown-code")
    local = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.1"}}
    good = browser.get("/handoff?token=adas-token", **local)
    assert (good.status_code, good.location) == (303, "/")
    other = app.test_client()
    assert other.get("/l/bens-code", **local).status_code == 200
    assert other.post("/l/bens-code", **local).status_code == 303


def test_limits_of_the_surfaces_are_separate(app: Flask) -> None:
    browser = app.test_client()
    answers(browser, "GET", "/handoff?token=garbage")
    assert answers(browser, "GET", "/l/unknown-code", 1)[0].status_code == 404


def test_callback_beyond_the_limit_neither_uses_the_state_up_nor_calls_the_provider(
    app: Flask, provider: FakeProvider
) -> None:
    browser = app.test_client()
    local = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.1"}}
    address = browser.get("/login?site=shop", **local).location
    state = address.partition("state=")[2].partition("&")[0]
    answers(browser, "GET", "/login/callback?state=unknown&code=x")
    calls = len(provider.requests)
    refused = browser.get(f"/login/callback?state={state}&code=good", **local)
    assert refused.status_code == 429
    assert len(provider.requests) == calls
    # The same callback, from where nothing has failed: its state is still good.
    other = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.2"}}
    browser.get(f"/login/callback?state={state}&code=good", **other)
    assert len(provider.requests) > calls


def test_metrics_with_a_wrong_bearer_are_limited_and_with_the_right_one_never(
    make_app: MakeApp,
) -> None:
    app = make_app(OPERATIONS_TOKEN="an-operations-token-for-these-tests")
    stop_clock(app)
    browser = app.test_client()

    def status(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return browser.get("/metrics", headers=headers).status_code

    assert [status("guess") for _ in range(BEYOND)] == [401] * 30 + [429] * 3
    assert status("an-operations-token-for-these-tests") == 200


def test_refusal_is_logged_with_site_hashed_client_and_person(make_app: MakeApp) -> None:
    app = make_app()
    stop_clock(app)
    browser = signed_in(app, "adas-token")
    with capture_logs() as lines:
        answers(browser, "GET", "/handoff?token=garbage")
    refused = [each for each in lines if each["event"] == "attempt_limited"]
    assert len(refused) == 3
    assert {"site": "shop", "person": "person-ada", "surface": "handoff"}.items() <= refused[
        0
    ].items()
    assert len(refused[0]["client"]) == 32
    assert "192.0.2.1" not in str(lines)
    assert "garbage" not in str(lines)


def test_counts_that_are_shared_hold_no_address(app: Flask) -> None:
    answers(app.test_client(), "GET", "/handoff?token=garbage", 3)
    with app.app_context():
        limits()._counts.exchange()
    shared = steps_of(app).shared
    assert sum(each.count for each in shared) == 3
    assert all(each.key.startswith("handoff/") and "192" not in each.key[:12] for each in shared)


def test_api_request_returns_both_rate_limit_fields(app: Flask) -> None:
    with app.test_request_context():
        quota = limits().api_request(SHOP)
    assert quota.wait_seconds is None
    assert quota.headers["RateLimit-Policy"] == '"requests";q=600;w=60'
    assert quota.headers["RateLimit"].startswith('"requests";r=599;t=')


def test_api_request_beyond_the_rate_of_the_site_is_refused(app: Flask) -> None:
    site = SHOP.model_copy(update={"api_rate": 5})
    other = site.model_copy(update={"id": "bank"})
    with app.test_request_context():
        found = [limits().api_request(site) for _ in range(7)]
        assert [each.wait_seconds is None for each in found] == [True] * 5 + [False] * 2
        assert '"requests";r=0;t=' in found[-1].headers["RateLimit"]
        assert limits().api_request(other).wait_seconds is None


def test_api_request_that_creates_has_a_lower_limit_of_its_own(app: Flask) -> None:
    with app.test_request_context():
        found = [limits().api_request(SHOP, is_create=True) for _ in range(121)]
        assert found[119].wait_seconds is None
        assert found[120].wait_seconds is not None
        assert found[0].headers["RateLimit-Policy"] == '"requests";q=600;w=60, "creates";q=120;w=60'
        assert limits().api_request(SHOP).wait_seconds is None


def test_failure_of_an_api_key_is_counted_by_client(app: Flask) -> None:
    with app.app_context():
        found = [limits().failure(Surface.API, "a-client") for _ in range(31)]
        assert found[:30] == [None] * 30
        assert found[30]
        assert limits().exceeded(Surface.API, "a-client")
        assert limits().exceeded(Surface.API, "another-client") is None
