"""What a person sees of us while, and after, the hosted page is in the frame."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser_user import Guest
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack


@pytest.fixture
def guest(stack: Stack, ada: Person, browser_page: BrowserPage) -> Guest:
    return Guest(stack, browser_page(viewport=(360, 740)), ada).come_in()


def _without(page: Page, script: str) -> None:
    page.route(
        f"**/{script}*", lambda route: route.fulfill(body="", content_type="text/javascript")
    )


def test_the_hosted_dialog_is_not_repeated_below_it(guest: Guest) -> None:
    guest.agree().hosted.locator("#skip-capture").click()
    guest.hosted.locator("#outcome-camera-denied").click()
    expect(guest.hosted.locator("#dialog-accept")).to_be_visible()
    assert guest.page.locator("[data-note]:visible").count() == 0
    guest.hosted.locator("#dialog-accept").click()
    guest.sees("The check was interrupted")


def test_a_dialog_that_leads_nowhere_is_followed_by_our_explanation(guest: Guest) -> None:
    guest.agree()
    # A hosted page that stays where it is after its dialog.
    guest.page.route("**/return/**", lambda route: route.fulfill(status=204))
    guest.hosted.locator("#skip-capture").click()
    guest.hosted.locator("#outcome-camera-denied").click()
    guest.hosted.locator("#dialog-accept").click()
    note = guest.page.locator("[data-note=permission_denied]")
    expect(note).to_be_visible()
    note.get_by_role("link", name="Try again").click()
    expect(guest.hosted.locator("#begin")).to_be_visible()


def test_back_in_the_frame_without_a_script_there_is_one_header(guest: Guest) -> None:
    for script in ("frame.js", "returned.js", "live_status.js"):
        _without(guest.page, script)
    guest.agree().end("camera-denied")
    expect(guest.hosted.get_by_role("link", name="Try again")).to_be_visible()
    for frame, headers in ((guest.page, 1), (guest.hosted, 0)):
        expect(frame.locator("header")).to_have_count(headers)
        expect(frame.locator(".test")).to_have_count(headers)


def test_back_over_the_whole_window_the_header_is_there(guest: Guest) -> None:
    _without(guest.page, "returned.js")
    guest.page.goto(guest.agree().return_url)
    guest.sees("You are back")
    expect(guest.page.locator("header")).to_be_visible()
