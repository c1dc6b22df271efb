"""Checks of all routes, their methods and their access guards."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.unit.web.conftest import settings, web
from webapp.config.addresses import OWN_SEGMENTS
from webapp.web.guards import session_required
from webapp.web.register import UnguardedRoute, refuse_unguarded_routes, register, routes

ROUTES = [
    ("/", "GET HEAD", "public"),
    ("/.well-known/jwks.json", "GET HEAD", "public"),
    ("/api/v1/erasures/<erasure_id>", "GET HEAD", "api_key"),
    ("/api/v1/messages", "GET HEAD", "api_key"),
    ("/api/v1/onboardings", "GET HEAD", "api_key"),
    ("/api/v1/onboardings", "POST", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>", "DELETE", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>", "GET HEAD", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>/accept", "POST", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>/cancel", "POST", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>/data", "GET HEAD", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>/decision", "GET HEAD", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>/evidence", "GET HEAD", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>/images/<evidence_type>", "GET HEAD", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>/link", "POST", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>/pdf", "GET HEAD", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>/recordings/<evidence_type>", "GET HEAD", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>/reject", "POST", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>/review", "POST", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>/timeline", "GET HEAD", "api_key"),
    ("/api/v1/onboardings/<onboarding_id>/zip", "GET HEAD", "api_key"),
    ("/api/v1/openapi.json", "GET HEAD", "public"),
    ("/api/v1/subjects/<path:subject>", "DELETE", "api_key"),
    ("/api/v1/subjects/<path:subject>", "GET HEAD", "api_key"),
    ("/embed/<site_id>", "GET HEAD", "public"),
    ("/embed/<site_id>/end", "POST", "embed_bearer"),
    ("/embed/<site_id>/links", "POST", "embed_bearer"),
    ("/embed/<site_id>/onboardings", "GET HEAD", "embed_bearer"),
    ("/embed/<site_id>/onboardings", "POST", "embed_bearer"),
    ("/embed/<site_id>/onboardings/<onboarding_id>", "GET HEAD", "embed_bearer"),
    ("/embed/<site_id>/onboardings/<onboarding_id>/status", "GET HEAD", "embed_bearer"),
    ("/embed/<site_id>/onboardings/<onboarding_id>/stream", "GET HEAD", "embed_bearer"),
    ("/embed/<site_id>/report", "POST", "public"),
    ("/embed/<site_id>/session", "POST", "public"),
    ("/handoff", "GET HEAD", "public"),
    ("/handoff", "POST", "public"),
    ("/healthz", "GET HEAD", "public"),
    ("/l/<code>", "GET HEAD", "link_code"),
    ("/l/<code>", "POST", "link_code"),
    ("/links", "POST", "session_required"),
    ("/login", "GET HEAD", "public"),
    ("/login/callback", "GET HEAD", "public"),
    ("/login/replace", "POST", "public"),
    ("/logout", "POST", "public"),
    ("/metrics", "GET HEAD", "public"),
    ("/onboardings", "POST", "session_required"),
    ("/onboardings/<onboarding_id>", "GET HEAD", "session_required"),
    ("/onboardings/<onboarding_id>/status", "GET HEAD", "session_required"),
    ("/onboardings/<onboarding_id>/stream", "GET HEAD", "session_required"),
    ("/problems/<code>", "GET HEAD", "public"),
    ("/readyz", "GET HEAD", "public"),
    ("/return/<path:reference>", "GET HEAD", "signed_reference"),
    ("/sites/<site_id>/theme.css", "GET HEAD", "public"),
    ("/static/<path:filename>", "GET HEAD OPTIONS", "public"),
    ("/static/embed-v1.<version>.js", "GET HEAD", "public"),
    ("/static/embed-v1.d.ts", "GET HEAD", "public"),
    ("/static/embed-v1.js", "GET HEAD", "public"),
    ("/webhooks/mobbscan", "POST", "gateway_headers"),
]


@pytest.fixture
def app(root: Path, tmp_path: Path) -> Flask:
    return web(root, settings(tmp_path, {"PUBLIC_URL": "http://localhost:8000"}))


def test_routes_are_exactly_the_listed_ones(app: Flask) -> None:
    assert routes(app) == ROUTES


def test_public_url_refuses_a_prefix_that_begins_like_any_route(app: Flask) -> None:
    """A proxy may strip the prefix: then `/embed/shop` would be cut to `/shop`."""
    first = {path.split("/")[1] for path, _methods, _guard in routes(app)} - {""}
    assert first <= OWN_SEGMENTS
    assert OWN_SEGMENTS - first == {"console"}, "reserved for the console"


def test_register_route_without_guard_raises(app: Flask) -> None:
    bare = Flask("bare")
    bare.extensions |= {name: app.extensions[name] for name in ("settings", "steps")}
    bare.add_url_rule("/open", "open", lambda: "everything")
    with pytest.raises(UnguardedRoute, match="open"):
        register(bare)


def test_refuse_unguarded_unknown_guard_raises(app: Flask) -> None:
    def secret() -> str:
        return "everything"

    secret.guard = "unknown"  # type: ignore[attr-defined]
    app.add_url_rule("/secret", "secret", secret)
    with pytest.raises(UnguardedRoute, match="secret"):
        refuse_unguarded_routes(app)


def test_session_required_redirects_unauthenticated_client(app: Flask) -> None:
    app.add_url_rule("/mine", "mine", session_required(lambda: "everything"))
    refuse_unguarded_routes(app)
    assert app.test_client().get("/mine").status_code == 303
