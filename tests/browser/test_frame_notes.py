"""Notes and headers around the frame of the hosted page, during and after an error."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser_user import BrowserUser
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack


@pytest.fixture
def user(stack: Stack, ada: Person, browser_page: BrowserPage) -> BrowserUser:
    return BrowserUser(stack, browser_page(viewport=(360, 740)), ada).log_in()


def _block_script(page: Page, script: str) -> None:
    page.route(
        f"**/{script}*", lambda route: route.fulfill(body="", content_type="text/javascript")
    )


def test_frame_without_return_shows_note_after_the_dialog_only(user: BrowserUser) -> None:
    user.start()
    # The hosted page does not return after its dialog.
    user.page.route("**/return/**", lambda route: route.fulfill(status=204))
    user.hosted.locator("#skip-capture").click()
    user.hosted.locator("#outcome-camera-denied").click()
    expect(user.hosted.locator("#dialog-accept")).to_be_visible()
    assert user.page.locator("[data-note]:visible").count() == 0
    user.hosted.locator("#dialog-accept").click()
    note = user.page.locator("[data-note=permission_denied]")
    expect(note).to_be_visible()
    note.get_by_role("link", name="Try again").click()
    expect(user.hosted.locator("#begin")).to_be_visible()


def test_return_without_scripts_shows_one_header_in_the_frame_and_at_top_level(
    user: BrowserUser,
) -> None:
    for script in ("frame.js", "returned.js", "live_status.js"):
        _block_script(user.page, script)
    user.start().choose_outcome("camera-denied")
    expect(user.hosted.get_by_role("link", name="Try again")).to_be_visible()
    for frame, headers in ((user.page, 1), (user.hosted, 0)):
        expect(frame.locator("header")).to_have_count(headers)
        expect(frame.locator(".test")).to_have_count(headers)
    user.page.goto(user.return_url)
    user.expect_heading("You are back")
    expect(user.page.locator("header")).to_be_visible()
