"""The camera check of the start page in Chromium: notices, test of the camera, in-app browsers."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.browser_user import BrowserUser
from tests.support.chromium import FLAGS, BrowserPage
from tests.support.eventually import eventually
from tests.support.stack import Person, Stack

ENGINE = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) {ENGINE} "
ANDROID = f"Mozilla/5.0 (Linux; Android 14; Pixel 8{{}}) {ENGINE} Chrome/124.0 "
IN_APP = {
    "Facebook": IPHONE + "Mobile/15E148 [FBAN/FBIOS;FBAV/450.0]",
    "Messenger": ANDROID.format("") + "Mobile Safari/537.36 [FB_IAB/Orca-Android;FBAV/450.0]",
    "Instagram": IPHONE + "Mobile/15E148 Instagram 321.0 (iPhone15,2)",
    "TikTok": ANDROID.format("") + "Mobile Safari/537.36 musical_ly_2023 BytedanceWebview/d8a21c6",
    "LINE": ANDROID.format("") + "Mobile Safari/537.36 Line/14.1.0",
    "WeChat": ANDROID.format("") + "Mobile Safari/537.36 MicroMessenger/8.0.47",
    "Snapchat": IPHONE + "Version/17.0 Mobile/15E148 Safari/604.1 Snapchat/12.80",
    "LinkedIn": IPHONE + "Mobile/15E148 [LinkedInApp]/9.29",
    "X": IPHONE + "Mobile/15E148 Twitter for iPhone/10.30",
    "an Android WebView": ANDROID.format("; wv") + "Mobile Safari/537.36",
    "a web view of iOS": IPHONE + "Mobile/15E148",
}
BROWSERS = {
    "Safari": IPHONE + "Version/17.4 Mobile/15E148 Safari/604.1",
    "Chrome on iOS": IPHONE + "CriOS/124.0 Mobile/15E148 Safari/604.1",
    "Chrome": ANDROID.format("") + "Mobile Safari/537.36",
}
RECORD_STREAMS = """
  window.streams = [];
  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia(constraints);
    window.streams.push(stream);
    return stream;
  };
"""
RECORD_REQUESTS = """
  window.requests = 0;
  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (constraints) => {
    window.requests += 1;
    return getUserMedia(constraints);
  };
"""
ELEMENT_ABOVE_PREVIEW = """() => {
  const box = document.getElementById("preview").getBoundingClientRect();
  return document.elementFromPoint(box.x + box.width / 2, box.bottom - 4).tagName;
}"""
TRACK_STATES = "streams.flatMap((each) => each.getTracks()).map((track) => track.readyState)"


def expect_notice(page: Page, name: str) -> None:
    expect(page.locator(f"[data-check={name}]")).to_be_visible()
    assert page.locator("[data-check][data-shown]").count() == 1


def assert_start_works(user: BrowserUser) -> None:
    user.page.locator("main form[action$='/onboardings'] button").click()
    expect(user.page.locator("#hosted")).to_be_visible()


def reload_as(user: BrowserUser, agent: str) -> None:
    """Reload the page with another user agent."""
    session = user.page.context.new_cdp_session(user.page)
    session.send("Emulation.setUserAgentOverride", {"userAgent": agent})
    user.page.reload()
    assert user.page.evaluate("navigator.userAgent") == agent


def test_camera_check_detects_in_app_browsers_in_which_the_start_works(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    user = BrowserUser(stack, browser_page(), ada).log_in()
    for browser in BROWSERS.values():
        reload_as(user, browser)
        expect_notice(user.page, "ready")
    for app in IN_APP.values():
        reload_as(user, app)  # a new document, without the notice of the one before
        expect_notice(user.page, "in-app")
    assert_start_works(user)


@pytest.mark.nightly
def test_link_from_in_app_browser_works_in_another_browser(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    user = BrowserUser(stack, browser_page(user_agent=IN_APP["Instagram"]), ada).log_in()
    user.page.get_by_role("button", name="Use another device or browser").click()
    link = user.page.get_by_label("Your link").input_value()
    other = BrowserUser(stack, browser_page(), ada)
    other.page.goto(link)
    other.page.get_by_role("button", name="Continue as Ada Lovelace").click()
    other.expect_heading("One question before we start").start().choose_outcome("passes")
    other.expect_heading("You are verified")
    user.expect_heading("You are verified")


def test_camera_test_shows_preview_and_stops_all_tracks(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    page = browser_page(viewport=(320, 568))
    page.add_init_script(RECORD_STREAMS)
    user = BrowserUser(stack, page, ada).log_in()
    expect_notice(page, "ready")
    assert page.evaluate("streams.length") == 0, "the check does not start the camera"
    button = page.get_by_role("button", name="Test my camera")
    button.evaluate("button => button.click()")  # without Playwright's scrolling
    expect_notice(page, "running")
    assert page.evaluate(TRACK_STATES) == ["live"]
    expect(page.locator("#preview")).to_be_in_viewport(ratio=1)
    assert page.evaluate(ELEMENT_ABOVE_PREVIEW) == "VIDEO", "no element covers its lower edge"
    expect_notice(page, "works")
    assert page.evaluate(TRACK_STATES) == ["ended"]
    # The user leaves the page during a test.
    page.reload()
    button.click()
    expect_notice(page, "running")
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert page.evaluate(TRACK_STATES) == ["ended"]
    page.reload()
    assert_start_works(user)


@pytest.fixture
def page_without_camera(playwright: Playwright, chromium_path: str) -> Iterator[Page]:
    """Return a page of a browser without a camera."""
    flags = [flag for flag in FLAGS if "media-stream" not in flag]
    browser = playwright.chromium.launch(executable_path=chromium_path, args=flags)
    yield browser.new_page()
    browser.close()


def test_camera_check_without_camera_shows_notice(
    stack: Stack, ada: Person, page_without_camera: Page
) -> None:
    user = BrowserUser(stack, page_without_camera, ada).log_in()
    expect_notice(page_without_camera, "none")
    assert_start_works(user)


def test_camera_check_with_denied_permission_shows_notice(
    stack: Stack, ada: Person, page_without_permission: Page
) -> None:
    page_without_permission.add_init_script(
        """window.permission = Object.assign(new EventTarget(), { state: "denied" });
           navigator.permissions.query = async () => window.permission;"""
    )
    user = BrowserUser(stack, page_without_permission, ada).log_in()
    expect_notice(page_without_permission, "denied")
    # The user allows it in the address bar: the notice disappears.
    page_without_permission.evaluate(
        "permission.state = 'granted', permission.dispatchEvent(new Event('change'))"
    )
    expect_notice(page_without_permission, "ready")
    assert_start_works(user)


def test_camera_test_with_refused_permission_shows_notice(
    stack: Stack, ada: Person, page_without_permission: Page
) -> None:
    """A browser without a user refuses the permission. Only the test of the camera requests it."""
    page_without_permission.add_init_script(RECORD_REQUESTS)
    BrowserUser(stack, page_without_permission, ada).log_in()
    expect(page_without_permission.locator("[data-check][data-shown]")).to_be_visible()
    assert page_without_permission.evaluate("requests") == 0
    page_without_permission.get_by_role("button", name="Test my camera").click()
    expect_notice(page_without_permission, "denied")
    assert page_without_permission.evaluate("requests") == 1


def test_camera_test_with_failing_camera_shows_notice(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    page = browser_page()
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => "
        "{ throw new DOMException('no', window.failure) }"
    )
    BrowserUser(stack, page, ada).log_in()
    for name, notice in (("NotReadableError", "busy"), ("NotFoundError", "none")):
        page.evaluate("(name) => { window.failure = name }", name)
        page.get_by_role("button", name="Test my camera").click()
        expect_notice(page, notice)


def test_camera_check_in_old_browser_shows_notice(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    page = browser_page()
    page.add_init_script("delete Navigator.prototype.mediaDevices")
    user = BrowserUser(stack, page, ada).log_in()
    expect_notice(page, "old")
    expect(page.get_by_role("button", name="Test my camera")).to_be_hidden()
    assert_start_works(user)


def test_start_page_without_javascript_shows_no_camera_notice(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    page = browser_page(java_script=False)
    user = BrowserUser(stack, page, ada).log_in()
    for notice in page.locator("[data-check]").all():
        expect(notice).to_be_hidden()
    expect(page.get_by_role("button", name="Test my camera")).to_be_hidden()
    page.get_by_role("button", name="Use another device or browser").click()
    expect(page.get_by_label("Your link")).to_be_visible()
    page.get_by_role("link", name="Continue here").click()
    assert_start_works(user)


def test_camera_check_runs_once_for_each_change_of_the_permission(
    stack: Stack, ada: Person, page_without_permission: Page
) -> None:
    page = page_without_permission
    page.add_init_script("""
      window.checks = window.changes = 0;
      const devices = navigator.mediaDevices;
      const enumerate = devices.enumerateDevices.bind(devices);
      devices.enumerateDevices = () => { window.checks += 1; return enumerate(); };
      navigator.permissions.query({ name: "camera" }).then((permission) => {
        permission.onchange = () => { window.changes += 1; };
      });
    """)
    BrowserUser(stack, page, ada).log_in()
    eventually(lambda: page.evaluate("checks") == 1)
    for number in range(1, 5):
        if number % 2:
            page.context.grant_permissions(["camera"])
        else:
            page.context.clear_permissions()
        eventually(lambda number=number: page.evaluate("changes") == number)  # type: ignore[misc]
    page.wait_for_timeout(200)
    assert page.evaluate("checks") == 5
