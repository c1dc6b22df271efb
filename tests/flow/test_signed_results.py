"""The signed result on the return to the host site, over HTTP and with the published keys."""

import time

import pytest

from tests.support.signed_results import split_result, verified_result
from tests.support.stack import Person, Stack
from tests.support.stack_fixtures import NewStack
from tests.support.user_journey import UserJourney, start_onboarding

BACK = "Back to Example Shop"


def ended(stack: Stack, person: Person, outcome: str, status: str) -> UserJourney:
    walk = start_onboarding(stack, person)
    walk.finish(outcome)
    walk.until(status)
    return walk


def test_verified_user_returns_with_a_result_that_the_published_keys_verify(
    stack: Stack, ada: Person
) -> None:
    before = int(time.time())
    walk = ended(stack, ada, "passes", "verified")
    url, result = split_result(walk.look().link(BACK).href)
    assert url == f"{stack.shop_url}/account"
    claims = verified_result(stack.public_url, result)
    assert before <= claims.pop("iat") == claims.pop("exp") - 300
    assert claims.pop("jti")
    assert claims == {
        "iss": stack.public_url,
        "aud": "shop",
        "sub": ada.sub,
        "onboarding": walk.id,
        "status": "verified",
        "state": "state-of-the-shop",
    }


def test_waiting_user_returns_with_the_status_of_now(stack: Stack, ada: Person) -> None:
    walk = ended(stack, ada, "review", "in_review")
    _, result = split_result(walk.look().link(BACK).href)
    assert verified_result(stack.public_url, result)["status"] == "in_review"


def test_result_is_in_no_log_line(stack: Stack, ada: Person) -> None:
    walk = ended(stack, ada, "passes", "verified")
    _, result = split_result(walk.look().link(BACK).href)
    assert result not in stack.logs("server")
    assert result.rpartition(".")[2] not in stack.logs("server")


def test_generated_key_survives_a_restart(new_stack: NewStack) -> None:
    stack = new_stack(leave_out=("provider", "shop"))
    ada = Person("ada-1", "Ada Lovelace", "en")
    walk = ended(stack, ada, "passes", "verified")
    _, result = split_result(walk.look().link(BACK).href)
    stack.restart("server")
    assert verified_result(stack.public_url, result)["sub"] == "ada-1"


@pytest.mark.parametrize("shown", [True, False])
def test_pages_say_test_unless_live_mode_is_set(new_stack: NewStack, shown: bool) -> None:
    setting = {} if shown else {"LIVE_MODE": "true"}
    stack = new_stack(environment=setting, leave_out=("provider", "shop"))
    assert ("TEST" in stack.http_session().get("/").text) is shown


def test_rejected_user_who_may_try_again_can_also_return(stack: Stack, ada: Person) -> None:
    walk = ended(stack, ada, "fails", "rejected")
    page = walk.look()
    assert page.form("/onboardings")
    _, result = split_result(page.link(BACK).href)
    assert verified_result(stack.public_url, result)["status"] == "rejected"
