"""Fixtures: the web with in-memory steps, at any PUBLIC_URL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.fake_provider import FakeProvider, login_at
from tests.unit.web.fakes import FakeSteps
from webapp.config.settings import Settings
from webapp.web.register import register

LOCAL = "http://localhost:8000"
MakeApp = Callable[..., Flask]

_SITES = """
[sites.shop]
name = "Example Shop"
handoff_keys = ["a secret of at least 32 bytes, only for tests"]
"""


@pytest.fixture
def make_app(root: Path, tmp_path: Path) -> MakeApp:
    """Return a function that builds the app for a PUBLIC_URL and further settings."""

    def build(public_url: str = LOCAL, **more: str) -> Flask:
        return web(root, settings(tmp_path, {"PUBLIC_URL": public_url, **more}))

    return build


def settings(folder: Path, more: Mapping[str, str]) -> Settings:
    sites = folder / "sites.toml"
    sites.write_text(_SITES)
    environ = {
        "MOBBSCAN_GATEWAY_URL": "https://gateway.example",
        "MOBBSCAN_API_KEY": "key",
        "MOBBSCAN_API_SECRET": "secret",
        "MOBBSCAN_HOSTED_ORIGINS": '["https://hosted.example"]',
        "SECRET_KEY": "only for tests: thirty-two characters and more",
        "SITES_FILE": str(sites),
        "INSTANCE_DIR": str(folder),
    }
    return Settings.from_environment({**environ, **more})


def web(root: Path, given: Settings) -> Flask:
    app = Flask("webapp", root_path=str(root), template_folder="templates", static_folder="static")
    app.extensions["settings"] = given
    app.extensions["steps"] = FakeSteps()
    register(app)
    return app


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def ada(app: Flask) -> FlaskClient:
    return signed_in(app, "adas-token")


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    fake = FakeProvider()
    yield fake
    fake.close()


@pytest.fixture
def company(make_app: MakeApp, provider: FakeProvider) -> Flask:
    """An app with an identity provider."""
    return make_app(**login_at(provider))


def signed_in(app: Flask, token: str, base_url: str = LOCAL) -> FlaskClient:
    """Return a client that has signed in with a hand-off token."""
    browser = app.test_client()
    answer = browser.get("/handoff", query_string={"token": token}, base_url=base_url)
    assert answer.status_code == 303
    return browser


def form_token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no CSRF token"
    return found.group(1)
