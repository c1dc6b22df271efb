"""Checks of all routes, their methods and their access guards."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.unit.web.conftest import settings, web
from webapp.web.guards import person
from webapp.web.register import Unguarded, refuse_unguarded, register, routes

ROUTES = [
    ("/", "GET HEAD", "everybody"),
    ("/handoff", "GET HEAD", "everybody"),
    ("/handoff", "POST", "everybody"),
    ("/healthz", "GET HEAD", "everybody"),
    ("/l/<code>", "GET HEAD", "link_code"),
    ("/l/<code>", "POST", "link_code"),
    ("/links", "POST", "person"),
    ("/login", "GET HEAD", "everybody"),
    ("/login/callback", "GET HEAD", "everybody"),
    ("/login/replace", "POST", "everybody"),
    ("/logout", "POST", "everybody"),
    ("/metrics", "GET HEAD", "everybody"),
    ("/onboardings", "POST", "person"),
    ("/onboardings/<onboarding_id>", "GET HEAD", "person"),
    ("/onboardings/<onboarding_id>/status", "GET HEAD", "person"),
    ("/onboardings/<onboarding_id>/stream", "GET HEAD", "person"),
    ("/readyz", "GET HEAD", "everybody"),
    ("/return/<reference>", "GET HEAD", "signed_reference"),
    ("/sites/<site_id>/theme.css", "GET HEAD", "everybody"),
    ("/static/<path:filename>", "GET HEAD OPTIONS", "everybody"),
    ("/webhooks/mobbscan", "POST", "gateway_headers"),
]


@pytest.fixture
def app(root: Path, tmp_path: Path) -> Flask:
    return web(root, settings(tmp_path, {"PUBLIC_URL": "http://localhost:8000"}))


def test_routes_are_exactly_the_listed_ones(app: Flask) -> None:
    assert routes(app) == ROUTES


def test_register_route_without_guard_raises(app: Flask) -> None:
    bare = Flask("bare")
    bare.extensions |= {name: app.extensions[name] for name in ("settings", "steps")}
    bare.add_url_rule("/open", "open", lambda: "everything")
    with pytest.raises(Unguarded, match="open"):
        register(bare)


def test_refuse_unguarded_unknown_guard_raises(app: Flask) -> None:
    def secret() -> str:
        return "everything"

    secret.guard = "somebody"  # type: ignore[attr-defined]
    app.add_url_rule("/secret", "secret", secret)
    with pytest.raises(Unguarded, match="secret"):
        refuse_unguarded(app)


def test_person_guard_redirects_unauthenticated_client(app: Flask) -> None:
    app.add_url_rule("/mine", "mine", person(lambda: "everything"))
    refuse_unguarded(app)
    assert app.test_client().get("/mine").status_code == 303
