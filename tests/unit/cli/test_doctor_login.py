"""`doctor`, at the identity provider."""

import json
from typing import Any

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import Installation
from tests.unit.cli.public_server import PublicServer
from tests.unit.cli.test_database import plain


class _Provider(PublicServer):
    """Answers everything with a discovery document."""

    def __init__(self) -> None:
        super().__init__()
        self.says(issuer=self.url)

    def says(self, **document: object) -> None:
        ends = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        self.body = json.dumps({**{end: f"{self.url}/{end}" for end in ends}, **document}).encode()


def _login(run: Run, issuer: str) -> list[str]:
    three = {"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": "us", "OIDC_CLIENT_SECRET": "secret"}
    return [line for line in plain(run("doctor", **three)).splitlines() if "OIDC_ISSUER" in line]


def test_a_provider_that_is_there_is_well(run: Run, ready: Installation):
    with _Provider() as provider:
        assert _login(run, provider.url) == [
            f"ok    OIDC_ISSUER {provider.url} is there and speaks for itself"
        ]
        assert provider.asked == ["GET /.well-known/openid-configuration"]


@pytest.mark.parametrize(
    ("bent", "words"),
    [
        ({"says": {"issuer": "https://other.example"}}, "calls itself otherwise"),
        ({"says": {"issuer": None}}, "calls itself otherwise"),
        ({"lacks": "jwks_uri"}, "lacks jwks_uri"),
        ({"status": 404}, "gives no discovery document (status 404)"),
        ({"body": b"<html>"}, "gives no discovery document (status 200)"),
        ({"body": b"[]"}, "gives no discovery document (status 200)"),
    ],
    ids=["another", "nobody", "no keys", "not found", "a page", "a list"],
)
def test_a_provider_nobody_can_log_in_at_is_a_failure(
    run: Run, ready: Installation, bent: dict[str, Any], words: str
):
    with _Provider() as provider:
        if "lacks" in bent:
            provider.says(issuer=provider.url, **{bent["lacks"]: None})
        if "says" in bent:
            provider.says(**bent["says"])
        provider.status = bent.get("status", 200)
        provider.body = bent.get("body", provider.body)
        (line,) = _login(run, provider.url)
        assert line.startswith("FAIL"), line
        assert words in line


def test_a_provider_that_is_not_there_is_a_failure(run: Run, ready: Installation):
    (line,) = _login(run, "http://127.0.0.1:1")
    assert line.startswith("FAIL  OIDC_ISSUER: nobody answers at http://127.0.0.1:1"), line
