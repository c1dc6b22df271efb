"""The hosted page of the gateway in a box in real Chromium, framed and at top level."""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mobbscan_sandbox.gateway import RunningGateway
from tests.browser.hosted_page import (
    CAMERA_REFUSED,
    OpenPage,
    Shop,
    capture,
    framed,
    inner,
    only_process,
)
from tests.support.accessibility import (
    Screen,
    accessibility_violations,
    horizontal_overflow,
    parametrize_screen,
)
from tests.support.gateway import Company, Controls


def test_ada_passes_inside_a_frame(
    browser_page: OpenPage,
    shop: Shop,
    company: Company,
    controls: Controls,
    gateway: RunningGateway,
) -> None:
    created = company.create(redirectUrl=shop.back)
    page = browser_page()
    hosted = framed(page, shop, created["url"], f"camera {gateway.url}")
    capture(hosted)
    assert only_process(controls)["state"] == "IN_PROGRESS"
    hosted.locator("#outcome-passes").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    # The redirect happened inside the frame, and nothing was added to the address.
    assert page.url == f"{shop.origin}/"
    assert inner(page).url == shop.back
    onboarding = {
        "onboardingToken": created["onboardingToken"],
        "returnUrl": shop.back,
        "scanId": created["scanId"],
    }
    assert page.evaluate("heard") == [
        [gateway.url, {"onboarding": onboarding, "type": "Info", "value": {"name": name}}]
        for name in ("OnboardingStarted", "OnboardingFinished")
    ]
    process = only_process(controls)
    assert (process["state"], process["uploads"]) == ("VERIFIED", 3)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("fails", "NOT_VERIFIED"),
        ("review", "PENDING_VERIFICATION"),
        ("validation", "PENDING_VALIDATION"),
    ],
)
def test_each_other_outcome_at_top_level(
    browser_page: OpenPage,
    shop: Shop,
    company: Company,
    controls: Controls,
    outcome: str,
    state: str,
) -> None:
    created = company.create(redirectUrl=shop.back)
    page = browser_page(viewport=(360, 740))
    page.goto(created["url"])
    capture(page, "Passport")
    page.click(f"#outcome-{outcome}")
    page.wait_for_url(shop.back)
    process = only_process(controls)
    assert (process["state"], process["uploads"]) == (state, 2)


def test_a_frame_without_the_camera_offers_a_file(
    browser_page: OpenPage, shop: Shop, company: Company, controls: Controls, root: Path
) -> None:
    created = company.create(redirectUrl=shop.back, docType="Passport")
    page = browser_page(expected_complaints=CAMERA_REFUSED)
    hosted = framed(page, shop, created["url"], allow="")
    hosted.locator("#begin").click()
    hosted.locator('[data-document="Passport"]').click()
    expect(hosted.locator("#camera-problem")).to_contain_text("The camera is blocked")
    expect(hosted.locator("#capture")).to_be_hidden()
    picture = {"name": "page.png", "mimeType": "image/png", "buffer": page.screenshot()}
    for _ in range(2):
        with page.expect_file_chooser() as chooser:
            hosted.locator("#use-file").click()
        chooser.value.set_files(picture)
        hosted.locator("#keep").click()
    hosted.locator("#outcome-passes").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    assert only_process(controls)["uploads"] == 2


def test_a_file_that_is_no_picture_is_refused_kindly(
    browser_page: OpenPage, company: Company
) -> None:
    page = browser_page()
    page.goto(company.create()["url"])
    page.click("#begin")
    page.click('[data-document="IDCard"]')
    expect(page.locator("#capture")).to_be_enabled()  # the camera is on: nothing starts anew
    text = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"hello"}
    page.set_input_files("#file", [text])
    expect(page.locator("#file-problem")).to_be_visible()


def test_who_can_use_neither_camera_nor_file_goes_back_with_the_reason(
    browser_page: OpenPage, shop: Shop, company: Company, controls: Controls
) -> None:
    page = browser_page(expected_complaints=CAMERA_REFUSED)
    hosted = framed(page, shop, company.create(redirectUrl=shop.back)["url"], allow="")
    hosted.locator("#begin").click()
    hosted.locator('[data-document="IDCard"]').click()
    hosted.locator("#give-up").click()
    hosted.locator("#dialog-accept").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    assert only_process(controls)["last_error"] == "PermissionError"


def test_without_an_address_to_return_to_the_page_stays(
    browser_page: OpenPage, shop: Shop, company: Company
) -> None:
    page = browser_page()
    hosted = framed(page, shop, company.create()["url"])
    hosted.locator("#skip-capture").click()
    hosted.locator("#outcome-passes").click()
    expect(hosted.locator("p:visible", has_text="You may close this page.")).to_be_visible()
    assert len(page.evaluate("heard")) == 2


def test_a_stranger_who_frames_the_page_hears_nothing(
    browser_page: OpenPage, shop: Shop, company: Company
) -> None:
    created = company.create(redirectUrl=shop.back.replace("shop", "other"))
    # Chromium itself reports that it withheld the messages.
    page = browser_page(expected_complaints=["postMessage", "other.localhost"])
    hosted = framed(page, shop, created["url"])
    hosted.locator("#skip-capture").click()
    hosted.locator("#outcome-passes").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    assert page.evaluate("heard") == []


def test_ada_can_do_it_all_by_keyboard_in_spanish(
    browser_page: OpenPage, company: Company, controls: Controls
) -> None:
    page = browser_page(locale="es-ES", viewport=(360, 740))
    page.goto(company.create(docType="Passport")["url"])
    expect(page.locator("h1:visible")).to_have_text("Confirmemos que eres tú")
    page.locator("#begin").press("Enter")
    expect(page.locator("h1:focus")).to_have_text("Ten tu documento a mano")
    for words in ("Página con tu foto", "¿Se lee todo bien?", "Hazte un selfi"):
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("h1:focus")).to_have_text(words)
        if words != "¿Se lee todo bien?":
            expect(page.locator("#capture")).to_be_enabled()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1:focus")).to_have_text("Tus imágenes han llegado")
    page.locator("#outcome-passes").press("Space")
    expect(page.locator("h1:focus")).to_have_text("Listo")
    assert only_process(controls)["state"] == "VERIFIED"


def walk_every_screen(page: Page) -> Iterator[str]:
    """Stop at each screen in turn, by its name."""
    yield "intro"
    page.click("#begin")
    page.wait_for_selector('[data-document="IDCard"]')
    yield "choose"
    page.click('[data-document="IDCard"]')
    page.wait_for_selector("#capture:enabled")
    yield "front"
    page.click("#capture")
    page.wait_for_selector("#keep")
    yield "review"
    page.click("#keep")
    page.click("#capture")
    page.click("#keep")
    page.wait_for_selector("#capture:enabled")
    yield "selfie"
    page.click("#capture")
    page.wait_for_selector("#outcome-passes")
    yield "outcome"
    page.get_by_text("More errors").click()
    yield "more errors"
    page.click("#outcome-camera-denied")
    page.wait_for_selector("#dialog-accept")
    yield "dialog"
    page.click("#dialog-accept")
    page.wait_for_selector("#stopped-title")
    yield "stopped"


@parametrize_screen((320, 740), (1280, 740))
def test_every_screen_is_accessible_and_fits(
    browser_page: OpenPage, company: Company, screen: Screen
) -> None:
    page = browser_page(viewport=screen.size, color_scheme=screen.scheme, bypass_csp=True)
    page.goto(company.create()["url"])
    for screen in walk_every_screen(page):
        assert accessibility_violations(page) == [], screen
        assert horizontal_overflow(page) == [], screen


# The room that is left for a frame at 1280×800 and at 320×640, and none at all.
FRAMES = [(960, 640), (1280, 680), (320, 416), (320, 480), (380, 720)]
# Each in one language in every run, in the other one nightly.
ROOMS = [
    *zip(FRAMES, cycle(("en-GB", "es-ES")), strict=False),
    *(
        pytest.param(*room, marks=pytest.mark.nightly)
        for room in zip(FRAMES, cycle(("es-ES", "en-GB")), strict=False)
    ),
]
IN_SIGHT = """
element => {
  const { top, bottom } = element.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight && scrollY === 0;
}
"""


@pytest.mark.parametrize(("frame_size", "locale"), ROOMS)
def test_what_goes_on_is_in_sight_without_scrolling(
    browser_page: OpenPage, shop: Shop, company: Company, frame_size: tuple[int, int], locale: str
) -> None:
    page = browser_page(viewport=(1300, 900), locale=locale)
    hosted = framed(page, shop, company.create()["url"], frame_size=frame_size)

    def in_sight(selector: str) -> None:
        expect(hosted.locator(selector)).to_be_visible()
        assert hosted.locator(selector).evaluate(IN_SIGHT), selector

    in_sight("#begin")
    hosted.locator("#begin").click()
    in_sight('[data-document="IDCard"]')
    hosted.locator('[data-document="IDCard"]').click()
    for side in range(3):
        expect(hosted.locator("#capture")).to_be_enabled()
        in_sight("#capture")
        hosted.locator("#capture").click()
        if side < 2:
            in_sight("#keep")
            hosted.locator("#keep").click()
    in_sight("#outcome-passes")
