"""Addresses come from PUBLIC_URL, not from the request."""

from __future__ import annotations

import pytest
from flask import Flask, request

from tests.unit.web.conftest import MakeApp
from tests.unit.web.fakes import ADAS
from webapp.web.guards import public


def test_public_url_with_forged_headers_is_used_in_redirects(make_app: MakeApp) -> None:
    app = make_app("https://shop.example/verify")
    answer = app.test_client().get(
        f"/verify/onboardings/{ADAS}",
        headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil", "Host": "evil"},
    )
    assert answer.status_code == 303
    assert answer.location == "/verify/"
    assert "evil" not in str(answer.headers)


@pytest.mark.parametrize("path", ["/verify/healthz", "/healthz"])
def test_path_with_and_without_the_prefix_is_found(make_app: MakeApp, path: str) -> None:
    assert make_app("https://shop.example/verify").test_client().get(path).status_code == 200


@pytest.mark.parametrize("path", ["/verify", "/verify/", "/"])
def test_path_of_the_prefix_alone_is_the_start_page(make_app: MakeApp, path: str) -> None:
    answer = make_app("https://shop.example/verify").test_client().get(path)
    assert answer.status_code == 200


def test_path_that_only_begins_like_the_prefix_is_404(make_app: MakeApp) -> None:
    assert (
        make_app("https://shop.example/verify").test_client().get("/verifying/").status_code == 404
    )


def test_page_links_carry_the_prefix(make_app: MakeApp) -> None:
    page = make_app("https://shop.example/verify").test_client().get("/").text
    assert 'href="/verify/static/base.css?v=' in page


@pytest.mark.parametrize(("hops", "seen"), [("0", "127.0.0.1"), ("1", "9.9.9.9"), ("2", "1.2.3.4")])
def test_client_address_comes_from_trusted_proxies_only(
    make_app: MakeApp, hops: str, seen: str
) -> None:
    app = make_app(TRUSTED_PROXY_HOPS=hops)
    app.add_url_rule("/client", "client", public(_client_address))
    answer = app.test_client().get("/client", headers={"X-Forwarded-For": "1.2.3.4, 9.9.9.9"})
    assert answer.text == seen


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/healthz/", "//healthz", "//", "/static//base.css"]
)
def test_path_in_another_spelling_is_not_redirected(app: Flask, path: str) -> None:
    raw = {"PATH_INFO": path}  # untouched by the test client, which reads `//x` as a host
    answer = app.test_client().get("/", environ_overrides=raw, buffered=True)
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize("public_url", ["https://shop.example/verify", "http://127.0.0.1:8000"])
def test_absolute_addresses_come_from_public_url(make_app: MakeApp, public_url: str) -> None:
    app = make_app(public_url)
    app.add_url_rule("/me", "me", public(lambda: request.base_url))
    forged = {"Host": "evil.example", "X-Forwarded-Proto": "ftp", "X-Forwarded-Port": "1"}
    answer = app.test_client().get("/me", headers=forged, environ_overrides={"SCRIPT_NAME": ""})
    assert answer.text == f"{public_url}/me"


def _client_address() -> str:
    return request.remote_addr or ""
