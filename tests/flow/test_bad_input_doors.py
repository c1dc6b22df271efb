"""Hand-offs and logins that are not right, at the real doors: nobody comes in.

Claims that are wrong by themselves are in test_handoff.py; here are the ways to forge a token.
"""

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


def claims(company: BadInputStack, **changes: Any) -> dict[str, Any]:
    """What the site with a public key would say."""
    now = int(time.time())
    wanted = {
        "iss": "keys",
        "aud": company.stack.public_url,
        "sub": "ada",
        "name": "Ada Lovelace",
        "iat": now,
        "exp": now + 120,
        "jti": uuid.uuid4().hex,
        **changes,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def genuine(company: BadInputStack, **changes: Any) -> str:
    return signed(claims(company, **changes), key=company.key, alg="ES256")


def nobody_is_in(browser: HttpSession) -> None:
    home = browser.get("/")
    assert home.heading == "Prove who you are"
    assert "Ada" not in home.text
    assert "Not me" not in home.text


def come(company: BadInputStack, token: str) -> tuple[HttpSession, Page]:
    browser = company.stack.http_session()
    return browser, browser.get("/handoff", params={"token": token})


def test_the_genuine_one_is_taken(company: BadInputStack) -> None:
    """The control of the tests below."""
    _, home = come(company, genuine(company))
    assert (home.status, "Ada Lovelace" in home.text) == (200, True)


FORGERIES: dict[str, Callable[[BadInputStack], str]] = {
    "unsigned": lambda c: forged({"alg": "none"}, claims(c), None),
    "unsigned, in capitals": lambda c: forged({"alg": "NONE"}, claims(c), None),
    "unsigned, with something as the signature": lambda c: forged({"alg": "none"}, claims(c), b"x"),
    "the public key as the secret, PEM": lambda c: forged(
        {"alg": "HS256"}, claims(c), c.key.as_pem(private=False)
    ),
    "the public key as the secret, DER": lambda c: forged(
        {"alg": "HS256"}, claims(c), c.key.as_der(private=False)
    ),
    "the public key as the secret, x": lambda c: forged(
        {"alg": "HS256"}, claims(c), str(c.key.as_dict(private=False)["x"]).encode()
    ),
    "a key of its own": lambda c: signed(claims(c), key=EC_KEY, alg="ES256"),
    "a key of its own in the header": lambda c: signed(
        claims(c), key=EC_KEY, alg="ES256", jwk=EC_KEY.as_dict(private=False)
    ),
    "a key by address": lambda c: signed(
        claims(c), key=EC_KEY, alg="ES256", jku="https://evil.test/keys"
    ),
    "another site's secret": lambda c: c.stack.handoff_token(ADA, iss="keys"),
    "signed by us for another site": lambda c: genuine(c, iss="shop"),
    "without a signature": lambda c: genuine(c).rpartition(".")[0] + ".",
    "with another's payload": lambda c: _exchanged(genuine(c), genuine(c, sub="eve")),
    "for another server": lambda c: genuine(c, aud="https://elsewhere.test"),
    "for nobody": lambda c: genuine(c, aud=None),
    "by nobody": lambda c: genuine(c, iss=None),
    "expired": lambda c: genuine(c, iat=int(time.time()) - 300, exp=int(time.time()) - 60),
    "valid for too long": lambda c: genuine(c, exp=int(time.time()) + 3600),
    "of tomorrow": lambda c: genuine(c, iat=int(time.time()) + 86400, exp=int(time.time()) + 86500),
    "without an end": lambda c: genuine(c, exp=None),
    "without a number": lambda c: genuine(c, jti=None),
    "without a person": lambda c: genuine(c, sub=None),
    "empty": lambda _: "",
    "huge": lambda c: genuine(c, more="x" * 5_000)[:-1],
    "not a token": lambda _: "a.b.c",
    "with zero bytes": lambda c: genuine(c) + "\0",
}


def _exchanged(token: str, other: str) -> str:
    head, _, signature = token.split(".")
    return ".".join((head, other.split(".")[1], signature))


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_hand_off_lets_nobody_in(
    company: BadInputStack, forge: Callable[[BadInputStack], str]
) -> None:
    token = forge(company)
    browser, refused = come(company, token)
    assert refused.status == 401
    assert "Ada" not in refused.text
    nobody_is_in(browser)
    other = company.stack.http_session()
    assert other.post("/handoff", {"token": token}).status == 401
    nobody_is_in(other)


def test_a_hand_off_is_good_once_by_link_and_by_form_together(company: BadInputStack) -> None:
    token = genuine(company)
    assert come(company, token)[1].status == 200
    thief = company.stack.http_session()
    assert thief.post("/handoff", {"token": token}).status == 401
    nobody_is_in(thief)


# The login


def log_in(company: BadInputStack, browser: HttpSession | None = None) -> tuple[HttpSession, Page]:
    browser = browser or company.stack.http_session()
    return browser, browser.get("/login?site=shop")


def test_an_honest_provider_lets_ada_in(company: BadInputStack) -> None:
    """The control of the tests below."""
    _, home = log_in(company)
    assert (home.status, "Ada Lovelace" in home.text) == (200, True)


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "of-another-login"},
        {"nonce": None},
        {"iss": "https://evil.test"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": ["mobbscan-embed", "another-client"], "azp": "another-client"},
        {"exp": 1},
        {"sub": None},
    ],
    ids=str,
)
def test_a_token_that_lies_lets_nobody_in(company: BadInputStack, lie: dict[str, Any]) -> None:
    with company.provider.telling(lie):
        browser, page = log_in(company)
    assert page.status == 401
    assert "Ada" not in page.text
    nobody_is_in(browser)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"state": "of-another-browser"}, 400),
        ({"state": None}, 400),
        ({"state": ""}, 400),
        ({"code": "never-given"}, 401),
        ({"code": None}, 401),
        ({"iss": "https://evil.test"}, 401),
        ({"error": "server_error", "error_description": "<b>evil</b>"}, 401),
    ],
    ids=str,
)
def test_an_answer_that_lies_lets_nobody_in(
    company: BadInputStack, answer: dict[str, str | None], status: int
) -> None:
    with company.provider.telling(**answer):
        browser, page = log_in(company)
    assert page.status == status
    assert "evil" not in page.text
    nobody_is_in(browser)


def test_an_answer_stolen_on_its_way_opens_nothing_for_the_thief(company: BadInputStack) -> None:
    ada, thief = company.stack.http_session(), company.stack.http_session()
    provider = ada.get("/login?site=shop", follow=False).location
    back = ada.get(provider, follow=False).location
    assert thief.get(back).status == 400, "no question of this browser"
    nobody_is_in(thief)

    # With a question of its own, the code is still bound to Ada's.
    own = thief.get(thief.get("/login?site=shop", follow=False).location, follow=False).location
    refused = company.provider.refused
    mixed = f"{own.partition('code=')[0]}code={_value(back, 'code')}&state={_value(own, 'state')}"
    assert thief.get(mixed).status == 401
    assert company.provider.refused == refused + 1
    nobody_is_in(thief)


def test_a_used_answer_opens_nothing_anew(company: BadInputStack) -> None:
    browser = company.stack.http_session()
    back = browser.get(browser.get("/login?site=shop", follow=False).location, follow=False)
    home = browser.get(back.location)
    assert "Ada Lovelace" in home.text
    browser.submit(home, home.form("/logout"))
    assert browser.get(back.location).status == 400
    nobody_is_in(browser)

    asked = browser.get("/login?site=shop", follow=False).location
    state = _value(asked, "state")
    code = _value(back.location, "code")
    again = f"{back.location.partition('?')[0]}?code={code}&state={state}"
    assert browser.get(again).status == 401, "a used code under a new question"
    nobody_is_in(browser)


def _value(address: str, name: str) -> str:
    return address.partition(f"{name}=")[2].partition("&")[0]
