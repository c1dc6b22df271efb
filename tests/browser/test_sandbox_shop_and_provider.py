"""The example shop and the pretend identity provider, looked at in Chromium."""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import (
    Screen,
    accessibility_violations,
    horizontal_overflow,
    parametrize_screen,
)
from tests.support.chromium import BrowserPage
from tests.support.stack import Stack

SIZES = ((320, 640), (1280, 800))


def check(page: Page) -> None:
    """No barrier that axe knows, and nothing to scroll sideways for."""
    assert horizontal_overflow(page) == [], page.url
    assert accessibility_violations(page) == [], page.url


@parametrize_screen(*SIZES)
def test_everybody_can_use_the_shop(
    stack: Stack, browser_page: BrowserPage, screen: Screen
) -> None:
    page = browser_page(viewport=screen.size, color_scheme=screen.scheme)
    for path in ("/", "/privacy", "/help", "/login"):
        page.goto(stack.shop_url + path)
        check(page)
    page.get_by_role("button", name="Ada Lovelace").click()
    expect(page.get_by_role("heading", name="Identity: not verified yet")).to_be_visible()
    check(page)


@parametrize_screen(*SIZES)
def test_everybody_can_log_in_at_the_provider(
    stack: Stack, browser_page: BrowserPage, screen: Screen
) -> None:
    page = browser_page(viewport=screen.size, color_scheme=screen.scheme)
    page.goto(f"{stack.public_url}/login?site=shop")
    check(page)
    page.get_by_text("Another user").click()
    check(page)
    back = urlencode({"post_logout_redirect_uri": f"{stack.public_url}/"})
    page.goto(f"{stack.identity_provider_url}/oauth2/end_session?{back}")
    check(page)
    page.goto(stack.identity_provider_url)
    check(page)


def test_the_shop_hands_ada_over_by_a_redirect(stack: Stack, browser_page: BrowserPage) -> None:
    page = browser_page()
    page.goto(f"{stack.shop_url}/login")
    page.get_by_role("button", name="Ada Lovelace").click()
    page.get_by_role("button", name="Verify my identity").click()
    page.wait_for_url(f"{stack.public_url}/")
    expect(page.locator("body")).to_contain_text("Ada Lovelace")


@pytest.mark.parametrize("java_script", [True, False])
def test_the_shop_hands_ben_over_by_a_form(
    stack: Stack, browser_page: BrowserPage, java_script: bool
) -> None:
    page = browser_page(java_script=java_script)
    page.goto(f"{stack.shop_url}/login")
    page.get_by_role("button", name="Ben Ortega").click()
    page.get_by_role("button", name="The same, sent by a form").click()
    if not java_script:
        page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{stack.public_url}/")
    expect(page.locator("body")).to_contain_text("Ben Ortega")
