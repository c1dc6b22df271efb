"""What a cheap phone can bear: few bytes, nothing that jumps, no motion, no mouse."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.browser_user import Guest
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack
from tests.support.stack_fixtures import NewStack

PHONE = (360, 740)
FIRST_PAGE_BYTES = 60_000
MEASURE_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      shifts.push([entry.value, entry.sources.map((each) => each.node?.outerHTML?.slice(0, 80))]);
  }).observe({ type: "layout-shift", buffered: true });
"""


def steady(page: Page) -> None:
    """Whatever loads has loaded, two frames have been drawn, and nothing has moved."""
    page.wait_for_load_state("load")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_timeout(200)
    assert page.evaluate("shifts") == [], page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_page_is_small(
    stack: Stack, ada: Person, browser_page: BrowserPage, scheme: str
) -> None:
    page = browser_page(viewport=PHONE, color_scheme=scheme)
    answers: list[Response] = []
    page.on("response", lambda one: answers.append(one))
    Guest(stack, page, ada).come_in()
    page.wait_for_load_state("networkidle")
    sizes = {
        one.url.partition("?")[0]: len(one.body()) + sum(map(len, _head(one)))
        for one in answers
        if one.status == 200
    }
    assert any(url.endswith("/start/camera_check.js") for url in sizes)
    assert any(url.endswith("/theme.css") for url in sizes)
    assert sum(sizes.values()) <= FIRST_PAGE_BYTES, sizes


def _head(answer: Response) -> Iterator[str]:
    return (f"{each['name']}: {each['value']}\r\n" for each in answer.headers_array())


@pytest.mark.parametrize("viewport", [PHONE, (320, 640), (1280, 800)])
def test_nothing_moves_while_pages_load_and_when_news_come(
    stack: Stack, ada: Person, browser_page: BrowserPage, viewport: tuple[int, int]
) -> None:
    page = browser_page(viewport=viewport)
    page.add_init_script(MEASURE_SHIFTS)
    guest = Guest(stack, page, ada).come_in()
    expect(page.locator("[data-check=ready]")).to_be_visible()
    steady(page)
    page.get_by_role("button", name="Use another device or browser").click()
    page.wait_for_url("**/links")
    steady(page)
    page.goto(stack.public_url)
    guest.agree()
    steady(page)
    guest.end("review")
    guest.sees("A person is taking a look")
    steady(page)
    guest.decide("passes").sees("You are verified")
    steady(page)


def test_nothing_is_painted_before_all_of_a_page_is_there(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    """A parser that pauses in the middle would have half a page painted, and then moved."""
    page = browser_page(viewport=PHONE)
    Guest(stack, page, ada).come_in()
    waited_for = page.locator("head link[rel=expect][blocking=render]").get_attribute("href")
    assert page.evaluate(
        """(waitedFor) => {
          const main = document.querySelector("main");
          const last = document.querySelector(waitedFor);
          return !!(main.compareDocumentPosition(last) & Node.DOCUMENT_POSITION_FOLLOWING);
        }""",
        waited_for,
    )


@pytest.mark.parametrize("notice", ["in-app", "none", "denied"])
def test_a_notice_about_the_camera_moves_nothing(
    stack: Stack, ada: Person, browser_page: BrowserPage, notice: str
) -> None:
    agent = "Mozilla/5.0 (iPhone) AppleWebKit/605 Instagram 300" if notice == "in-app" else None
    page = browser_page(viewport=(1280, 1400), user_agent=agent)
    page.add_init_script(MEASURE_SHIFTS)
    late = "new Promise((done) => setTimeout(done, 300))"
    devices = "[]" if notice == "none" else "[{ kind: 'videoinput' }]"
    page.add_init_script(
        f"navigator.mediaDevices.enumerateDevices = async () => (await {late}, {devices});"
        f"navigator.permissions.query = async () => (await {late},"
        f" {{ state: '{'denied' if notice == 'denied' else 'prompt'}' }});"
    )
    Guest(stack, page, ada).come_in()
    expect(page.locator(f"[data-check={notice}]")).to_be_visible()
    steady(page)


def test_shifts_would_be_noticed(stack: Stack, ada: Person, browser_page: BrowserPage) -> None:
    """The control of the tests above."""
    page = browser_page(viewport=PHONE)
    page.add_init_script(MEASURE_SHIFTS)
    Guest(stack, page, ada).come_in()
    steady(page)
    page.evaluate("document.querySelector('main').prepend(document.createElement('hr'))")
    page.wait_for_function("shifts.length > 0")


def test_nothing_turns_for_those_who_want_no_motion(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    moving = "document.getAnimations().length"
    page = browser_page(viewport=PHONE)
    guest = Guest(stack, page, ada).come_in().agree()
    guest.end("review")
    guest.sees("A person is taking a look")
    assert page.evaluate(moving) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == 0


def test_the_keyboard_is_enough_from_the_link_to_the_result(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    first = Guest(stack, browser_page(viewport=PHONE), ada).come_in()
    press(first.page, "Use another device or browser")
    guest = Guest(stack, browser_page(viewport=PHONE), ada)
    guest.page.goto(first.page.get_by_label("Your link").input_value())
    press(guest.page, "Continue as Ada Lovelace")
    guest.sees("One question before we start")
    press(guest.page, "I agree – start")
    expect(guest.hosted.locator("#begin")).to_be_visible()
    guest.decide("fails")
    guest.page.goto(guest.return_url)
    guest.sees("We could not confirm your identity")
    press(guest.page, "Try again")
    guest.sees("One question before we start")
    press(guest.page, "I agree – start")
    guest.sees("Identity check")
    press(guest.page, "Back")
    guest.sees("Continue where you left off")
    press(guest.page, "Not me")
    guest.sees("You are logged out here")


def press(page: Page, name: str) -> None:
    """Walk by the tabulator to what is called so, see that it shows where one is, and press."""
    for _ in range(30):
        page.keyboard.press("Tab")
        words = page.evaluate("document.activeElement.textContent.trim()")
        if words == name:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", name
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard does not get to {name!r}")


@pytest.fixture
def live_stack(new_stack: NewStack) -> Stack:
    # Nobody calls the gateway here, so its address need not lead anywhere.
    return new_stack(
        environment={"MOBBSCAN_GATEWAY_URL": "https://gateway.example"},
        leave_out=("gateway", "provider", "shop"),
    )


@pytest.mark.parametrize(("live", "marked"), [(False, True), (True, False)])
def test_only_the_sandbox_is_marked_as_a_test(
    request: pytest.FixtureRequest, browser_page: BrowserPage, live: bool, marked: bool
) -> None:
    stack: Stack = request.getfixturevalue("live_stack" if live else "stack")
    page = browser_page(viewport=PHONE)
    guest = Guest(stack, page, Person("ada-of-the-mark", "Ada Lovelace", "en"))
    for come in (lambda: page.goto(stack.public_url), guest.come_in):
        come()
        assert page.locator("header .test").count() == (1 if marked else 0)
