"""What the log-in answers: neither names nor lifetime are documented. Contract 2.1, 2.2."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.unit.gateway.doubles import jwt, options
from webapp.gateway import Gateway, InvalidResponse, MemoryTokenCache, Token


@pytest.mark.parametrize("name", ["accessToken", "access_token", "token"])
def test_the_token_is_found_under_each_of_its_names(name: str) -> None:
    assert logged_in({name: "opaque"}).value == "opaque"


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"accessToken": None},
        {"accessToken": ""},
        {"accessToken": 7},
        {"accessToken": ["a"]},
        {"accessToken": "with space"},
        {"accessToken": "line\r\nX-Injected: yes"},
        {"accessToken": "sp\u00e9cial"},
        {"accessToken": "x" * 20_000},
        {"accessToken": "\ud800"},
    ],
)
def test_an_answer_without_a_token_that_can_be_sent_is_nonsense(answer: Any) -> None:
    with pytest.raises(InvalidResponse):
        logged_in(answer)


NOW = int(datetime.now(UTC).timestamp())


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ({"accessToken": jwt(iat=NOW, exp=NOW + 600)}, 600),
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
        ({"accessToken": "opaque", "expires_in": "300"}, 300),
        ({"accessToken": "opaque", "expiresIn": "never"}, 900),
        ({"accessToken": "opaque", "expiresIn": -1}, 900),
    ],
)
def test_the_life_of_a_token_is_found_out_as_far_as_possible(answer: Any, seconds: float) -> None:
    found = logged_in(answer)
    assert (found.expires_at - found.obtained_at).total_seconds() == pytest.approx(seconds, abs=5)
    assert abs(datetime.now(UTC) - found.obtained_at) < timedelta(seconds=30)


def test_a_token_that_states_only_its_end_is_measured_by_our_clock() -> None:
    found = logged_in({"accessToken": jwt(exp=int(datetime.now(UTC).timestamp()) + 600)})
    assert (found.expires_at - found.obtained_at).total_seconds() == pytest.approx(600, abs=5)


def logged_in(answer: Any) -> Token:
    wire = httpx.MockTransport(
        lambda request: httpx.Response(
            200, content=json.dumps(answer), headers={"content-type": "application/json"}
        )
    )
    return Gateway(options(), MemoryTokenCache(), wire).log_in()
