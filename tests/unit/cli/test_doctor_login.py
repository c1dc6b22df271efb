"""Tests of `doctor` at the identity provider of users."""

import json
from typing import Any

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import Installation
from tests.unit.cli.public_server import PublicServer
from tests.unit.cli.test_database import plain


class _Provider(PublicServer):
    """Answer every request with a discovery document."""

    def __init__(self) -> None:
        super().__init__()
        self.set_document(issuer=self.url)

    def set_document(self, **document: object) -> None:
        ends = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        self.body = json.dumps({**{end: f"{self.url}/{end}" for end in ends}, **document}).encode()


def _login(run: Run, issuer: str) -> list[str]:
    three = {"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": "us", "OIDC_CLIENT_SECRET": "secret"}
    return [line for line in plain(run("doctor", **three)).splitlines() if "OIDC_ISSUER" in line]


def test_doctor_valid_provider_prints_ok(run: Run, ready: Installation):
    with _Provider() as provider:
        assert _login(run, provider.url) == [
            f"ok    OIDC_ISSUER {provider.url} has a valid discovery document"
        ]
        assert provider.asked == ["GET /.well-known/openid-configuration"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"document": {"issuer": "https://other.example"}}, "names another issuer"),
        ({"document": {"issuer": None}}, "names another issuer"),
        ({"lacks": "jwks_uri"}, "lacks jwks_uri"),
        ({"document": {"jwks_uri": "http://keys.example/"}}, "not https: jwks_uri; ask"),
        ({"document": {"end_session_endpoint": "javascript:x"}}, "not https: end_session_endpoint"),
        (
            {"document": {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}},
            "let it accept client_secret_basic or client_secret_post",
        ),
        ({"status": 404}, "gives no discovery document (status 404)"),
        ({"body": b"<html>"}, "gives no discovery document (status 200)"),
        ({"body": b"[]"}, "gives no discovery document (status 200)"),
    ],
    ids=[
        "another issuer",
        "no issuer",
        "no keys",
        "http keys",
        "no address",
        "no client secret",
        "not found",
        "HTML",
        "a list",
    ],
)
def test_doctor_invalid_discovery_document_fails(
    run: Run, ready: Installation, change: dict[str, Any], expected: str
):
    with _Provider() as provider:
        if "lacks" in change:
            provider.set_document(issuer=provider.url, **{change["lacks"]: None})
        if "document" in change:
            provider.set_document(**{"issuer": provider.url, **change["document"]})
        provider.status = change.get("status", 200)
        provider.body = change.get("body", provider.body)
        (line,) = _login(run, provider.url)
        assert line.startswith("FAIL"), line
        assert expected in line


def test_doctor_unreachable_provider_fails(run: Run, ready: Installation):
    (line,) = _login(run, "http://127.0.0.1:1")
    assert line.startswith("FAIL  OIDC_ISSUER: no answer from http://127.0.0.1:1"), line
