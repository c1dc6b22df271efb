"""Seven live pages of one browser over HTTP/1.1, which has six connections for all of them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser_user import BrowserUser
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack

OPEN_STREAMS = """async () => {
  const held = (await navigator.locks.query()).held;
  return held.filter((lock) => lock.name.startsWith("live-stream-")).length;
}"""
WITHOUT_LOCKS = "delete Navigator.prototype.locks"
LOCKS_REFUSED = """if (navigator.locks) navigator.locks.request = async () => {
  throw new DOMException("refused", "SecurityError");
}"""
REVIEW = "A person is taking a look"


@pytest.fixture
def user(stack: Stack, ada: Person, browser_page: BrowserPage) -> BrowserUser:
    """Return a user who has not logged in yet."""
    return BrowserUser(stack, browser_page(), ada)


def open_live_pages(user: BrowserUser, count: int) -> list[BrowserUser]:
    """Return the user in `count` tabs with the page of an onboarding under review."""
    user.log_in().start().choose_outcome("review")
    user.expect_heading(REVIEW)
    context = user.page.context
    others = [BrowserUser(user.stack, context.new_page(), user.person) for _ in range(count - 1)]
    for each in others:
        each.page.goto(user.page.url)
        each.expect_heading(REVIEW)
        expect(each.page.locator("#live")).to_be_attached()
    return [user, *others]


def count_streams(page: Page) -> int:
    count: int = page.evaluate(OPEN_STREAMS)
    return count


def test_seven_live_pages_of_one_browser_load_and_see_the_result(user: BrowserUser) -> None:
    """A page that is left gives its stream to one of those that wait."""
    _, left, *others = users = open_live_pages(user, 7)
    assert count_streams(user.page) == 4
    context = user.page.context
    with context.expect_event("request", lambda one: one.url.endswith("/stream"), timeout=60_000):
        left.page.close()
    user.decide("passes")
    for each in (users[0], *others):
        each.expect_heading("You are verified", seconds=60)
    assert count_streams(user.page) <= 4


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(WITHOUT_LOCKS, id="missing"),
        pytest.param(LOCKS_REFUSED, id="refused", marks=pytest.mark.nightly),
    ],
)
def test_seven_live_pages_without_web_locks_load_and_see_the_result(
    user: BrowserUser, script: str
) -> None:
    streams: list[str] = []
    context = user.page.context
    context.add_init_script(script)
    context.on("request", lambda each: each.url.endswith("/stream") and streams.append(each.url))
    users = open_live_pages(user, 7)
    user.decide("passes")
    for each in users:
        each.expect_heading("You are verified", seconds=60)
    assert streams == []
