"""Seven live pages of one browser over HTTP/1.1, which has six connections for all of them."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack

OPEN_STREAMS = """async () => {
  const held = (await navigator.locks.query()).held;
  return held.filter((lock) => lock.name.startsWith("live-stream-")).length;
}"""


def test_seven_live_pages_of_one_browser_load_and_see_the_result(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    first = browser_page()
    user = BrowserUser(stack, first, ada).log_in().start()
    user.choose_outcome("review")
    user.expect_heading("A person is taking a look")
    pages = [first, *(first.context.new_page() for _ in range(6))]
    users = [user, *(BrowserUser(stack, page, ada) for page in pages[1:])]
    for each in users[1:]:
        each.page.goto(first.url)
        each.expect_heading("A person is taking a look")
    expect(first.locator("#live")).to_be_attached()
    assert first.evaluate(OPEN_STREAMS) == 4
    user.decide("passes")
    for each in users:
        each.expect_heading("You are verified", seconds=60)
    assert first.evaluate(OPEN_STREAMS) <= 4


def test_page_that_is_left_gives_its_place_to_another(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    first = browser_page()
    user = BrowserUser(stack, first, ada).log_in().start()
    user.choose_outcome("review")
    user.expect_heading("A person is taking a look")
    others = [first.context.new_page() for _ in range(4)]
    for page in others:
        page.goto(first.url)
        expect(page.locator("#live")).to_be_attached()
    assert first.evaluate(OPEN_STREAMS) == 4
    others[0].close()
    with others[-1].expect_request("**/stream", timeout=60_000):
        pass
