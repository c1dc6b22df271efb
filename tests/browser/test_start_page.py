"""The start page on a small phone."""

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import Guest
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack


@pytest.fixture
def guest(stack: Stack, ada: Person, browser_page: BrowserPage) -> Guest:
    return Guest(stack, browser_page(viewport=(360, 640)), ada).come_in()


def test_a_button_leads_down_to_the_consent_and_is_gone_there(guest: Guest) -> None:
    page = guest.page
    onwards = page.get_by_role("link", name="Next: your consent")
    agree = page.get_by_role("button", name="I agree – start")
    expect(onwards).to_be_in_viewport(ratio=1)
    expect(agree).not_to_be_in_viewport()

    onwards.click()
    expect(page.get_by_role("heading", name="What you agree to")).to_be_in_viewport(ratio=1)
    expect(agree).to_be_in_viewport(ratio=1)
    expect(onwards).to_be_hidden()


def test_where_the_consent_is_in_sight_no_button_leads_there(guest: Guest) -> None:
    guest.page.set_viewport_size({"width": 360, "height": 1400})
    expect(guest.page.get_by_role("link", name="Next: your consent")).to_be_hidden()
