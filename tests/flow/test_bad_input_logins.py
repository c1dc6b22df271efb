"""Forged hand-off tokens and false login responses: refused, without a session."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.bad_input_stack import BadInputStack
from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person
from tests.unit.hostsite.tokens import EC_KEY, forged, signed

ADA = Person("ada", "Ada Lovelace", "en")


def claims(bad_input: BadInputStack, **changes: Any) -> dict[str, Any]:
    """Return the claims of a valid hand-off of site `keys`."""
    now = int(time.time())
    valid = {
        "iss": "keys",
        "aud": bad_input.stack.public_url,
        "sub": "ada",
        "name": "Ada Lovelace",
        "iat": now,
        "exp": now + 120,
        "jti": uuid.uuid4().hex,
        **changes,
    }
    return {name: value for name, value in valid.items() if value is not None}


def valid_handoff(bad_input: BadInputStack, **changes: Any) -> str:
    return signed(claims(bad_input, **changes), key=bad_input.key, alg="ES256")


def assert_not_logged_in(browser: HttpSession) -> None:
    home = browser.get("/")
    assert home.heading == "Verify your identity"
    assert "Ada Lovelace" not in home.text
    assert "Not me" not in home.text


def use_handoff(bad_input: BadInputStack, token: str) -> tuple[HttpSession, Page]:
    browser = bad_input.stack.http_session()
    return browser, browser.get("/handoff", params={"token": token})


def test_valid_handoff_logs_in(bad_input: BadInputStack) -> None:
    """Control of the tests below."""
    _, home = use_handoff(bad_input, valid_handoff(bad_input))
    assert (home.status, "Ada Lovelace" in home.text) == (200, True)


FORGERIES: dict[str, Callable[[BadInputStack], str]] = {
    "unsigned": lambda c: forged({"alg": "none"}, claims(c), None),
    "the public key as the secret, PEM": lambda c: forged(
        {"alg": "HS256"}, claims(c), c.key.as_pem(private=False)
    ),
    "another key in the header": lambda c: signed(
        claims(c), key=EC_KEY, alg="ES256", jwk=EC_KEY.as_dict(private=False)
    ),
    "secret of another site": lambda c: c.stack.handoff_token(ADA, iss="keys"),
    "payload of another token": lambda c: _with_payload_of(
        valid_handoff(c), valid_handoff(c, sub="eve")
    ),
    "expired": lambda c: valid_handoff(c, iat=int(time.time()) - 300, exp=int(time.time()) - 60),
    "not a token": lambda _: "a.b.c",
}


def _with_payload_of(token: str, other: str) -> str:
    head, _, signature = token.split(".")
    return ".".join((head, other.split(".")[1], signature))


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_forged_handoff_is_401(
    bad_input: BadInputStack, forge: Callable[[BadInputStack], str]
) -> None:
    token = forge(bad_input)
    browser, refused = use_handoff(bad_input, token)
    assert refused.status == 401
    assert "Ada Lovelace" not in refused.text
    assert_not_logged_in(browser)
    other = bad_input.stack.http_session()
    assert other.post("/handoff", {"token": token}).status == 401
    assert_not_logged_in(other)


def test_handoff_used_by_link_is_refused_by_form(bad_input: BadInputStack) -> None:
    token = valid_handoff(bad_input)
    assert use_handoff(bad_input, token)[1].status == 200
    attacker = bad_input.stack.http_session()
    assert attacker.post("/handoff", {"token": token}).status == 401
    assert_not_logged_in(attacker)


# The login


def log_in_by_oidc(
    bad_input: BadInputStack, browser: HttpSession | None = None
) -> tuple[HttpSession, Page]:
    browser = browser or bad_input.stack.http_session()
    return browser, browser.get("/login?site=shop")


def test_valid_oidc_login_logs_in(bad_input: BadInputStack) -> None:
    """Control of the tests below."""
    _, home = log_in_by_oidc(bad_input)
    assert (home.status, "Ada Lovelace" in home.text) == (200, True)


@pytest.mark.parametrize(
    "false_claims",
    [
        {"nonce": "of-another-login"},
        {"iss": "https://evil.test"},
        {"aud": ["mobbscan-embed", "another-client"], "azp": "another-client"},
        {"exp": 1},
    ],
    ids=str,
)
def test_oidc_callback_with_false_claims_is_401(
    bad_input: BadInputStack, false_claims: dict[str, Any]
) -> None:
    with bad_input.provider.telling(false_claims):
        browser, page = log_in_by_oidc(bad_input)
    assert page.status == 401
    assert "Ada Lovelace" not in page.text
    assert_not_logged_in(browser)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"state": "of-another-browser"}, 400),
        ({"code": "never-given"}, 401),
        ({"iss": "https://evil.test"}, 401),
        ({"error": "server_error", "error_description": "<b>evil</b>"}, 503),
    ],
    ids=str,
)
def test_oidc_callback_with_false_parameters_is_refused(
    bad_input: BadInputStack, answer: dict[str, str | None], status: int
) -> None:
    with bad_input.provider.telling(**answer):
        browser, page = log_in_by_oidc(bad_input)
    assert page.status == status
    assert "evil" not in page.text
    assert_not_logged_in(browser)


def test_oidc_callback_in_another_browser_is_refused(bad_input: BadInputStack) -> None:
    ada, attacker = bad_input.stack.http_session(), bad_input.stack.http_session()
    provider = ada.get("/login?site=shop", follow=False).location
    back = ada.get(provider, follow=False).location
    assert attacker.get(back).status == 400, "this browser has no open login"
    assert_not_logged_in(attacker)

    # With an own open login, the code is still bound to Ada's.
    own = attacker.get(
        attacker.get("/login?site=shop", follow=False).location, follow=False
    ).location
    refused = bad_input.provider.refused
    mixed = f"{own.partition('code=')[0]}code={_value(back, 'code')}&state={_value(own, 'state')}"
    assert attacker.get(mixed).status == 401
    assert bad_input.provider.refused == refused + 1
    assert_not_logged_in(attacker)


def test_oidc_callback_repeated_after_logout_is_refused(bad_input: BadInputStack) -> None:
    browser = bad_input.stack.http_session()
    back = browser.get(browser.get("/login?site=shop", follow=False).location, follow=False)
    home = browser.get(back.location)
    assert "Ada Lovelace" in home.text
    browser.submit(home, home.form("/logout"))
    assert browser.get(back.location).status == 400
    assert_not_logged_in(browser)

    asked = browser.get("/login?site=shop", follow=False).location
    state = _value(asked, "state")
    code = _value(back.location, "code")
    again = f"{back.location.partition('?')[0]}?code={code}&state={state}"
    assert browser.get(again).status == 401, "a used code in a new login"
    assert_not_logged_in(browser)


def _value(address: str, name: str) -> str:
    return address.partition(f"{name}=")[2].partition("&")[0]
