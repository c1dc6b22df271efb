"""What a page finds out about the camera before anything is started, in Chromium."""

from collections.abc import Iterator
from itertools import cycle

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.browser_user import Guest
from tests.support.chromium import FLAGS, BrowserPage
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
WHOLE = {
    "Safari": IPHONE + "Version/17.4 Mobile/15E148 Safari/604.1",
    "Chrome on iOS": IPHONE + "CriOS/124.0 Mobile/15E148 Safari/604.1",
    "Chrome": ANDROID.format("") + "Mobile Safari/537.36",
}
WATCH_STREAMS = """
  window.streams = [];
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await ask(wish);
    window.streams.push(stream);
    return stream;
  };
"""
TOPMOST = """() => {
  const box = document.getElementById("preview").getBoundingClientRect();
  return document.elementFromPoint(box.x + box.width / 2, box.bottom - 4).tagName;
}"""
STATES = "streams.flatMap((each) => each.getTracks()).map((track) => track.readyState)"


def says(page: Page, name: str) -> None:
    expect(page.locator(f"[data-check={name}]")).to_be_visible()
    assert page.locator("[data-check][data-shown]").count() == 1


def start_is_possible(guest: Guest) -> None:
    guest.page.locator("main form[action$='/onboardings'] button").click()
    expect(guest.page.locator("#hosted")).to_be_visible()


def come_as(guest: Guest, agent: str) -> None:
    """The same page once more, in a browser of another kind."""
    session = guest.page.context.new_cdp_session(guest.page)
    session.send("Emulation.setUserAgentOverride", {"userAgent": agent})
    guest.page.reload()
    assert guest.page.evaluate("navigator.userAgent") == agent


def test_each_app_and_each_whole_browser_is_known(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    """A whole browser is left in peace. In turn: what was said before cannot count again."""
    guest = Guest(stack, browser_page(), ada).come_in()
    for app, whole in zip(IN_APP.values(), cycle(WHOLE.values()), strict=False):
        come_as(guest, app)
        says(guest.page, "in-app")
        come_as(guest, whole)
        says(guest.page, "ready")


@pytest.mark.parametrize("app", ["Facebook", "LINE", "an Android WebView"])
def test_inside_another_app_nothing_is_barred(
    stack: Stack, ada: Person, browser_page: BrowserPage, app: str
) -> None:
    guest = Guest(stack, browser_page(user_agent=IN_APP[app]), ada).come_in()
    says(guest.page, "in-app")
    start_is_possible(guest)


def test_the_way_out_of_an_app_is_a_link_that_works_in_another_browser(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    guest = Guest(stack, browser_page(user_agent=IN_APP["Instagram"]), ada).come_in()
    guest.page.get_by_role("button", name="Use another device or browser").click()
    link = guest.page.get_by_label("Your link").input_value()
    other = Guest(stack, browser_page(), ada)
    other.page.goto(link)
    other.page.get_by_role("button", name="Continue as Ada Lovelace").click()
    other.sees("One question before we start").agree().end("passes")
    other.sees("You are verified")
    guest.sees("You are verified")


def test_the_camera_is_shown_for_a_moment_and_all_of_it_stops(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    page = browser_page(viewport=(360, 740))
    page.add_init_script(WATCH_STREAMS)
    guest = Guest(stack, page, ada).come_in()
    says(page, "ready")
    assert page.evaluate("streams.length") == 0, "looking switches nothing on"
    page.get_by_role("button", name="Test my camera").click()
    says(page, "running")
    assert page.evaluate(STATES) == ["live"]
    says(page, "works")
    assert page.evaluate(STATES) == ["ended"]
    start_is_possible(guest)


@pytest.mark.parametrize("viewport", [(360, 740), (320, 568)], ids=str)
def test_what_the_camera_sees_is_in_sight_on_a_small_screen(
    stack: Stack, ada: Person, browser_page: BrowserPage, viewport: tuple[int, int]
) -> None:
    page = Guest(stack, browser_page(viewport=viewport), ada).come_in().page
    page.get_by_role("button", name="Test my camera").evaluate("button => button.click()")
    says(page, "running")
    expect(page.locator("#preview")).to_be_in_viewport(ratio=1)
    assert page.evaluate(TOPMOST) == "VIDEO", "nothing lies over its lower edge"


def test_whoever_starts_during_the_test_takes_no_live_camera_along(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    page = browser_page()
    page.add_init_script(WATCH_STREAMS)
    Guest(stack, page, ada).come_in()
    page.get_by_role("button", name="Test my camera").click()
    says(page, "running")
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert page.evaluate(STATES) == ["ended"]


@pytest.fixture
def bare(playwright: Playwright, chromium_path: str) -> Iterator[Page]:
    """A browser without any camera, which answers no question by itself."""
    flags = [flag for flag in FLAGS if "media-stream" not in flag]
    browser = playwright.chromium.launch(executable_path=chromium_path, args=flags)
    yield browser.new_page()
    browser.close()


def test_where_there_is_no_camera_the_phone_is_offered(
    stack: Stack, ada: Person, bare: Page
) -> None:
    guest = Guest(stack, bare, ada).come_in()
    says(bare, "none")
    start_is_possible(guest)


@pytest.fixture
def shy(playwright: Playwright, chromium_path: str) -> Iterator[Page]:
    """A camera, and nobody who has allowed it."""
    flags = [flag for flag in FLAGS if "fake-ui" not in flag]
    browser = playwright.chromium.launch(executable_path=chromium_path, args=flags)
    yield browser.new_page()
    browser.close()


def test_looking_asks_for_no_permission(stack: Stack, ada: Person, shy: Page) -> None:
    shy.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => { document.title = 'asked'; throw 0 }"
    )
    Guest(stack, shy, ada).come_in()
    expect(shy.locator("[data-check][data-shown]")).to_be_visible()
    assert shy.title() != "asked"


def test_a_camera_that_was_denied_before_is_seen_without_asking(
    stack: Stack, ada: Person, shy: Page
) -> None:
    shy.add_init_script(
        """navigator.permissions.query = async () => (window.told = new EventTarget(),
             Object.defineProperty(told, "state", { value: window.state ?? "denied" }),
             Object.defineProperty(told, "onchange",
               { set: (react) => (window.changed = react) }), told)"""
    )
    guest = Guest(stack, shy, ada).come_in()
    says(shy, "denied")
    # Allowed meanwhile, beside the address: the notice goes by itself.
    shy.evaluate("window.state = 'granted', changed()")
    says(shy, "ready")
    start_is_possible(guest)


def test_a_refused_test_says_what_helps(stack: Stack, ada: Person, shy: Page) -> None:
    """Without anybody to answer the browser's question it is refused."""
    Guest(stack, shy, ada).come_in()
    shy.get_by_role("button", name="Test my camera").click()
    says(shy, "denied")


@pytest.mark.parametrize(
    ("name", "notice"), [("NotReadableError", "busy"), ("NotFoundError", "none")]
)
def test_a_camera_that_does_not_start_is_explained(
    stack: Stack, ada: Person, browser_page: BrowserPage, name: str, notice: str
) -> None:
    page = browser_page()
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => "
        f"{{ throw new DOMException('no', '{name}') }}"
    )
    Guest(stack, page, ada).come_in()
    page.get_by_role("button", name="Test my camera").click()
    says(page, notice)


def test_a_browser_without_camera_interface_is_told_so(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    page = browser_page()
    page.add_init_script("delete Navigator.prototype.mediaDevices")
    guest = Guest(stack, page, ada).come_in()
    says(page, "old")
    expect(page.get_by_role("button", name="Test my camera")).to_be_hidden()
    start_is_possible(guest)


def test_without_javascript_nothing_is_claimed_and_all_works(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    page = browser_page(java_script=False)
    guest = Guest(stack, page, ada).come_in()
    for notice in page.locator("[data-check]").all():
        expect(notice).to_be_hidden()
    expect(page.get_by_role("button", name="Test my camera")).to_be_hidden()
    page.get_by_role("button", name="Use another device or browser").click()
    expect(page.get_by_label("Your link")).to_be_visible()
    page.get_by_role("link", name="Continue here").click()
    start_is_possible(guest)
