"""The frame in a page of the host site, in Chromium, from the hand-off to the result."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser.browser_user import TIMEOUT_MS, take_pictures
from tests.support.accessibility import accessibility_violations
from tests.support.chromium import BrowserPage
from tests.support.embed_host_page import EmbedHostPage, host_pages
from tests.support.eventually import eventually
from tests.support.stack import Person, Stack
from tests.support.user_journey import force_outcome

PHONE = (360, 740)
SLOW_MS = 16_000
#: The answers that these tests cause on purpose.
REFUSED = ["status of 401", "status of 429", "ERR_FAILED"]
CAMERA_IS_OFF = "Boolean(camera?.getTracks().every((each) => each.readyState === 'ended'))"


@pytest.fixture(scope="module", autouse=True)
def host_site_pages(stack: Stack) -> Iterator[None]:
    with host_pages(stack):
        yield


@pytest.fixture
def host(stack: Stack, ada: Person, browser_page: BrowserPage) -> EmbedHostPage:
    return EmbedHostPage(stack, browser_page(expected_complaints=REFUSED), ada)


def expect_heading(host: EmbedHostPage, text: str) -> None:
    heading = host.frame.get_by_role("heading", level=1)
    expect(heading).to_have_text(re.compile(text), timeout=2 * TIMEOUT_MS)


def test_frame_leads_to_the_result_and_reports_it(host: EmbedHostPage) -> None:
    """The gateway's page has the camera, through both frames."""
    host.open().start()
    onboarding = host.received("started")[0]["onboarding"]
    take_pictures(host.hosted)
    host.hosted.locator("#outcome-passes").click()
    expect_heading(host, "You are verified")
    assert host.received("submitted") == [{"type": "submitted", "onboarding": onboarding}]
    last = host.received("status")[-1]
    assert (last["status"], last["next"], last["final"]) == ("verified", "done", True)
    assert last["result"].count(".") == 2
    assert len(host.tokens) == 1
    assert host.page.context.cookies() == []


def test_frame_whose_hosted_page_is_slow_says_so_until_it_loads(
    host: EmbedHostPage, stack: Stack
) -> None:
    host.page.clock.install()
    held: list[Route] = []
    host.page.route(f"{stack.gateway_url}/**", lambda route: held.append(route))
    host.open().frame.locator("main form[action$='/onboardings'] button").click()
    expect(host.frame.locator("#hosted")).to_be_visible()
    host.page.clock.fast_forward(SLOW_MS)
    expect(host.frame.locator("[data-note]:visible")).to_have_attribute("data-note", "slow")
    host.page.unroute(f"{stack.gateway_url}/**")  # which lets the held requests go on
    expect(host.hosted.locator("#begin")).to_be_visible()
    expect(host.frame.locator("[data-note]:visible")).to_have_count(0)


@pytest.mark.nightly
def test_frame_whose_bearer_has_ended_asks_for_another_token(
    stack: Stack, ada: Person, host: EmbedHostPage
) -> None:
    host.open()
    expect_heading(host, "Verify your identity")
    stack.change(
        "update sessions set revoked_at = created_at where person_id in"
        " (select id from people where site = ?) and via = ?",
        "shop",
        "embed",
    )
    host.start()
    assert len(host.tokens) == 2


def test_frame_without_answer_or_token_offers_to_try_again(host: EmbedHostPage) -> None:
    address = "**/embed/shop/onboardings"
    host.page.route(address, lambda route: route.abort())
    host.open()
    expect_heading(host, "No connection")
    host.page.unroute(address)
    host.frame.get_by_role("button", name="Try again").click()
    expect_heading(host, "Verify your identity")
    assert len(host.tokens) == 1

    give, host.give_token = host.give_token, lambda: None
    host.open()
    expect_heading(host, "could not be opened")
    assert host.received("error") == [{"type": "error", "code": "token_failed", "retry": True}]
    host.give_token = give
    host.frame.get_by_role("button", name="Try again").click()
    expect_heading(host, "Verify your identity")


@pytest.mark.nightly
def test_frame_whose_host_page_has_another_user_now_starts_over(
    stack: Stack, ben: Person, host: EmbedHostPage
) -> None:
    host.open().start()
    stack.change("update sessions set revoked_at = created_at where via = ?", "embed")
    host.give_token = lambda: stack.handoff_token(ben)
    host.frame.get_by_role("link", name="Back").click()
    expect(host.frame.get_by_text("Ben Ortega")).to_be_visible()


def test_frame_whose_user_changes_during_a_live_page_starts_over(
    stack: Stack, ben: Person, host: EmbedHostPage
) -> None:
    """The stream ends with the session, and connects again as another user."""
    host.open().start()
    host.give_token = lambda: stack.handoff_token(ben)
    stack.change("update sessions set revoked_at = created_at where via = ?", "embed")
    expect(host.frame.get_by_text("Ben Ortega")).to_be_visible(timeout=2 * TIMEOUT_MS)


def test_frame_page_opened_outside_of_a_frame_leads_to_the_site(
    stack: Stack, browser_page: BrowserPage
) -> None:
    page = browser_page()
    page.goto(f"{stack.public_url}/embed/shop")
    expect(page.get_by_role("link", name="Go to Example Shop")).to_be_visible()


def test_frame_fits_its_content_and_never_takes_the_focus_of_the_host_page(
    stack: Stack, host: EmbedHostPage
) -> None:
    host.open()
    host.page.locator("#name").focus()
    expect_heading(host, "Verify your identity")
    assert host.page.evaluate("document.activeElement.id") == "name"
    expect(host.frame.locator("#announcement")).to_have_text("Verify your identity")
    assert_height_follows_content(host)
    assert_hello_of_another_window_is_ignored(stack, host)
    host.frame.locator("main form[action$='/onboardings'] button").click()
    expect(host.hosted.locator("#begin")).to_be_visible()
    assert host.document.evaluate("document.activeElement.localName") == "h1"


@pytest.mark.nightly
def test_frame_follows_the_check_on_another_device(
    stack: Stack, host: EmbedHostPage, browser_page: BrowserPage
) -> None:
    host.open()
    host.frame.get_by_role("button", name="Use another device or browser").click()
    number = host.frame.locator(".number strong").inner_text()
    phone = browser_page(viewport=PHONE)
    phone.set_default_timeout(TIMEOUT_MS)
    phone.goto(host.frame.locator("#link").input_value())
    assert phone.locator(".number strong").inner_text() == number
    phone.get_by_role("button", name="Continue as").click()
    phone.locator("main form[action$='/onboardings'] button").click()
    expect(phone.frame_locator("#hosted").locator("#begin")).to_be_visible()
    expect(host.frame.locator("#live")).to_contain_text("open on your other device")
    host.page.wait_for_function("window.received.some((each) => each.type === 'started')")
    onboarding = host.received("started")[0]["onboarding"]
    force_outcome(stack, onboarding, "passes")
    expect_heading(host, "You are verified")


def test_frame_full_screen_link_keeps_the_user_signed_in(host: EmbedHostPage) -> None:
    host.open().start()
    link = host.frame.get_by_role("link", name="Problems? Open full screen")
    with host.page.context.expect_page() as opened:
        link.click()
    tab = opened.value
    tab.get_by_role("button", name="Continue as Ada Lovelace").click()
    expect(tab.frame_locator("#hosted").locator("#begin")).to_be_visible()


def test_frame_of_a_flow_at_top_level_follows_the_new_tab(host: EmbedHostPage) -> None:
    host.open("?flow=alone")
    host.frame.locator("main form[action$='/onboardings'] button").click()
    with host.page.context.expect_page() as opened:
        host.frame.get_by_role("link", name="Open the identity check").click()
    tab = opened.value
    tab.set_default_timeout(TIMEOUT_MS)
    tab.get_by_role("button", name="Continue as Ada Lovelace").click()
    tab.locator("#skip-capture").click()
    tab.locator("#outcome-passes").click()
    expect_heading(host, "You are verified")


def assert_height_follows_content(host: EmbedHostPage) -> None:
    """Assert that the frame has the height of its content, and does not grow by itself."""
    content = host.document.evaluate("document.body.scrollHeight")
    expect(host.page.locator("#check")).to_have_css("height", f"{content}px")
    count = len(host.received("height"))
    host.page.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert len(host.received("height")) == count


def test_frame_relays_escape_from_the_modal_and_not_me(host: EmbedHostPage) -> None:
    host.open("?display=modal")
    expect_heading(host, "Verify your identity")
    # A click, as users do: a frame of another site does not always get the focus by a script.
    host.frame.locator("h1").click()
    host.page.wait_for_function("document.activeElement.id === 'check'")
    host.page.keyboard.press("Escape")
    host.page.wait_for_function("window.received.some((each) => each.type === 'close')")
    assert host.received("height") == []
    host.frame.get_by_role("button", name="Not me").click()
    host.page.wait_for_function("window.received.some((each) => each.reason === 'not_me')")
    assert len(host.received("close")) == 2


def assert_hello_of_another_window_is_ignored(stack: Stack, host: EmbedHostPage) -> None:
    """Send a hello as a sibling of the frame, of an origin of the site, would."""
    asked = len(host.tokens)
    host.page.evaluate(
        """(origin) => {
          const channel = new MessageChannel();
          window.answers = [];
          channel.port1.onmessage = ({ data }) => answers.push(data);
          const target = document.getElementById("check").contentWindow;
          target.postMessage({ type: "mobbscan-embed:hello", v: 1 }, origin, [channel.port2]);
          target.postMessage({ type: "mobbscan-embed:returned" }, origin);
        }""",
        stack.public_url,
    )
    host.page.evaluate("new Promise((done) => setTimeout(done, 200))")
    assert host.page.evaluate("answers") == []
    assert len(host.tokens) == asked


@pytest.mark.parametrize(
    ("display", "color_scheme"),
    [
        ("inline", "dark"),
        pytest.param("inline", "light", marks=pytest.mark.nightly),
        pytest.param("modal", "dark", marks=pytest.mark.nightly),
        pytest.param("modal", "light", marks=pytest.mark.nightly),
    ],
)
def test_frame_pages_on_a_small_screen_are_accessible(
    stack: Stack, ada: Person, browser_page: BrowserPage, display: str, color_scheme: str
) -> None:
    page = browser_page(viewport=(320, 640), color_scheme=color_scheme)
    host = EmbedHostPage(stack, page, ada).open(f"?display={display}&locale=es")
    expect_heading(host, "Verifica tu identidad")
    assert_fits_and_is_accessible(host)
    host.frame.get_by_role("button", name="Usar otro dispositivo").click()
    expect_heading(host, "Continuar en otro dispositivo")
    assert_fits_and_is_accessible(host)
    host.frame.get_by_role("link", name="Continuar aquí").click()
    host.start()
    assert_fits_and_is_accessible(host)
    force_outcome(stack, host.received("started")[0]["onboarding"], "fails")
    expect_heading(host, "No hemos podido confirmar")
    assert_fits_and_is_accessible(host)


def assert_fits_and_is_accessible(host: EmbedHostPage) -> None:
    root = "document.documentElement"
    assert host.document.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
    assert accessibility_violations(host.document) == []


#: What the vendor's page posts.
POST = """([token, message]) => parent.postMessage(
  { ...message, onboarding: { onboardingToken: token, ...message.onboarding } }, "*")"""
FINISHED = {"type": "Info", "value": {"name": "OnboardingFinished"}}
STARTED = {"type": "Info", "value": {"name": "OnboardingStarted"}}
PROBLEM = {"type": "Error", "value": {"name": "PermissionError"}}


def post_from_hosted_page(host: EmbedHostPage, message: dict[str, Any]) -> None:
    token = host.document.locator("#stage").get_attribute("data-onboarding-token")
    document = next(
        each for each in host.page.frames if each.url.startswith(host.stack.gateway_url)
    )
    document.evaluate(POST, [token, message])


def test_frame_whose_hosted_page_does_not_redirect_leads_on(host: EmbedHostPage) -> None:
    """Its message names the return address; the return page itself is no fragment."""
    host.page.clock.install()
    host.open().start()
    hosted = next(each for each in host.page.frames if each.url.startswith(host.stack.gateway_url))
    found = re.search(rf"{re.escape(host.stack.public_url)}/return/[^\"'&<\s]+", hosted.content())
    assert found
    post_from_hosted_page(host, {**FINISHED, "onboarding": {"returnUrl": found[0]}})
    expect(host.frame.locator("[data-note=done]")).to_be_visible()
    host.page.clock.fast_forward(4_000)
    expect_heading(host, "Thank you")
    assert host.received("submitted") != []


@pytest.mark.nightly
def test_frame_explains_a_problem_in_the_fragment_of_the_problem_only(host: EmbedHostPage) -> None:
    host.page.clock.install()
    host.open().start()
    post_from_hosted_page(host, PROBLEM)
    host.frame.get_by_role("link", name="Back").click()
    expect_heading(host, "Continue where you left off")
    host.start()
    post_from_hosted_page(host, STARTED)
    host.page.clock.fast_forward(61_000)
    host.page.wait_for_timeout(200)
    expect(host.frame.locator("[data-note=permission_denied]")).to_be_hidden()


def test_frame_whose_bearer_is_refused_beyond_the_limit_asks_for_another_token(
    host: EmbedHostPage,
) -> None:
    """Another client of the same network has used up the limit of refusals."""
    host.open()
    expect_heading(host, "Verify your identity")
    ended: list[str] = []

    def refuse(route: Route) -> None:
        bearer = route.request.headers["authorization"]
        ended.append(bearer)
        if bearer == ended[0]:
            route.fulfill(status=429, content_type="text/html", body="Too many requests")
        else:
            route.continue_()

    host.page.route("**/embed/shop/onboardings", refuse)
    host.start()
    assert len(host.tokens) == 2


@pytest.mark.nightly
def test_frame_that_is_hidden_requests_nothing_and_renews_its_link_when_shown(
    host: EmbedHostPage,
) -> None:
    host.page.clock.install()
    host.open().start()
    link = host.frame.locator("a.plain[data-full-screen]")
    expect(link).to_be_visible()
    first = link.get_attribute("href")
    set_hidden = """(hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    host.document.evaluate(set_hidden, True)
    host.page.clock.fast_forward("08:00:00")
    host.page.wait_for_timeout(300)
    assert (link.get_attribute("href"), len(host.tokens)) == (first, 1)
    host.document.evaluate(set_hidden, False)
    expect(link).not_to_have_attribute("href", first or "")
    assert len(host.tokens) == 2


@pytest.mark.nightly
def test_frame_keeps_no_listener_and_no_camera_of_earlier_fragments(host: EmbedHostPage) -> None:
    host.page.add_init_script("""
      window.listeners = 0;
      window.camera = null;
      const add = EventTarget.prototype.addEventListener;
      EventTarget.prototype.addEventListener = function (name, listener, options) {
        if (this === window || this === document) {
          window.listeners += 1;
          options?.signal?.addEventListener("abort", () => { window.listeners -= 1; });
        }
        return add.call(this, name, listener, options);
      };
      const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        await new Promise((resolve) => { window.giveCamera = resolve; });
        window.camera = await getUserMedia(constraints);
        return window.camera;
      };
    """)
    host.open()
    elsewhere = host.frame.get_by_role("button", name="Use another device or browser")
    kept = []
    for _ in range(3):
        expect(host.frame.locator("#test-camera[data-ready]")).to_be_visible()
        kept.append(host.document.evaluate("listeners"))
        host.frame.locator("#test-camera").click()
        elsewhere.click()
        expect(host.frame.locator("#link")).to_be_visible()
        host.document.evaluate("camera = null; giveCamera()")
        eventually(lambda: host.document.evaluate(CAMERA_IS_OFF))
        host.frame.get_by_role("link", name="Continue here").click()
    assert len(set(kept[1:])) == 1, kept
