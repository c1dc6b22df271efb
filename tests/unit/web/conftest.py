"""The web on top of a journey in memory, at any public address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.fakes import FakeSteps
from tests.unit.web.pretend_provider import PretendProvider, login_at
from webapp.config.settings import Settings
from webapp.web.register import register

LOCAL = "http://localhost:8000"
Make = Callable[..., Flask]

_SITES = """
[sites.shop]
name = "Example Shop"
handoff_keys = ["a secret of at least 32 bytes, only for tests"]
"""


@pytest.fixture
def make(root: Path, tmp_path: Path) -> Make:
    """Build the web for a PUBLIC_URL and further settings, as `create_app` does."""

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
def app(make: Make) -> Flask:
    return make()


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def ada(app: Flask) -> FlaskClient:
    return signed_in(app, "adas-token")


@pytest.fixture
def provider() -> Iterator[PretendProvider]:
    pretend = PretendProvider()
    yield pretend
    pretend.close()


@pytest.fixture
def company(make: Make, provider: PretendProvider) -> Flask:
    """The web of a company with an identity provider."""
    return make(**login_at(provider))


def signed_in(app: Flask, token: str, base_url: str = LOCAL) -> FlaskClient:
    """A browser whose person has come by a hand-off."""
    browser = app.test_client()
    answer = browser.get("/handoff", query_string={"token": token}, base_url=base_url)
    assert answer.status_code == 303
    return browser


def form_token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form of ours"
    return found.group(1)
