"""Log-in response: names of the token and sources of its lifetime. Contract 2.1, 2.2."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.unit.gateway.doubles import gateway, jwt
from webapp.gateway import InvalidResponse, Token


@pytest.mark.parametrize("name", ["accessToken", "access_token", "token"])
def test_parse_token_reads_each_token_name(name: str) -> None:
    assert log_in({name: "opaque"}).value == "opaque"


@pytest.mark.parametrize(
    "value",
    [None, "", 7, ["a"], "with space", "line\r\nX-Injected: yes", "\u00e9", "x" * 16_001, "\ud800"],
)
def test_parse_token_without_usable_token_raises_invalid_response(value: Any) -> None:
    with pytest.raises(InvalidResponse):
        log_in({"accessToken": value})


NOW = int(datetime.now(UTC).timestamp())


@pytest.mark.parametrize(
    ("response", "seconds"),
    [
        ({"accessToken": jwt(iat=NOW - 9000, exp=NOW - 8400)}, 600),  # their clock is behind
        ({"accessToken": jwt(iat=NOW, exp=NOW + 600), "expiresIn": 60}, 600),
        ({"accessToken": jwt(iat=NOW, exp=NOW + 9_000_000)}, 24 * 3600),
        ({"accessToken": jwt(iat=NOW, exp=NOW)}, 900),
        ({"accessToken": jwt(iat=NOW, exp=NOW - 5), "expires_in": "120"}, 120),
        ({"accessToken": jwt(exp="soon")}, 900),
        ({"accessToken": jwt(exp=True)}, 900),
        ({"accessToken": jwt(exp=10**400)}, 900),
        ({"accessToken": "a.b.c"}, 900),
        ({"accessToken": "a.!!!.c"}, 900),
        ({"accessToken": f"a.{base64.urlsafe_b64encode(b'[1]').decode()}.c"}, 900),
        ({"accessToken": "opaque"}, 900),
        ({"accessToken": "opaque", "expiresIn": 300}, 300),
        ({"accessToken": "opaque", "expiresIn": "never"}, 900),
        ({"accessToken": "opaque", "expiresIn": -1}, 900),
    ],
)
def test_parse_token_lifetime_from_claims_or_response_or_default(
    response: Any, seconds: float
) -> None:
    found = log_in(response)
    assert (found.expires_at - found.obtained_at).total_seconds() == pytest.approx(seconds, abs=5)
    assert abs(datetime.now(UTC) - found.obtained_at) < timedelta(seconds=30)


def test_parse_token_without_iat_uses_own_clock() -> None:
    found = log_in({"accessToken": jwt(exp=int(datetime.now(UTC).timestamp()) + 600)})
    assert (found.expires_at - found.obtained_at).total_seconds() == pytest.approx(600, abs=5)


def log_in(response: Any) -> Token:
    content = json.dumps(response)
    return gateway(lambda request: httpx.Response(200, content=content)).log_in()
