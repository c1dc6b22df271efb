"""Which client a request comes from."""

from __future__ import annotations

import pytest
from flask import Flask
from structlog.testing import capture_logs

from tests.unit.web.conftest import MakeApp
from webapp.web.client_address import client_address, hashed_client
from webapp.web.guards import public


def address(app: Flask, forwarded: str | None = None, peer: str = "198.51.100.7") -> str:
    """Return the address of a request that passes the whole application."""
    if "client" not in app.view_functions:
        app.add_url_rule("/client", "client", public(client_address))
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    browser = app.test_client()
    return browser.get("/client", headers=headers, environ_overrides={"REMOTE_ADDR": peer}).text


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:201", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
    ],
)
def test_client_address_of_a_connection_is_normalized(app: Flask, peer: str, expected: str) -> None:
    assert address(app, peer=peer) == expected


def test_client_address_without_trusted_proxies_ignores_forwarded_headers(app: Flask) -> None:
    assert address(app, "203.0.113.9") == "198.51.100.7"


@pytest.mark.parametrize(
    ("hops", "forwarded", "expected"),
    [
        ("1", "203.0.113.9", "203.0.113.9"),
        ("1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),  # the client wrote the first entry
        ("2", "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        ("2", "203.0.113.9", "198.51.100.7"),  # a request that has not passed both proxies
        ("1", "203.0.113.9:4711", "203.0.113.9"),
        ("1", "[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("1", "[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("1", "unknown", "198.51.100.7"),
        ("1", "", "198.51.100.7"),
    ],
)
def test_client_address_behind_proxies_is_the_entry_of_the_outermost_trusted_one(
    make_app: MakeApp, hops: str, forwarded: str, expected: str
) -> None:
    assert address(make_app(TRUSTED_PROXY_HOPS=hops), forwarded) == expected


def test_hashed_client_is_keyed_and_holds_no_address(make_app: MakeApp) -> None:
    hashes = []
    for key in ("a key of at least thirty-two characters", "another key of thirty-two characters"):
        with make_app(SECRET_KEY=key).test_request_context(
            environ_base={"REMOTE_ADDR": "192.0.2.1"}
        ):
            hashes += [hashed_client(), hashed_client()]
    assert hashes[0] == hashes[1] != hashes[2]
    assert len(hashes[0]) == 32


def test_forwarded_headers_without_trusted_proxies_are_logged_once(
    make_app: MakeApp,
) -> None:
    with capture_logs() as lines:
        browser = make_app().test_client()
        for _ in range(3):
            browser.get("/healthz", headers={"X-Forwarded-For": "203.0.113.9"})
        make_app(TRUSTED_PROXY_HOPS="1").test_client().get(
            "/healthz", headers={"X-Forwarded-For": "203.0.113.9"}
        )
    warnings = [each for each in lines if each["event"] == "forwarded_headers_ignored"]
    assert len(warnings) == 1
    assert "203.0.113.9" not in str(warnings)
