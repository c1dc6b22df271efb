"""PUBLIC_URL decides where we are; nothing a request claims does."""

from __future__ import annotations

import pytest
from flask import Flask, request

from tests.unit.web.conftest import Make
from tests.unit.web.fakes import ADAS
from webapp.web.guards import everybody


def test_a_forged_host_gets_into_no_address(make: Make) -> None:
    app = make("https://shop.example/verify")
    answer = app.test_client().get(
        f"/verify/onboardings/{ADAS}",
        headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil", "Host": "evil"},
    )
    assert answer.status_code == 303
    assert answer.location == "/verify/"
    assert "evil" not in str(answer.headers)


@pytest.mark.parametrize("path", ["/verify/healthz", "/healthz"])
def test_a_path_counts_with_and_without_the_prefix(make: Make, path: str) -> None:
    assert make("https://shop.example/verify").test_client().get(path).status_code == 200


@pytest.mark.parametrize("path", ["/verify", "/verify/", "/"])
def test_the_prefix_alone_is_home(make: Make, path: str) -> None:
    answer = make("https://shop.example/verify").test_client().get(path)
    assert answer.status_code == 200


def test_a_longer_word_is_not_the_prefix(make: Make) -> None:
    assert make("https://shop.example/verify").test_client().get("/verifying/").status_code == 404


def test_links_carry_the_prefix(make: Make) -> None:
    page = make("https://shop.example/verify").test_client().get("/").text
    assert 'href="/verify/static/base.css?v=' in page


@pytest.mark.parametrize(("hops", "seen"), [("0", "127.0.0.1"), ("1", "9.9.9.9"), ("2", "1.2.3.4")])
def test_only_trusted_proxies_name_the_client(make: Make, hops: str, seen: str) -> None:
    app = make(TRUSTED_PROXY_HOPS=hops)
    app.add_url_rule("/client", "client", everybody(_client_address))
    answer = app.test_client().get("/client", headers={"X-Forwarded-For": "1.2.3.4, 9.9.9.9"})
    assert answer.text == seen


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/healthz/", "//healthz", "//", "/static//base.css"]
)
def test_no_spelling_of_an_address_is_redirected(app: Flask, path: str) -> None:
    raw = {"PATH_INFO": path}  # untouched by the test client, which reads `//x` as a host
    answer = app.test_client().get("/", environ_overrides=raw, buffered=True)
    assert answer.status_code in (200, 404)


@pytest.mark.parametrize("public_url", ["https://shop.example/verify", "http://127.0.0.1:8000"])
def test_whole_addresses_are_made_from_the_setting(make: Make, public_url: str) -> None:
    app = make(public_url)
    app.add_url_rule("/me", "me", everybody(lambda: request.base_url))
    forged = {"Host": "evil.example", "X-Forwarded-Proto": "ftp", "X-Forwarded-Port": "1"}
    answer = app.test_client().get("/me", headers=forged, environ_overrides={"SCRIPT_NAME": ""})
    assert answer.text == f"{public_url}/me"


def _client_address() -> str:
    return request.remote_addr or ""
