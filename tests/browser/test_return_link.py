"""The link back to the host site in Chromium: an old page gets a new result before it is used."""

import time

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser
from tests.support.chromium import BrowserPage
from tests.support.signed_results import split_result, verified_result
from tests.support.stack import Person, Stack

MINUTE_MS = 60_000


@pytest.fixture
def user(stack: Stack, ada: Person, browser_page: BrowserPage) -> BrowserUser:
    """Return the user on the page of a verified onboarding, whose clock is the test's."""
    page = browser_page(expected_complaints=["ERR_FAILED"])
    user = BrowserUser(stack, page, ada).log_in().start()
    user.choose_outcome("passes")
    user.expect_heading("You are verified", seconds=60)
    user.page.clock.install()
    return open_again(user, user.page.url)


def open_again(user: BrowserUser, address: str) -> BrowserUser:
    user.page.goto(address)
    return user.expect_heading("You are verified")


def followed(user: BrowserUser) -> str:
    """Click the link; return the address that the host site is asked for."""
    shop = f"{user.stack.shop_url}/account"
    with user.page.expect_request(lambda each: each.url.startswith(shop)) as asked:
        user.page.get_by_role("link", name="Back to Example Shop").click()
    user.page.wait_for_url(f"{user.stack.shop_url}/**")
    return asked.value.url


def shown_address(user: BrowserUser) -> str:
    link = user.page.get_by_role("link", name="Back to Example Shop")
    return str(link.get_attribute("href"))


def test_return_link_of_an_old_page_gets_a_new_result(user: BrowserUser) -> None:
    address, shown = user.page.url, shown_address(user)
    user.page.clock.fast_forward(3 * MINUTE_MS)
    assert followed(user) == shown, "the link of a new page is followed as it is"

    shown = shown_address(open_again(user, address))
    user.page.clock.fast_forward(5 * MINUTE_MS)
    url, result = split_result(followed(user))
    assert url == f"{user.stack.shop_url}/account"
    assert result != split_result(shown)[1]
    assert verified_result(user.stack.public_url, result)["sub"] == user.person.sub

    shown = shown_address(open_again(user, address))
    user.page.route(address, lambda route: route.abort())
    user.page.clock.fast_forward(5 * MINUTE_MS)
    assert followed(user) == shown, "the server does not answer"


def test_due_update_waits_while_the_user_follows_a_link(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    user = BrowserUser(stack, browser_page(), ada).log_in().start()
    user.choose_outcome("review")
    user.expect_heading("A person is taking a look", seconds=60)
    page = user.page
    page.clock.install()
    page.reload()
    page.clock.pause_at(time.time() + 5)
    user.decide("passes")
    # The reload of the page is due now, and waits for the test's clock.
    expect(page.locator("#live")).to_contain_text("There is an update", timeout=60_000)
    # The host site does not answer: nothing but the script may change the page.
    page.evaluate("window.isSame = true; addEventListener('click', (e) => e.preventDefault())")
    page.get_by_role("link", name="Back to Example Shop").click()
    page.clock.run_for(1_000)
    assert page.evaluate("fetch(location.href).then(() => window.isSame)")
    page.clock.run_for(10_000)
    page.clock.resume()
    user.expect_heading("You are verified", seconds=60)
