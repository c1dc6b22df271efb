"""Ada's whole way in a real browser, with a camera."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Playwright, Request, expect

from tests.browser.browser_user import Guest
from tests.support.chromium import FLAGS, BrowserPage, Complaints
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
def guest(stack: Stack, ada: Person, browser_page: BrowserPage) -> Guest:
    return Guest(stack, browser_page(viewport=PHONE), ada)


def test_ada_comes_from_the_shop_and_watches_the_page_become_verified(
    stack: Stack, browser_page: BrowserPage
) -> None:
    page = browser_page(viewport=PHONE)
    page.goto(f"{stack.shop_url}/login")
    page.get_by_role("button", name="Ada Lovelace").click()
    page.get_by_role("button", name="Verify my identity").click()
    expect(page.get_by_role("main")).to_contain_text("Ada Lovelace")
    expect(page.get_by_role("main")).to_contain_text("Example Shop")
    guest = Guest(stack, page, Person("ada", "Ada Lovelace", "en")).agree()

    with gateway_switches(stack, decide_after_ms=1500):
        guest.take_pictures().end("passes")
        guest.sees("A person is taking a look")
        guest.sees("You are verified")
    page.get_by_role("link", name="Back to Example Shop").click()
    page.wait_for_url(f"{stack.shop_url}/account")


def test_ada_logs_in_at_her_company_and_is_verified(guest: Guest) -> None:
    page, stack = guest.page, guest.stack
    page.goto(stack.public_url)
    page.get_by_role("link", name="Log in").click()
    page.wait_for_url(f"{stack.identity_provider_url}/**")
    page.get_by_text("Another user").click()
    page.get_by_role("textbox").fill(guest.person.sub)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{stack.public_url}/")
    guest.agree().take_pictures().end("passes")
    guest.sees("You are verified")


@pytest.fixture
def shy(stack: Stack, ada: Person, playwright: Playwright, chromium_path: str) -> Iterator[Guest]:
    """Ada in a browser in which nobody has allowed the camera."""
    flags = [flag for flag in FLAGS if "fake-ui" not in flag]
    browser = playwright.chromium.launch(executable_path=chromium_path, args=flags)
    page, complaints = browser.new_page(), Complaints(())
    complaints.listen(page)
    yield Guest(stack, page, ada)
    browser.close()
    assert complaints.heard == []


def test_a_picture_from_a_file_does_where_the_camera_is_blocked(shy: Guest) -> None:
    hosted = shy.come_in().agree().hosted
    hosted.locator("#begin").click()
    hosted.locator("[data-document=IDCard]").click()
    for _ in ("front", "back", "face"):
        expect(hosted.locator("#camera-problem")).to_contain_text("The camera is blocked")
        hosted.locator("#file").set_input_files(PICTURE)
        hosted.locator("#keep").click()
    hosted.locator("#outcome-passes").click()
    shy.sees("You are verified")


def test_a_denied_camera_is_explained_where_ada_is_and_leads_on(shy: Guest) -> None:
    hosted = shy.come_in().agree().hosted
    hosted.locator("#begin").click()
    hosted.locator("[data-document=IDCard]").click()
    hosted.locator("#give-up").click()
    hosted.locator("#dialog-accept").click()
    shy.sees("The check was interrupted")
    expect(shy.page.get_by_role("main")).to_contain_text("The camera was not allowed")
    shy.page.context.grant_permissions(["camera"], origin=shy.stack.public_url)
    shy.agree().take_pictures().end("passes")
    shy.sees("You are verified")


TRY_TO_KEEP = """async () => {
  document.cookie = "mine=1; SameSite=None; Secure";
  let storage = "open";
  try { localStorage.setItem("mine", "1") } catch (error) { storage = error.name }
  return [document.cookie, storage];
}"""


def test_blocked_third_party_cookies_keep_nobody_out(guest: Guest) -> None:
    guest.come_in().agree()
    # A window without a profile of its own has them blocked, and storage with them.
    assert guest.framed.evaluate(TRY_TO_KEEP) == ["", "SecurityError"]
    guest.take_pictures().end("passes")
    guest.sees("You are verified")


def test_allowed_third_party_cookies_would_be_noticed(
    stack: Stack, ada: Person, playwright: Playwright, chromium_path: str, tmp_path: Path
) -> None:
    """The control of the test above."""
    (tmp_path / "Default").mkdir()
    wishes = {"profile": {"block_third_party_cookies": False, "cookie_controls_mode": 0}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(wishes))
    with playwright.chromium.launch_persistent_context(
        tmp_path, executable_path=chromium_path, args=[*FLAGS]
    ) as context:
        guest = Guest(stack, context.pages[0], ada).come_in().agree()
        assert guest.framed.evaluate(TRY_TO_KEEP) == ["mine=1", "open"]


def test_without_javascript_the_waiting_page_renews_itself(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    page = browser_page(java_script=False, viewport=PHONE)
    guest = Guest(stack, page, ada).come_in()
    page.locator("main form[action$='/onboardings'] button").click()
    expect(page.locator("#hosted")).to_be_visible()
    guest.decide("review")
    page.goto(guest.return_url)
    page.get_by_role("link", name="Continue").click()
    guest.sees("A person is taking a look")
    guest.decide("passes")
    guest.sees("You are verified", seconds=20)


def test_the_stream_alone_brings_the_news(guest: Guest) -> None:
    asked = _requests(guest.page, "/status")
    listened = _requests(guest.page, "/stream")
    guest.come_in().agree().end("review")
    guest.sees("A person is taking a look")
    guest.decide("passes").sees("You are verified")
    assert listened
    assert asked == []


@pytest.mark.parametrize("stream", ["blocked", "not offered"])
def test_page_without_a_stream_polls_the_status(
    stack: Stack, ada: Person, browser_page: BrowserPage, stream: str
) -> None:
    """A proxy may block streams; under a server other than ours their address answers 204."""
    expected = ["ERR_FAILED .*/stream"] if stream == "blocked" else []
    guest = Guest(stack, browser_page(expected_complaints=expected), ada)
    guest.page.route(
        "**/stream",
        lambda route: route.abort() if stream == "blocked" else route.fulfill(status=204),
    )
    asked = _requests(guest.page, "/status")
    guest.come_in().agree().end("review")
    guest.sees("A person is taking a look")
    guest.decide("passes").sees("You are verified", seconds=30)
    assert asked


def test_a_stream_that_failed_for_a_while_is_taken_up_again(guest: Guest) -> None:
    page, broken = guest.page, "**/stream"
    asked, listened = _requests(page, "/status"), _requests(page, "/stream")
    page.route(
        broken,
        lambda route: route.fulfill(content_type="text/event-stream", body="retry: 20\n\n"),
    )
    guest.come_in().agree().end("review")
    guest.sees("A person is taking a look")
    with page.expect_response("**/status"):
        pass
    page.unroute(broken)
    with page.expect_request(broken):
        pass
    asked.clear()
    guest.decide("passes").sees("You are verified")
    assert listened
    assert asked == [], "the news came by the stream"


SILENT = """window.EventSource = class extends EventTarget {
  static OPEN = 1;
  static CLOSED = 2;
  readyState = 1;
  close() {}
}"""


def test_where_a_stream_is_held_up_on_its_way_the_page_asks_for_news(guest: Guest) -> None:
    """It is open, and says nothing: something in between collects it."""
    page = guest.page
    page.add_init_script(SILENT)
    guest.come_in().agree().end("review")
    page.clock.install()
    page.reload()
    guest.sees("A person is taking a look")
    for seconds in (11, 3):
        with page.expect_response("**/status"):
            page.clock.fast_forward(seconds * 1000)


def test_a_hidden_page_lets_go_of_its_stream(guest: Guest) -> None:
    guest.come_in().agree().end("review")
    guest.sees("A person is taking a look")
    closed: list[Request] = []
    guest.page.on("requestfailed", lambda request: closed.append(request))
    guest.page.goto("about:blank")
    assert [request for request in closed if request.url.endswith("/stream")]


def test_the_keyboard_is_enough_to_get_to_the_camera(guest: Guest) -> None:
    page = guest.come_in().page
    _tab_to(page, "Skip to the content")
    _tab_to(page, re.compile("^I agree"))
    page.keyboard.press("Enter")
    expect(guest.hosted.locator("#begin")).to_be_enabled()
    for _ in range(12):
        page.keyboard.press("Tab")
        if guest.framed.evaluate("document.activeElement.id") == "begin":
            break
    page.keyboard.press("Enter")
    expect(guest.hosted.locator("[data-document=IDCard]")).to_be_visible()


def test_two_tabs_of_ada_end_on_the_same_result(guest: Guest) -> None:
    guest.come_in().agree()
    other = Guest(guest.stack, guest.page.context.new_page(), guest.person)
    other.page.goto(guest.page.url)
    guest.end("review")
    guest.sees("A person is taking a look")
    other.sees("A person is taking a look")
    guest.decide("passes")
    for each in (guest, other):
        each.page.bring_to_front()
        each.sees("You are verified")


def _requests(page: Page, end: str) -> list[str]:
    found: list[str] = []
    page.on(
        "request", lambda request: found.append(request.url) if request.url.endswith(end) else 0
    )
    return found


def _tab_to(page: Page, name: str | re.Pattern[str]) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        words = page.evaluate("document.activeElement.textContent.trim()")
        if re.search(name, words):
            return
    raise AssertionError(f"the keyboard does not get to {name!r}")
