"""Hand-off tokens whose optional claims cannot be used: the user is signed in without them."""

import base64
import hashlib
import hmac
import json

import pytest

from tests.support.eventually import eventually
from tests.support.stack import Person, Stack

UNUSABLE = [
    {"name": False},
    {"name": 5},
    {"name": ["Ada", "Lovelace"]},
    {"name": {"given": "Ada"}},
    {"name": "A" * 300},
    {"name": "Ada\nLovelace"},
    {"locale": False},
    {"locale": 34},
    {"locale": ["en", "es"]},
    {"locale": "e" * 100},
    {"state": 4711},
    {"state": {"cart": 1}},
    {"state": "a\x00b"},
    {"return_url": False},
    {"return_url": []},
    {"flow": False},
    {"flow": 0},
    {"name": 0, "locale": 0, "state": 0, "return_url": 0, "flow": 0},
]


def log_lines(stack: Stack, event: str) -> list[dict[str, object]]:
    """Return the lines of the server's log with this event."""
    lines = [line for line in stack.logs("server").splitlines() if f'"{event}"' in line]
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("claims", UNUSABLE, ids=lambda claims: json.dumps(claims)[:40])
def test_handoff_with_unusable_optional_claims_signs_in(
    stack: Stack, ada: Person, claims: dict[str, object]
) -> None:
    browser, home = stack.login_handoff(ada, **claims)
    assert home.status == 200, home
    assert browser.get("/").form("/logout"), "signed in"
    assert browser.get("/").form("/onboardings"), "the user can start"


def test_handoff_with_half_a_character_in_the_name_signs_in(stack: Stack, ada: Person) -> None:
    """Some programs cut texts inside a surrogate pair; libraries of Python do not sign these."""
    head, body, _ = stack.handoff_token(ada, name="MARKER").split(".")
    claims = base64.urlsafe_b64decode(body + "==").replace(b"MARKER", rb"Ada \ud83d")
    signed = f"{head}.{_base64url(claims)}"
    secret = stack.instance.secret("handoff_key").encode()
    signature = _base64url(hmac.new(secret, signed.encode(), hashlib.sha256).digest())
    home = stack.http_session().get("/handoff", params={"token": f"{signed}.{signature}"})
    assert home.status == 200


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_handoff_with_unusable_claims_logs_their_names_only(stack: Stack, ada: Person) -> None:
    before = len(log_lines(stack, "handoff_claims_ignored"))
    stack.login_handoff(ada, name=["Grace Hopper"], state={"cart": "rose"}, locale="en")
    lines = eventually(lambda: log_lines(stack, "handoff_claims_ignored")[before:], seconds=5)
    assert [line["claims"] for line in lines] == [["name", "state"]]
    assert [line["site"] for line in lines] == ["shop"]
    assert "Grace" not in stack.logs("server")
    assert "rose" not in stack.logs("server")


def test_handoff_without_optional_claims_logs_nothing_ignored(stack: Stack, ada: Person) -> None:
    before = len(log_lines(stack, "handoff_claims_ignored"))
    _, home = stack.login_handoff(
        ada, name="", locale=None, state=None, return_url=None, flow="default"
    )
    assert home.status == 200
    assert len(log_lines(stack, "handoff_claims_ignored")) == before


@pytest.mark.parametrize("name", [False, 5, [], "A" * 300])
def test_handoff_with_unusable_name_shows_the_masked_id(
    stack: Stack, ada: Person, name: object
) -> None:
    person = Person(f"user-{ada.sub}", "", "en")
    _, home = stack.login_handoff(person, name=name)
    assert home.status == 200
    assert f"us…{person.sub[-1]}" in home.text


@pytest.mark.parametrize(
    "claims",
    [{"sub": False}, {"sub": 5}, {"jti": 5}, {"exp": "tomorrow"}, {"iat": False}, {"nbf": "x"}],
    ids=json.dumps,
)
def test_handoff_with_unusable_required_claims_is_401(
    stack: Stack, ada: Person, claims: dict[str, object]
) -> None:
    assert stack.login_handoff(ada, **claims)[1].status == 401
