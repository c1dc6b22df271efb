"""The sandbox's hosted page in Chromium, in a frame and at top level."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mobbscan_sandbox.gateway import RunningGateway
from tests.browser.hosted_page import (
    CAMERA_REFUSED,
    HostSite,
    OpenPage,
    capture,
    inner_frame,
    only_process,
    open_framed,
)
from tests.support.accessibility import (
    Screen,
    accessibility_violations,
    horizontal_overflow,
    parametrize_screen,
)
from tests.support.gateway import Company, Controls


@pytest.fixture
def browser_page(gateway: RunningGateway, host_site: HostSite, browser_page: OpenPage) -> OpenPage:
    """Close the pages before the servers stop: a page may still be loading."""
    return browser_page


def test_hosted_page_in_frame_passes_and_posts_messages(
    browser_page: OpenPage,
    host_site: HostSite,
    company: Company,
    controls: Controls,
    gateway: RunningGateway,
) -> None:
    created = company.create(redirectUrl=host_site.return_url)
    page = browser_page()
    hosted = open_framed(page, host_site, created["url"], f"camera {gateway.url}")
    capture(hosted)
    assert only_process(controls)["state"] == "IN_PROGRESS"
    hosted.locator("#outcome-passes").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    # The frame alone was redirected, to the unchanged return address.
    assert page.url == f"{host_site.origin}/"
    assert inner_frame(page).url == host_site.return_url
    onboarding = {
        "onboardingToken": created["onboardingToken"],
        "returnUrl": host_site.return_url,
        "scanId": created["scanId"],
    }
    assert page.evaluate("messages") == [
        [gateway.url, {"onboarding": onboarding, "type": "Info", "value": {"name": name}}]
        for name in ("OnboardingStarted", "OnboardingFinished")
    ]
    process = only_process(controls)
    assert (process["state"], process["uploads"]) == ("VERIFIED", 3)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("fails", "NOT_VERIFIED"),
        pytest.param("review", "PENDING_VERIFICATION", marks=pytest.mark.nightly),
        pytest.param("validation", "PENDING_VALIDATION", marks=pytest.mark.nightly),
    ],
)
def test_hosted_page_outcome_at_top_level_sets_state(
    browser_page: OpenPage,
    host_site: HostSite,
    company: Company,
    controls: Controls,
    outcome: str,
    state: str,
) -> None:
    created = company.create(redirectUrl=host_site.return_url)
    page = browser_page(viewport=(360, 740))
    page.goto(created["url"])
    capture(page, "Passport")
    page.click(f"#outcome-{outcome}")
    page.wait_for_url(host_site.return_url)
    process = only_process(controls)
    assert (process["state"], process["uploads"]) == (state, 2)


def test_frame_without_camera_permission_offers_file_upload(
    browser_page: OpenPage, host_site: HostSite, company: Company, controls: Controls, root: Path
) -> None:
    created = company.create(redirectUrl=host_site.return_url, docType="Passport")
    page = browser_page(expected_complaints=CAMERA_REFUSED)
    hosted = open_framed(page, host_site, created["url"], allow="")
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


def test_file_that_is_not_a_picture_shows_an_error(
    browser_page: OpenPage, company: Company
) -> None:
    page = browser_page()
    page.goto(company.create()["url"])
    page.click("#begin")
    page.click('[data-document="IDCard"]')
    expect(page.locator("#capture")).to_be_enabled()  # the camera runs: the screen stays
    text = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"hello"}
    page.set_input_files("#file", [text])
    expect(page.locator("#file-problem")).to_be_visible()


@pytest.mark.nightly
def test_give_up_without_camera_returns_permission_error(
    browser_page: OpenPage, host_site: HostSite, company: Company, controls: Controls
) -> None:
    page = browser_page(expected_complaints=CAMERA_REFUSED)
    hosted = open_framed(
        page, host_site, company.create(redirectUrl=host_site.return_url)["url"], allow=""
    )
    hosted.locator("#begin").click()
    hosted.locator('[data-document="IDCard"]').click()
    hosted.locator("#give-up").click()
    hosted.locator("#dialog-accept").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    assert only_process(controls)["last_error"] == "PermissionError"


def test_hosted_page_without_return_address_stays(
    browser_page: OpenPage, host_site: HostSite, company: Company
) -> None:
    page = browser_page()
    hosted = open_framed(page, host_site, company.create()["url"])
    hosted.locator("#skip-capture").click()
    hosted.locator("#outcome-passes").click()
    expect(hosted.locator("p:visible", has_text="You may close this page.")).to_be_visible()
    assert len(page.evaluate("messages")) == 2


def test_frame_of_another_origin_receives_no_messages(
    browser_page: OpenPage, host_site: HostSite, company: Company
) -> None:
    created = company.create(redirectUrl=host_site.return_url.replace("shop", "other"))
    # Chromium itself reports that it withheld the messages.
    page = browser_page(expected_complaints=["postMessage", "other.localhost"])
    hosted = open_framed(page, host_site, created["url"])
    hosted.locator("#skip-capture").click()
    hosted.locator("#outcome-passes").click()
    expect(hosted.locator("h1", has_text="Back")).to_be_visible()
    assert page.evaluate("messages") == []


def test_hosted_page_by_keyboard_in_spanish_passes(
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


def screen_names(page: Page) -> Iterator[str]:
    """Yield the name of each screen when it is shown."""
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
def test_hosted_page_screens_are_accessible_and_fit(
    browser_page: OpenPage, company: Company, screen: Screen
) -> None:
    page = browser_page(viewport=screen.size, color_scheme=screen.scheme, bypass_csp=True)
    page.goto(company.create()["url"])
    for screen in screen_names(page):
        assert accessibility_violations(page) == [], screen
        assert horizontal_overflow(page) == [], screen


# Frame sizes on windows of 1280×800 and 320×640, and that of a small host page.
FRAMES = [(960, 640), (1280, 680), (320, 416), (320, 480), (380, 720)]
# Every run takes the smallest frame, with the longer texts; the other combinations run nightly.
EVERY_RUN = [((320, 416), "es-ES")]
SIZES_AND_LOCALES = [
    *EVERY_RUN,
    *(
        pytest.param(*each, marks=pytest.mark.nightly)
        for each in product(FRAMES, ("en-GB", "es-ES"))
        if each not in EVERY_RUN
    ),
]
IS_IN_VIEWPORT = """
element => {
  const { top, bottom } = element.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight && scrollY === 0;
}
"""


@pytest.mark.parametrize(("frame_size", "locale"), SIZES_AND_LOCALES)
def test_hosted_page_buttons_are_visible_without_scrolling(
    browser_page: OpenPage,
    host_site: HostSite,
    company: Company,
    frame_size: tuple[int, int],
    locale: str,
) -> None:
    page = browser_page(viewport=(1300, 900), locale=locale)
    hosted = open_framed(page, host_site, company.create()["url"], frame_size=frame_size)

    def assert_in_viewport(selector: str) -> None:
        expect(hosted.locator(selector)).to_be_visible()
        assert hosted.locator(selector).evaluate(IS_IN_VIEWPORT), selector

    assert_in_viewport("#begin")
    hosted.locator("#begin").click()
    assert_in_viewport('[data-document="IDCard"]')
    hosted.locator('[data-document="IDCard"]').click()
    for side in range(3):
        expect(hosted.locator("#capture")).to_be_enabled()
        assert_in_viewport("#capture")
        hosted.locator("#capture").click()
        if side < 2:
            assert_in_viewport("#keep")
            hosted.locator("#keep").click()
    assert_in_viewport("#outcome-passes")
