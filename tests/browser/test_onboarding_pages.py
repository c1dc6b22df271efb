"""The whole journey of Ada in Chromium: log-in, camera, cookies, live status, keyboard."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Playwright, expect

from tests.browser.browser_user import BrowserUser
from tests.support.chromium import FLAGS, BrowserPage, page_opener
from tests.support.stack import Person, Stack
from tests.support.user_journey import gateway_switches

PHONE = (360, 740)
PICTURE: FilePayload = {
    "name": "card.png",
    "mimeType": "image/png",
    "buffer": base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    ),
}


@pytest.fixture
def user(stack: Stack, ada: Person, browser_page: BrowserPage) -> BrowserUser:
    return BrowserUser(stack, browser_page(viewport=PHONE), ada)


def test_ada_from_the_shop_sees_the_page_become_verified(
    stack: Stack, browser_page: BrowserPage
) -> None:
    page = browser_page(viewport=PHONE)
    page.goto(f"{stack.shop_url}/login")
    page.get_by_role("button", name="Ada Lovelace").click()
    page.get_by_role("button", name="The same, by a hand-off", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Ada Lovelace")
    expect(page.get_by_role("main")).to_contain_text("Example Shop")
    user = BrowserUser(stack, page, Person("ada", "Ada Lovelace", "en")).start()

    with gateway_switches(stack, decide_after_ms=1500):
        user.take_pictures().choose_outcome("passes")
        user.expect_heading("A person is taking a look")
        user.expect_heading("You are verified")
    page.get_by_role("link", name="Back to Example Shop").click()
    page.wait_for_url(f"{stack.shop_url}/account")
    expect(page.get_by_role("heading", name="Identity: verified")).to_be_visible()


def test_ada_logs_in_with_oidc_and_starts(user: BrowserUser) -> None:
    page, stack = user.page, user.stack
    page.goto(stack.public_url)
    page.get_by_role("link", name="Log in").click()
    page.wait_for_url(f"{stack.identity_provider_url}/**")
    page.get_by_text("Another user").click()
    page.get_by_role("textbox").fill(user.person.sub)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{stack.public_url}/")
    user.start()


@pytest.fixture
def user_denying_camera(stack: Stack, ada: Person, page_without_permission: Page) -> BrowserUser:
    """Return Ada in a browser that denies the camera."""
    return BrowserUser(stack, page_without_permission, ada)


@pytest.mark.nightly
def test_blocked_camera_accepts_picture_files(user_denying_camera: BrowserUser) -> None:
    hosted = user_denying_camera.log_in().start().hosted
    hosted.locator("#begin").click()
    hosted.locator("[data-document=IDCard]").click()
    for _ in ("front", "back", "face"):
        expect(hosted.locator("#camera-problem")).to_contain_text("The camera is blocked")
        hosted.locator("#file").set_input_files(PICTURE)
        hosted.locator("#keep").click()
    hosted.locator("#outcome-passes").click()
    user_denying_camera.expect_heading("You are verified")


def test_denied_camera_is_explained_and_the_check_can_continue(
    user_denying_camera: BrowserUser,
) -> None:
    hosted = user_denying_camera.log_in().start().hosted
    hosted.locator("#begin").click()
    hosted.locator("[data-document=IDCard]").click()
    hosted.locator("#give-up").click()
    hosted.locator("#dialog-accept").click()
    user_denying_camera.expect_heading("The check was interrupted")
    expect(user_denying_camera.page.get_by_role("main")).to_contain_text(
        "The camera was not allowed"
    )
    user_denying_camera.page.context.grant_permissions(
        ["camera"], origin=user_denying_camera.stack.public_url
    )
    user_denying_camera.start().take_pictures().choose_outcome("passes")
    user_denying_camera.expect_heading("You are verified")


TRY_TO_STORE = """async () => {
  document.cookie = "mine=1; SameSite=None; Secure";
  let storage = "open";
  try { localStorage.setItem("mine", "1") } catch (error) { storage = error.name }
  return [document.cookie, storage];
}"""


@pytest.fixture
def page_blocking_cookies(playwright: Playwright, chromium_path: str) -> Iterator[Page]:
    """Return a page of Chromium itself: without an own profile it blocks third-party cookies."""
    browser = playwright.chromium.launch(executable_path=chromium_path, args=[*FLAGS])
    with page_opener(browser) as open_page:
        yield open_page(viewport=PHONE)
    browser.close()


def test_journey_with_blocked_third_party_cookies_passes(
    stack: Stack, ada: Person, page_blocking_cookies: Page
) -> None:
    user = BrowserUser(stack, page_blocking_cookies, ada).log_in().start()
    assert user.hosted_document.evaluate(TRY_TO_STORE) == ["", "SecurityError"]
    user.choose_outcome("passes")
    user.expect_heading("You are verified")


@pytest.mark.nightly
def test_hosted_page_with_allowed_cookies_can_store(
    stack: Stack, ada: Person, playwright: Playwright, chromium_path: str, tmp_path: Path
) -> None:
    """The control of the test of blocked cookies."""
    (tmp_path / "Default").mkdir()
    preferences = {"profile": {"block_third_party_cookies": False, "cookie_controls_mode": 0}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(preferences))
    with playwright.chromium.launch_persistent_context(
        tmp_path, executable_path=chromium_path, args=[*FLAGS]
    ) as context:
        user = BrowserUser(stack, context.pages[0], ada).log_in().start()
        assert user.hosted_document.evaluate(TRY_TO_STORE) == ["mine=1", "open"]


def test_waiting_page_without_javascript_refreshes_itself(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    page = browser_page(java_script=False, viewport=PHONE)
    user = BrowserUser(stack, page, ada).log_in()
    page.locator("main form[action$='/onboardings'] button").click()
    expect(page.locator("#hosted")).to_be_visible()
    user.decide("review")
    page.goto(user.return_url)
    page.get_by_role("link", name="Continue").click()
    user.expect_heading("A person is taking a look")
    user.decide("passes")
    user.expect_heading("You are verified", seconds=20)


def test_page_with_stream_closes_it_when_left_and_makes_no_status_requests(
    user: BrowserUser,
) -> None:
    page = user.page
    status_requests = _recorded_requests(page, "/status")
    stream_requests = _recorded_requests(page, "/stream")
    user.log_in().start().choose_outcome("review")
    user.expect_heading("A person is taking a look")
    address = page.url
    with page.expect_request(f"{address}/stream") as stream:
        page.reload()
    with page.expect_event("requestfailed", lambda request: request == stream.value):
        page.goto("about:blank")
    page.goto(address)
    user.decide("passes").expect_heading("You are verified")
    assert stream_requests
    assert status_requests == []


@pytest.mark.parametrize(
    "stream", [pytest.param("blocked", marks=pytest.mark.nightly), "not offered"]
)
def test_page_without_a_stream_polls_the_status(
    stack: Stack, ada: Person, browser_page: BrowserPage, stream: str
) -> None:
    """A proxy may block streams; other servers than ours answer 204 to their address."""
    expected = ["ERR_FAILED .*/stream"] if stream == "blocked" else []
    user = BrowserUser(stack, browser_page(expected_complaints=expected), ada)
    user.page.route(
        "**/stream",
        lambda route: route.abort() if stream == "blocked" else route.fulfill(status=204),
    )
    status_requests = _recorded_requests(user.page, "/status")
    user.log_in().start().choose_outcome("review")
    user.expect_heading("A person is taking a look")
    user.decide("passes").expect_heading("You are verified", seconds=30)
    assert status_requests


def test_page_after_stream_failure_returns_to_the_stream(user: BrowserUser) -> None:
    page, broken = user.page, "**/stream"
    status_requests, stream_requests = (
        _recorded_requests(page, "/status"),
        _recorded_requests(page, "/stream"),
    )
    page.route(
        broken,
        lambda route: route.fulfill(content_type="text/event-stream", body="retry: 20\n\n"),
    )
    user.log_in().start().choose_outcome("review")
    user.expect_heading("A person is taking a look")
    with page.expect_response("**/status"):
        pass
    page.unroute(broken)
    with page.expect_request(broken):
        pass
    status_requests.clear()
    user.decide("passes").expect_heading("You are verified")
    assert stream_requests
    assert status_requests == [], "the stream delivered the change"


SILENT_EVENT_SOURCE = """window.EventSource = class extends EventTarget {
  static OPEN = 1;
  static CLOSED = 2;
  readyState = 1;
  close() {}
}"""


def test_page_with_silent_stream_polls_the_status(user: BrowserUser) -> None:
    """A proxy buffers the stream: it is open and delivers nothing."""
    page = user.page
    page.add_init_script(SILENT_EVENT_SOURCE)
    user.log_in().start().choose_outcome("review")
    page.clock.install()
    page.reload()
    user.expect_heading("A person is taking a look")
    for seconds in (11, 3):
        with page.expect_response("**/status"):
            page.clock.fast_forward(seconds * 1000)


def test_keyboard_reaches_the_camera(user: BrowserUser) -> None:
    page = user.log_in().page
    _tab_to(page, "Skip to the content")
    _tab_to(page, re.compile("^I agree"))
    page.keyboard.press("Enter")
    expect(user.hosted.locator("#begin")).to_be_enabled()
    for _ in range(12):
        page.keyboard.press("Tab")
        if user.hosted_document.evaluate("document.activeElement.id") == "begin":
            break
    page.keyboard.press("Enter")
    expect(user.hosted.locator("[data-document=IDCard]")).to_be_visible()


@pytest.mark.nightly
def test_two_tabs_show_the_same_result(user: BrowserUser) -> None:
    user.log_in().start()
    other = BrowserUser(user.stack, user.page.context.new_page(), user.person)
    other.page.goto(user.page.url)
    user.choose_outcome("review")
    user.expect_heading("A person is taking a look")
    other.expect_heading("A person is taking a look")
    user.decide("passes")
    for each in (user, other):
        each.page.bring_to_front()
        each.expect_heading("You are verified")


#: Text and outline of the focused element, read together: the page may be about to change.
FOCUSED = """(() => {
  const element = document.activeElement;
  return [element.textContent.trim(), getComputedStyle(element).outlineStyle];
})()"""


def _recorded_requests(page: Page, end: str) -> list[str]:
    found: list[str] = []
    page.on(
        "request", lambda request: found.append(request.url) if request.url.endswith(end) else 0
    )
    return found


def _tab_to(page: Page, name: str | re.Pattern[str]) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        words, outline = page.evaluate(FOCUSED)
        if re.search(name, words):
            assert outline != "none", name
            return
    raise AssertionError(f"the keyboard does not get to {name!r}")
