"""Each page in each state: accessible, within the viewport and without console messages.

The fixture `browser_page` fails a test for every console error and warning.

With `SCREENSHOTS=FOLDER` in the environment each is also painted into that folder.
"""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page

from tests.browser.browser_user import Guest
from tests.browser.page_states import WAYS, Way
from tests.support.accessibility import (
    Screen,
    accessibility_violations,
    horizontal_overflow,
    parametrize_screens,
)
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack

PHONE = (360, 740)
SIZES = ((320, 640), PHONE, (1280, 800))
# Chromium logs every response with an error status.
ANSWERS = ["the server responded with a status of (401|404|503)"]


@parametrize_screens(*SIZES)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_everybody_can_use_every_page(
    stack: Stack, ada: Person, browser_page: BrowserPage, way: Way, screens: list[Screen]
) -> None:
    guest = Guest(stack, browser_page(viewport=PHONE, expected_complaints=ANSWERS), ada)
    width, height = PHONE
    for state in way(guest):
        _examine(guest, state, screens)
        guest.page.set_viewport_size({"width": width, "height": height})


@parametrize_screens(*SIZES)
def test_the_page_before_the_full_screen_is_for_everybody_too(
    stack: Stack, ada: Person, browser_page: BrowserPage, screens: list[Screen]
) -> None:
    guest = Guest(stack, browser_page(), ada)
    page = guest.come_in(flow="alone").page
    hosted = f"{stack.gateway_url}/onboarding/*"
    page.route(hosted, lambda route: route.fulfill(status=204))  # a page that stays away
    page.locator("main form[action$='/onboardings'] button").click()
    guest.sees("Your identity check opens now")
    _examine(guest, "redirect", screens)

    page.unroute(hosted)
    page.get_by_role("link", name="Open the identity check").click()
    page.locator("#skip-capture").click()
    page.locator("#outcome-passes").click()
    guest.sees("You are verified")


def _examine(guest: Guest, state: str, screens: list[Screen]) -> None:
    for screen in screens:
        screen.apply_to(guest.page)
        paint(guest.page, f"{state}-{screen}")
        for frame in _our_frames(guest):
            assert accessibility_violations(frame) == [], (state, screen)
            assert horizontal_overflow(frame) == [], (state, screen)


def paint(page: Page, name: str) -> None:
    """Keep a picture of the whole page, where somebody wants one."""
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _our_frames(guest: Guest) -> list[Frame]:
    return [frame for frame in guest.page.frames if frame.url.startswith(guest.stack.public_url)]
