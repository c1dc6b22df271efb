"""Fixtures: the whole server on an SQLite database, called by the keys of two sites."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from tests.support.change_numbers import number_changes
from tests.support.databases import migrated_sqlite  # noqa: F401 - a fixture
from webapp import wiring
from webapp.config.settings import Settings
from webapp.web.register import register

PUBLIC_URL = "http://localhost:8000/verify"
SCOPES = ("onboardings", "data", "evidence", "decide", "erase")
SHOP, BANK, EXPIRED = "shop-key", "bank-key", "expired-key"
#: A key of the shop that may make every call.
ALL_SCOPES = "shop-key-for-all"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


def hash_of(key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def key_of(scope: str) -> str:
    """Return the shop's key that has this scope alone."""
    return f"shop-key-for-{scope}"


_SCOPED = ",".join(f'{{ hash = "{hash_of(key_of(s))}", scopes = ["{s}"] }}' for s in SCOPES)
SITES = f"""
[sites.shop]
name = "Example Shop"
return_urls = ["https://shop.example/account"]
api_keys = [
  "{hash_of(SHOP)}", {_SCOPED},
  {{ name = "all", hash = "{hash_of(ALL_SCOPES)}", scopes = {list(SCOPES)} }},
  {{ hash = "{hash_of(EXPIRED)}", expires = "2026-01-01" }},
]
[sites.shop.flows.default]
[sites.shop.flows.strict]
consent_version = "2026-01"

[sites.bank]
name = "Example Bank"
api_keys = ["{hash_of(BANK)}"]
"""


@dataclass
class Api:
    """Calls the API as a host site's back end does."""

    app: Flask
    key: str | None = SHOP

    def call(
        self,
        method: str,
        path: str,
        *,
        key: str | None = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> TestResponse:
        """Send a request; `key` None sends no key, `more` goes to Werkzeug's client."""
        sent = self.key if key == "" else key
        bearer = {"Authorization": f"Bearer {sent}"} if sent else {}
        client = self.app.test_client()
        return client.open(
            f"/api/v1{path}", method=method, headers={**bearer, **(headers or {})}, **more
        )

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        return self.call("POST", path, **more)

    def create(self, subject: str = "ada", **fields: Any) -> TestResponse:
        more = {name: fields.pop(name) for name in ("key", "headers") if name in fields}
        return self.post("/onboardings", json={"subject": subject, **fields}, **more)

    def number_changes(self) -> None:
        """Let the listing show all changes."""
        number_changes(self.app.extensions["wired"].database)


@pytest.fixture
def gateway_url() -> str:
    """Return the address of the gateway; by default nothing listens there."""
    return "http://127.0.0.1:9"


@pytest.fixture
def app(
    root: Path,
    tmp_path: Path,
    migrated_sqlite: Path,  # noqa: F811 - a fixture
    gateway_url: str,
) -> Iterator[Flask]:
    database = tmp_path / "state.sqlite3"
    shutil.copy(migrated_sqlite, database)
    given = settings(tmp_path, database, gateway_url)
    wired = wiring.build(given)
    made = Flask("webapp", root_path=str(root), template_folder="templates", static_folder="static")
    made.extensions |= {"settings": given, "steps": wired.steps, "wired": wired}
    register(made)
    yield made
    wired.gateway.close()
    wired.engine.dispose()


def settings(folder: Path, database: Path, gateway_url: str) -> Settings:
    (folder / "sites.toml").write_text(SITES)
    return Settings.from_environment(
        {
            "MOBBSCAN_GATEWAY_URL": gateway_url,
            "MOBBSCAN_API_KEY": "key",
            "MOBBSCAN_API_SECRET": "secret",
            "PUBLIC_URL": PUBLIC_URL,
            "SECRET_KEY": "only for tests: thirty-two characters and more",
            "SITES_FILE": str(folder / "sites.toml"),
            "INSTANCE_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{database}",
        }
    )


@pytest.fixture
def api(app: Flask) -> Api:
    return Api(app)


class _Silent(WSGIRequestHandler):
    def log(self, *_: object, **__: object) -> None:
        """Write nothing."""


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """Return the address of the API, served over HTTP."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api/v1"
    server.shutdown()
    thread.join()
