"""The start page on a small phone: the link to the consent text."""

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack


@pytest.fixture
def user(stack: Stack, ada: Person, browser_page: BrowserPage) -> BrowserUser:
    return BrowserUser(stack, browser_page(viewport=(360, 640)), ada).log_in()


def test_start_page_link_scrolls_to_consent_and_disappears(user: BrowserUser) -> None:
    page = user.page
    next_link = page.get_by_role("link", name="Next: your consent")
    start_button = page.get_by_role("button", name="I agree – start")
    expect(next_link).to_be_in_viewport(ratio=1)
    expect(start_button).not_to_be_in_viewport()

    next_link.click()
    expect(page.get_by_role("heading", name="What you agree to")).to_be_in_viewport(ratio=1)
    expect(start_button).to_be_in_viewport(ratio=1)
    expect(next_link).to_be_hidden()


def test_start_page_with_visible_consent_hides_the_link(user: BrowserUser) -> None:
    user.page.set_viewport_size({"width": 360, "height": 1400})
    expect(user.page.get_by_role("link", name="Next: your consent")).to_be_hidden()
