"""Each page in each state: no barrier, nothing beyond the edge, in light and dark.

With `SCREENSHOTS=FOLDER` in the environment each is also painted into that folder.
"""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Page, ViewportSize

from tests.browser.guest import Guest
from tests.browser.states import WAYS, Way
from tests.support.chromium import BrowserPage
from tests.support.fixtures import NewStack
from tests.support.stack import Person, Stack

SCHEMES = ("light", "dark")
PHONE: ViewportSize = {"width": 360, "height": 740}
SIZES: tuple[ViewportSize, ...] = (
    {"width": 320, "height": 640},
    PHONE,
    {"width": 1280, "height": 800},
)
# The browser says so itself wherever a page comes with an error's status.
ANSWERS = ["the server responded with a status of (401|404|503)"]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_everybody_can_use_every_page(
    stack: Stack, ada: Person, browser_page: BrowserPage, way: Way
) -> None:
    guest = Guest(stack, browser_page(expected_complaints=ANSWERS), ada)
    guest.page.set_viewport_size(PHONE)
    for state in way(guest):
        _examine(guest, state)
        guest.page.set_viewport_size(PHONE)


def test_the_page_before_the_full_screen_is_for_everybody_too(
    new_stack: NewStack, browser_page: BrowserPage
) -> None:
    stack = new_stack(flow={"mode": "redirect"}, leave_out=("people", "shop"))
    guest = Guest(stack, browser_page(), Person("ada", "Ada Lovelace", "en"))
    page = guest.come_in().page
    hosted = f"{stack.gateway_url}/onboarding/*"
    page.route(hosted, lambda route: route.fulfill(status=204))  # a page that stays away
    page.locator("main form[action$='/onboardings'] button").click()
    guest.sees("On to the camera")
    _examine(guest, "redirect")

    page.unroute(hosted)
    page.get_by_role("link", name="Open the identity check").click()
    page.locator("#skip-capture").click()
    page.locator("#outcome-passes").click()
    guest.sees("You are verified")


def _examine(guest: Guest, state: str) -> None:
    page, frames = guest.page, _our_frames(guest)
    for frame in frames:
        frame.evaluate(Axe().axe_script)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for size in SIZES:
            page.set_viewport_size(size)
            paint(page, f"{state}-{size['width']}-{scheme}")
            for frame in frames:
                assert _barriers(frame) == [], (state, size, scheme)
                assert _beyond_the_edge(frame) == [], (state, size, scheme)


def paint(page: Page, name: str) -> None:
    """Keep a picture of the whole page, where somebody wants one."""
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _our_frames(guest: Guest) -> list[Frame]:
    return [frame for frame in guest.page.frames if frame.url.startswith(guest.stack.public_url)]


def _barriers(frame: Frame) -> list[str]:
    # Each document is examined for itself: what is in a frame of another site is not ours.
    results = frame.evaluate("axe.run({resultTypes: ['violations'], iframes: false})")
    return [
        f"{each['id']}: {[node['html'] for node in each['nodes']]}"
        for each in results["violations"]
    ]


def _beyond_the_edge(frame: Frame) -> list[str]:
    found: list[str] = frame.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
           [...document.querySelectorAll("body *")]
             .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
             .map((one) => one.outerHTML.slice(0, 90))"""
    )
    return found
