"""Page weight, layout shifts, reduced motion and keyboard use in Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.browser_user import BrowserUser
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack

PHONE = (360, 740)
FIRST_PAGE_BYTES = 60_000
ANIMATIONS = "document.getAnimations().length"
MEASURE_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      shifts.push([entry.value, entry.sources.map((each) => each.node?.outerHTML?.slice(0, 80))]);
  }).observe({ type: "layout-shift", buffered: true });
"""


def assert_no_layout_shift(page: Page) -> None:
    """Wait until the page has loaded and painted; assert that no element was shifted."""
    page.wait_for_load_state("load")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_timeout(200)
    assert page.evaluate("shifts") == [], page.url


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.nightly)])
def test_home_page_is_within_60_kilobytes_and_painted_in_one_step(
    stack: Stack, ada: Person, browser_page: BrowserPage, scheme: str
) -> None:
    page = browser_page(viewport=PHONE, color_scheme=scheme)
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response))
    BrowserUser(stack, page, ada).log_in()
    page.wait_for_load_state("networkidle")
    sizes = {
        response.url.partition("?")[0]: len(response.body()) + sum(map(len, _head(response)))
        for response in answers
        if response.status == 200
    }
    assert any(url.endswith("/start/camera_check.js") for url in sizes)
    assert any(url.endswith("/theme.css") for url in sizes)
    assert sum(sizes.values()) <= FIRST_PAGE_BYTES, sizes
    assert_painted_in_one_step(page)


def _head(answer: Response) -> Iterator[str]:
    return (f"{each['name']}: {each['value']}\r\n" for each in answer.headers_array())


@pytest.mark.parametrize(
    "viewport",
    [
        PHONE,
        pytest.param((1280, 800), marks=pytest.mark.nightly),
        pytest.param((320, 640), marks=pytest.mark.nightly),
    ],
)
def test_pages_cause_no_layout_shift_and_respect_reduced_motion(
    stack: Stack, ada: Person, browser_page: BrowserPage, viewport: tuple[int, int]
) -> None:
    page = browser_page(viewport=viewport)
    page.add_init_script(MEASURE_SHIFTS)
    user = BrowserUser(stack, page, ada).log_in()
    expect(page.locator("[data-check=ready]")).to_be_visible()
    assert_no_layout_shift(page)
    page.get_by_role("button", name="Use another device or browser").click()
    page.wait_for_url("**/links")
    assert_no_layout_shift(page)
    page.goto(stack.public_url)
    user.start()
    assert_no_layout_shift(page)
    user.choose_outcome("review")
    user.expect_heading("A person is taking a look")
    assert_no_layout_shift(page)
    assert page.evaluate(ANIMATIONS) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(ANIMATIONS) == 0
    user.decide("passes").expect_heading("You are verified")
    assert_no_layout_shift(page)
    # The control: a shift is measured.
    page.evaluate("document.querySelector('main').prepend(document.createElement('hr'))")
    page.wait_for_function("shifts.length > 0")


def assert_painted_in_one_step(page: Page) -> None:
    """Otherwise a pause of the parser paints half of the page, which then shifts."""
    waited_for = page.locator("head link[rel=expect][blocking=render]").get_attribute("href")
    assert page.evaluate(
        """(waitedFor) => {
          const main = document.querySelector("main");
          const last = document.querySelector(waitedFor);
          return !!(main.compareDocumentPosition(last) & Node.DOCUMENT_POSITION_FOLLOWING);
        }""",
        waited_for,
    )


@pytest.mark.parametrize(
    "notice",
    [
        "in-app",
        pytest.param("none", marks=pytest.mark.nightly),
        pytest.param("denied", marks=pytest.mark.nightly),
    ],
)
def test_camera_notice_causes_no_layout_shift(
    stack: Stack, ada: Person, browser_page: BrowserPage, notice: str
) -> None:
    agent = "Mozilla/5.0 (iPhone) AppleWebKit/605 Instagram 300" if notice == "in-app" else None
    page = browser_page(viewport=(1280, 1400), user_agent=agent)
    page.add_init_script(MEASURE_SHIFTS)
    delayed = "new Promise((done) => setTimeout(done, 300))"
    devices = "[]" if notice == "none" else "[{ kind: 'videoinput' }]"
    page.add_init_script(
        f"navigator.mediaDevices.enumerateDevices = async () => (await {delayed}, {devices});"
        f"navigator.permissions.query = async () => (await {delayed},"
        f" {{ state: '{'denied' if notice == 'denied' else 'prompt'}' }});"
    )
    BrowserUser(stack, page, ada).log_in()
    expect(page.locator(f"[data-check={notice}]")).to_be_visible()
    assert_no_layout_shift(page)


@pytest.mark.nightly
def test_keyboard_reaches_every_page_from_link_to_result(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    first = BrowserUser(stack, browser_page(viewport=PHONE), ada).log_in()
    press(first.page, "Use another device or browser")
    user = BrowserUser(stack, browser_page(viewport=PHONE), ada)
    user.page.goto(first.page.get_by_label("Your link").input_value())
    press(user.page, "Continue as Ada Lovelace")
    user.expect_heading("One question before we start")
    press(user.page, "I agree – start")
    expect(user.hosted.locator("#begin")).to_be_visible()
    user.decide("fails")
    user.page.goto(user.return_url)
    user.expect_heading("We could not confirm your identity")
    press(user.page, "Try again")
    user.expect_heading("One question before we start")
    press(user.page, "I agree – start")
    expect(user.hosted.locator("#begin")).to_be_visible()
    press(user.page, "Back")
    user.expect_heading("Continue where you left off")
    press(user.page, "Not me")
    user.expect_heading("You are logged out here")


#: Text and outline of the focused element, read together: the page may be about to change.
FOCUSED = """(() => {
    const element = document.activeElement;
    return [element.textContent.trim(), getComputedStyle(element).outlineStyle];
})()"""


def press(page: Page, name: str) -> None:
    """Move the focus with Tab to the element of this name, check its outline, press Enter."""
    for _ in range(30):
        page.keyboard.press("Tab")
        words, outline = page.evaluate(FOCUSED)
        if words == name:
            assert outline != "none", name
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard does not get to {name!r}")
