"""The example shop sends its customers over and shows the result that it learns."""

import pytest

from mobbscan_sandbox.shop.texts import TEXTS
from tests.support.eventually import eventually
from tests.support.http_session import HttpSession, Page
from tests.support.stack import Stack
from tests.support.stack_fixtures import NewStack
from tests.support.user_journey import UserJourney, submit_consent

TEXT = TEXTS["en"]


@pytest.fixture(scope="module")
def shop_stack(stacks) -> Stack:
    return stacks("sqlite")


def customer(stack: Stack, name: str) -> tuple[HttpSession, Page]:
    browser = HttpSession(stack.shop_url)
    stack.sessions.append(browser)
    login = browser.get("/login")
    return browser, browser.submit(login, login.form("/login"), customer=name)


def account_with(stack: Stack, browser: HttpSession, text: str) -> Page:
    """Reload the account until it shows the text."""
    return eventually(
        lambda: page if text in (page := browser.get(f"{stack.shop_url}/account")).text else None
    )


def return_to_shop(walk: UserJourney) -> Page:
    links = [each.href for each in walk.look().links if walk.stack.shop_url in each.href]
    return walk.browser.get(next(each for each in links if "mobbscan_result" in each))


def test_shop_sends_a_customer_by_api_and_learns_the_result_by_message(shop_stack: Stack) -> None:
    browser, account = customer(shop_stack, "ada")
    preview = browser.submit(account, account.form("/account/verify"))
    assert preview.url.startswith(f"{shop_stack.public_url}/l/"), preview
    consent = browser.submit(preview, preview.form(preview.path))
    walk = submit_consent(shop_stack, browser, consent)
    account_with(shop_stack, browser, TEXT["unfinished_title"])
    walk.finish("passes")
    walk.until("verified")
    page = account_with(shop_stack, browser, TEXT["verified_title"])
    assert TEXT["learnt_by_message"] in page.text
    back = return_to_shop(walk)
    assert back.url == f"{shop_stack.shop_url}/account"
    assert TEXT["verified_title"] in back.text


def test_shop_sends_a_customer_by_handoff_and_learns_the_rejection(shop_stack: Stack) -> None:
    browser, account = customer(shop_stack, "ben")
    home = browser.submit(account, account.form("/account/verify-by-handoff"))
    walk = submit_consent(shop_stack, browser, home)
    walk.finish("fails")
    walk.until("rejected")
    page = account_with(shop_stack, browser, TEXT["rejected_title"])
    assert "document_expired" in page.text


def test_shop_shows_the_signed_result_while_its_receiver_gets_nothing(new_stack: NewStack) -> None:
    stack = new_stack(site={"webhook_url": None}, leave_out=("provider",))
    browser, account = customer(stack, "ada")
    home = browser.submit(account, account.form("/account/verify-by-handoff"))
    walk = submit_consent(stack, browser, home)
    walk.finish("passes")
    walk.until("verified")
    page = return_to_shop(walk)
    assert TEXT["verified_title"] in page.text
    assert TEXT["learnt_by_return"] in page.text
