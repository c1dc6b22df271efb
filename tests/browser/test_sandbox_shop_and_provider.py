"""The sandbox's example shop and identity provider in Chromium."""

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
from tests.support.eventually import eventually
from tests.support.stack import Stack

SIZES = ((320, 640), (1280, 800))


def assert_accessible(page: Page) -> None:
    """Assert that axe finds no violation and that the page does not overflow."""
    assert horizontal_overflow(page) == [], page.url
    assert accessibility_violations(page) == [], page.url


@parametrize_screen(*SIZES)
def test_shop_pages_are_accessible_and_fit(
    stack: Stack, browser_page: BrowserPage, screen: Screen
) -> None:
    page = browser_page(viewport=screen.size, color_scheme=screen.scheme)
    for path in ("/", "/privacy", "/help", "/login"):
        page.goto(stack.shop_url + path)
        assert_accessible(page)
    page.get_by_role("button", name="Ada Lovelace").click()
    expect(page.get_by_role("heading", name="Identity: not verified yet")).to_be_visible()
    assert_accessible(page)


@parametrize_screen(*SIZES[::-1], scheme="dark")
def test_identity_provider_pages_are_accessible_and_fit(
    stack: Stack, browser_page: BrowserPage, screen: Screen
) -> None:
    page = browser_page(viewport=screen.size, color_scheme=screen.scheme)
    page.goto(f"{stack.public_url}/login?site=shop")
    assert_accessible(page)
    page.get_by_text("Another user").click()
    assert_accessible(page)
    back = urlencode({"post_logout_redirect_uri": f"{stack.public_url}/"})
    page.goto(f"{stack.identity_provider_url}/oauth2/end_session?{back}")
    assert_accessible(page)
    page.goto(stack.identity_provider_url)
    assert_accessible(page)


@pytest.mark.nightly
def test_shop_handoff_by_redirect_logs_ada_in(stack: Stack, browser_page: BrowserPage) -> None:
    page = browser_page()
    page.goto(f"{stack.shop_url}/login")
    page.get_by_role("button", name="Ada Lovelace").click()
    page.get_by_role("button", name="The same, by a hand-off", exact=True).click()
    page.wait_for_url(f"{stack.public_url}/")
    expect(page.locator("body")).to_contain_text("Ada Lovelace")


@pytest.mark.parametrize("java_script", [True, pytest.param(False, marks=pytest.mark.nightly)])
def test_shop_handoff_by_form_logs_ben_in(
    stack: Stack, browser_page: BrowserPage, java_script: bool
) -> None:
    page = browser_page(java_script=java_script)
    page.goto(f"{stack.shop_url}/login")
    page.get_by_role("button", name="Ben Ortega").click()
    page.get_by_role("button", name="The same, by a hand-off in a form").click()
    if not java_script:
        page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{stack.public_url}/")
    expect(page.locator("body")).to_contain_text("Ben Ortega")


def test_shop_link_by_api_leads_ben_to_the_check_and_the_shop_learns_it(
    stack: Stack, browser_page: BrowserPage
) -> None:
    page = browser_page()
    page.goto(f"{stack.shop_url}/login")
    page.get_by_role("button", name="Ben Ortega").click()
    page.locator("form[action='/account/verify'] button").click()
    page.wait_for_url(f"{stack.public_url}/l/**")
    page.locator("#use-link button").click()
    page.wait_for_url(f"{stack.public_url}/onboardings/**")
    page.goto(f"{stack.shop_url}/account")
    _reload_until_visible(page, "a signed message of the identity server")
    assert_accessible(page)


@pytest.mark.parametrize("display", [pytest.param("inline", marks=pytest.mark.nightly), "modal"])
def test_shop_verifies_in_its_page_and_lists_the_events(
    stack: Stack, browser_page: BrowserPage, display: str
) -> None:
    page = browser_page(viewport=(360, 740))
    page.goto(f"{stack.shop_url}/login")
    page.get_by_role("button", name="Ben Ortega").click()
    page.goto(f"{stack.shop_url}/account?display={display}")
    element = page.locator("mobbscan-onboarding")
    element.get_by_role("link").click()
    frame = element.frame_locator("iframe")
    frame.locator("main form[action$='/onboardings'] button").click()
    expect(frame.frame_locator("#hosted").locator("#begin")).to_be_visible()
    assert horizontal_overflow(page) == []
    expect(page.locator("#events li").filter(has_text="started {")).to_have_count(1)
    with page.expect_navigation():
        page.evaluate("document.querySelector('mobbscan-onboarding').close()")
    _reload_until_visible(page, "a signed message of the identity server")


def test_shop_goes_full_screen_by_the_element(stack: Stack, browser_page: BrowserPage) -> None:
    page = browser_page()
    page.goto(f"{stack.shop_url}/login")
    page.get_by_role("button", name="Ada Lovelace").click()
    page.get_by_role("link", name="Full screen").click()
    page.locator("mobbscan-onboarding a").click()
    page.wait_for_url(f"{stack.public_url}/")
    expect(page.locator("body")).to_contain_text("Ada Lovelace")


def _reload_until_visible(page: Page, text: str) -> None:
    """Reload until the shop, whose pages do not follow by themselves, has its message."""

    def visible() -> bool:
        page.reload()
        return page.get_by_text(text).is_visible()

    eventually(visible, every=0.5)
