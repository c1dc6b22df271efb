"""The client logs in at the token endpoint as the provider announces, or as configured."""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import unquote_plus

import pytest

from tests.support.faulty_provider import CLIENT_ID, FaultyProvider
from tests.support.oidc_login import NewLoginServer, is_signed_in, log_in, logged
from tests.support.stack import Stack

SECRET = "a+b/c%41d=&:xyz"


def by_post(authorization: str, form: dict[str, str]) -> bool:
    sent = (form.get("client_id"), form.get("client_secret"))
    return not authorization and sent == (CLIENT_ID, SECRET)


def by_basic(authorization: str, form: dict[str, str]) -> bool:
    """Decode as RFC 6749 2.3.1 demands."""
    return _decoded(authorization, unquote_plus) == (CLIENT_ID, SECRET) and _no_secret(form)


def by_basic_raw(authorization: str, form: dict[str, str]) -> bool:
    return _decoded(authorization, str) == (CLIENT_ID, SECRET) and _no_secret(form)


def _decoded(authorization: str, decode: Callable[[str], str]) -> tuple[str, str] | None:
    scheme, _, text = authorization.partition(" ")
    if scheme != "Basic":
        return None
    name, _, secret = base64.b64decode(text).decode().partition(":")
    return decode(name), decode(secret)


def _no_secret(form: dict[str, str]) -> bool:
    return "client_secret" not in form


METHODS = "token_endpoint_auth_methods_supported"


@pytest.mark.parametrize(
    ("announced", "accepts", "environment"),
    [
        (["client_secret_post"], by_post, {}),
        (["private_key_jwt", "client_secret_post"], by_post, {}),
        (None, by_basic, {}),
        (["client_secret_basic"], by_basic, {}),
        (["client_secret_post", "client_secret_basic"], by_basic, {}),
        ("client_secret_post", by_post, {}),
        (["client_secret_basic"], by_post, {"OIDC_TOKEN_AUTH_METHOD": "client_secret_post"}),
        (["client_secret_post"], by_basic, {"OIDC_TOKEN_AUTH_METHOD": "client_secret_basic"}),
        (None, by_basic_raw, {"OIDC_TOKEN_AUTH_METHOD": "client_secret_basic_raw"}),
    ],
    ids=lambda each: getattr(each, "__name__", str(each)),
)
def test_login_at_provider_with_an_auth_method_signs_in(
    provider: FaultyProvider,
    new_login_server: NewLoginServer,
    announced: object,
    accepts: Callable[[str, dict[str, str]], bool],
    environment: dict[str, str],
) -> None:
    provider.metadata = {METHODS: announced}
    provider.accepts_client = accepts
    server = new_login_server(OIDC_CLIENT_SECRET=SECRET, **environment)
    assert is_signed_in(log_in(server))


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"error": "invalid_client", "error_description": "ada@example.com"}, "invalid_client"),
        ({"error": "ada@example.com is locked"}, "unreadable"),
        ({"error": ["invalid_client"]}, "unreadable"),
        ({"error": "x" * 300}, "unreadable"),
    ],
    ids=["word", "sentence", "list", "long"],
)
def test_login_refused_by_token_endpoint_logs_only_the_error_word(
    provider: FaultyProvider, login_server: Stack, body: dict[str, object], word: str
) -> None:
    provider.token_answer = ("401 Unauthorized", body)
    page = log_in(login_server)
    assert page.status == 401
    assert "website did not tell us" not in page.text
    assert [line["provider_error"] for line in logged(login_server, "login_failed")] == [word]
    assert "ada@example.com" not in login_server.logs("server")
