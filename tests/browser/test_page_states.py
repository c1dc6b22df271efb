"""Each page in each state: accessible, within the viewport and without console messages.

The fixture `browser_page` fails a test for every console error and warning.

Every run checks each state on one of six screens, in rotation; all of them run nightly.
With `SCREENSHOTS=FOLDER` in the environment each is also saved in that folder.
"""

import os
from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page

from tests.browser.browser_user import BrowserUser
from tests.browser.page_states import STATE_WALKS, StateWalk
from tests.support.accessibility import (
    Screen,
    accessibility_violations,
    horizontal_overflow,
)
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack

PHONE = (360, 740)
SCREENS = (
    Screen(320, 640, "light"),
    Screen(1280, 800, "dark"),
    Screen(*PHONE, "light"),
    Screen(320, 640, "dark"),
    Screen(1280, 800, "light"),
    Screen(*PHONE, "dark"),
)
# Chromium logs every response with an error status.
ERROR_STATUSES = ["the server responded with a status of (401|404|503)"]


@pytest.mark.parametrize(
    "screens_per_state", [1, pytest.param(len(SCREENS), marks=pytest.mark.nightly)]
)
@pytest.mark.parametrize("walk", STATE_WALKS, ids=lambda walk: walk.__name__)
def test_page_states_are_accessible_and_fit(
    stack: Stack, ada: Person, browser_page: BrowserPage, walk: StateWalk, screens_per_state: int
) -> None:
    page = browser_page(viewport=PHONE, expected_complaints=ERROR_STATUSES)
    user = BrowserUser(stack, page, ada)
    width, height = PHONE
    screens = cycle(SCREENS)
    for state in walk(user):
        for _ in range(screens_per_state):
            _assert_accessible(user, state, next(screens))
        page.set_viewport_size({"width": width, "height": height})


def test_redirect_page_is_accessible_and_leads_to_hosted_page(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    user = BrowserUser(stack, browser_page(), ada)
    page = user.log_in(flow="alone").page
    hosted = f"{stack.gateway_url}/onboarding/*"
    page.route(hosted, lambda route: route.fulfill(status=204))  # the hosted page does not load
    page.locator("main form[action$='/onboardings'] button").click()
    user.expect_heading("Your identity check opens now")
    for screen in SCREENS[:2]:
        _assert_accessible(user, "redirect", screen)

    page.unroute(hosted)
    page.get_by_role("link", name="Open the identity check").click()
    page.locator("#skip-capture").click()
    page.locator("#outcome-passes").click()
    user.expect_heading("You are verified")


def _assert_accessible(user: BrowserUser, state: str, screen: Screen) -> None:
    screen.apply_to(user.page)
    _save_screenshot(user.page, f"{state}-{screen}")
    for frame in _frames_of_product(user):
        assert accessibility_violations(frame) == [], (state, screen)
        assert horizontal_overflow(frame) == [], (state, screen)


def _save_screenshot(page: Page, name: str) -> None:
    """Save a picture of the whole page if `SCREENSHOTS` is set."""
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _frames_of_product(user: BrowserUser) -> list[Frame]:
    return [frame for frame in user.page.frames if frame.url.startswith(user.stack.public_url)]
