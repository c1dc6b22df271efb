"""A call whose token was refused seconds after the log-in waits for the renewal that is due."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.decisions import assert_decided, decide, undecided
from tests.support.http_session import HttpSession, Page
from tests.support.stack import Person, Stack
from tests.support.stack_fixtures import FLOWS
from tests.support.user_journey import gateway_call_counts, log_in_by_handoff

#: A token is renewed at most once in this time.
RENEWAL_SECONDS = 10.5
#: A decision is waited for as long as a renewal; a token of this age leaves time for the call.
AGE_SECONDS = 5


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[Stack]:
    """A stack of these tests alone: revoked tokens concern every call."""
    folder = tmp_path_factory.mktemp("tokens")
    with Stack(
        folder, database=database_kind, tables=FLOWS, leave_out=("provider", "shop")
    ) as stack:
        yield stack


@pytest.fixture
def refused_token(own_stack: Stack) -> Stack:
    """Return the stack; its server holds a token that is seconds old and that is refused."""
    renew_and_revoke(own_stack)
    return own_stack


def renew_and_revoke(own_stack: Stack) -> None:
    """Have the server log in, and revoke the new token at once."""
    time.sleep(RENEWAL_SECONDS)
    own_stack.gateway_control.post("/tokens/revoke", json={}).raise_for_status()
    before = gateway_call_counts(own_stack)["token_log_ins"]
    _browser, page = start(own_stack, a_person())
    assert page.frames
    assert gateway_call_counts(own_stack)["token_log_ins"] == before + 1
    own_stack.gateway_control.post("/tokens/revoke", json={}).raise_for_status()


def a_person() -> Person:
    return Person(f"user-{uuid.uuid4().hex[:8]}", "Ada Lovelace", "en")


def start(stack: Stack, person: Person) -> tuple[HttpSession, Page]:
    browser, home = log_in_by_handoff(stack, person)
    return browser, browser.submit(home, home.form("/onboardings"))


def test_click_with_a_refused_young_token_opens_the_hosted_page(refused_token: Stack) -> None:
    _browser, page = start(refused_token, a_person())
    assert page.status == 200, page
    assert page.frames


@pytest.mark.parametrize("call", ["accept", "reject", "pending"])
def test_decision_with_a_refused_young_token_is_confirmed(own_stack: Stack, call: str) -> None:
    walk = undecided(own_stack, a_person())
    renew_and_revoke(own_stack)
    time.sleep(AGE_SECONDS)
    done = decide(walk, call)
    assert done.returncode == 0, done.stderr
    assert_decided(walk, call)


def test_several_clicks_with_a_refused_young_token_log_in_once(refused_token: Stack) -> None:
    before = gateway_call_counts(refused_token)["token_log_ins"]
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda _: start(refused_token, a_person())[1], range(4)))
    assert all(page.frames for page in pages)
    assert gateway_call_counts(refused_token)["token_log_ins"] == before + 1
