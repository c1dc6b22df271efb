"""The frame page: which messages it accepts, and what it offers if the hosted page is absent."""

import time
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.browser_user import BrowserUser
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack

SLOW_MS = 16_000
DELAYS_MS = 70_000
#: Posts a message to the parent, as the hosted page does.
POST_MESSAGE = "([message]) => parent.postMessage(message, '*')"
ERROR = {"type": "Error", "value": {"name": "PermissionError", "message": "PermissionError"}}
FINISHED = {"type": "Info", "value": {"name": "OnboardingFinished"}}
RETURNED = {"type": "mobbscan-embed:returned"}
FORGERIES = (RETURNED, FINISHED, ERROR)


@pytest.fixture
def user(stack: Stack, ada: Person, browser_page: BrowserPage) -> BrowserUser:
    page = browser_page(viewport=(360, 740))
    page.clock.install()
    return BrowserUser(stack, page, ada)


def with_token(
    user: BrowserUser, message: dict[str, Any], token: str | None = None
) -> dict[str, Any]:
    """Add the token of the open process, or another one, to the message."""
    right = user.page.locator("#stage").get_attribute("data-onboarding-token")
    return {**message, "onboarding": {"onboardingToken": right if token is None else token}}


def assert_nothing_happens(user: BrowserUser) -> None:
    """Assert that no note appears and the page stays, now and after all its delays."""
    page, address = user.page, user.page.url
    for milliseconds in (50, DELAYS_MS):
        page.clock.run_for(milliseconds)
        shown = (
            "[...document.querySelectorAll('#notes [data-note]')].filter((note) => !note.hidden)"
        )
        assert page.evaluate(f"{shown}.map((note) => note.dataset.note)") == []
    assert page.url == address
    expect(page.locator("#hosted")).to_be_visible()


def test_frame_is_requested_after_its_script(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    """A message that the hosted page sends before the script listens would be lost."""
    user = BrowserUser(stack, browser_page(), ada)

    def delay(route: Route) -> None:
        time.sleep(0.3)
        route.continue_()

    user.page.route("**/frame.js*", delay)
    user.log_in().start()
    script_received = user.page.evaluate(
        """() => performance.timeOrigin + performance.getEntriesByType("resource")
             .find((each) => each.name.includes("frame.js")).responseEnd"""
    )
    frame_requested = user.hosted_document.evaluate("performance.timeOrigin")
    assert script_received <= frame_requested


def forge_with_another_token(user: BrowserUser) -> None:
    for token in ("", "another-token"):
        for message in FORGERIES:
            user.hosted_document.evaluate(POST_MESSAGE, [with_token(user, message, token)])


def forge_in_another_frame(user: BrowserUser) -> None:
    known = user.page.frames
    user.page.evaluate(
        """(address) => new Promise((done) => {
             const frame = document.createElement("iframe");
             frame.onload = done;
             frame.src = address;
             document.body.append(frame);
           })""",
        user.hosted_document.url,
    )
    (other,) = [each for each in user.page.frames if each not in known]
    for message in FORGERIES:
        other.evaluate(POST_MESSAGE, [with_token(user, message)])


def forge_in_the_page_itself(user: BrowserUser) -> None:
    for message in FORGERIES:
        user.page.evaluate("(message) => postMessage(message, '*')", with_token(user, message))


def forge_a_similar_origin(user: BrowserUser) -> None:
    """The frame has navigated to another site: its window is right, its origin is not."""
    gateway = user.stack.gateway_url
    for origin in ("https://evil.example", gateway + ".evil.example", gateway + "/", "null", ""):
        for message in FORGERIES:
            user.page.evaluate(
                """([origin, data]) => dispatchEvent(new MessageEvent("message", {
                     origin, data, source: document.getElementById("hosted").contentWindow }))""",
                [origin, with_token(user, message)],
            )


def imitate_the_return_page(user: BrowserUser) -> None:
    user.hosted_document.evaluate(POST_MESSAGE, [RETURNED])


def test_frame_ignores_forged_messages_and_accepts_those_of_the_hosted_page(
    user: BrowserUser,
) -> None:
    _open_frame_page(user)
    user.hosted.locator("#begin").click()
    user.page.clock.fast_forward(SLOW_MS)
    assert_nothing_happens(user)  # no note about a hosted page in use
    for forge in (
        forge_with_another_token,
        forge_in_the_page_itself,
        forge_a_similar_origin,
        imitate_the_return_page,
        forge_in_another_frame,
    ):
        forge(user)
        assert_nothing_happens(user)
    # The control: the note follows the hosted page's own dialog, at which it posts "finished".
    for message in (ERROR, FINISHED):
        user.hosted_document.evaluate(POST_MESSAGE, [with_token(user, message)])
    expect(user.page.locator("[data-note=permission_denied]")).to_be_visible()


def test_frame_finished_message_with_foreign_return_url_stays_on_our_pages(
    user: BrowserUser,
) -> None:
    user.log_in().start()
    message = with_token(user, FINISHED)
    message["onboarding"]["returnUrl"] = "https://evil.example/return/x"
    page_url = user.page.url
    with user.page.expect_navigation(url=page_url):
        user.hosted_document.evaluate(POST_MESSAGE, [message])
        user.page.clock.run_for(DELAYS_MS)


def _open_frame_page(user: BrowserUser) -> Page:
    """Open the frame page, whose clock the test controls, and wait for the frame."""
    page = user.page
    user.log_in()
    page.locator("main form[action$='/onboardings'] button").click()
    expect(page.locator("#hosted")).to_be_visible()
    return page


def test_hosted_page_that_refuses_framing_is_offered_full_screen(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    user = BrowserUser(stack, browser_page(expected_complaints=["X-Frame-Options", "frame"]), ada)
    user.page.clock.install()

    refusal = {"X-Frame-Options": "DENY"}
    everything = f"{stack.gateway_url}/**"
    user.page.route(everything, lambda route: route.fulfill(body="no frames", headers=refusal))
    page = _open_frame_page(user)
    page.wait_for_load_state("load")
    user.page.unroute(everything)
    note = page.locator("[data-note=silent]")
    expect(note).to_be_hidden()
    page.clock.fast_forward(SLOW_MS)
    expect(note).to_be_visible()
    note.get_by_role("link", name="Open full screen").click()
    expect(page.locator("#begin")).to_be_visible()
    assert page.url.startswith(stack.gateway_url)


def test_slow_hosted_page_shows_note_until_it_loads(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    user = BrowserUser(stack, browser_page(), ada)
    user.page.clock.install()
    held: list[Route] = []
    holding = [True]

    def hold(route: Route) -> None:
        if holding:
            held.append(route)
        else:
            route.continue_()

    user.page.route(f"{stack.gateway_url}/**", hold)
    page = _open_frame_page(user)
    page.clock.fast_forward(SLOW_MS)
    expect(page.locator("[data-note=slow]")).to_be_visible()
    holding.clear()
    for route in held:
        route.continue_()
    expect(page.locator("[data-note=slow]")).to_be_hidden()


@pytest.mark.nightly
@pytest.mark.parametrize("java_script", [True, False])
def test_redirect_mode_leads_to_hosted_page_and_back(
    stack: Stack, ada: Person, browser_page: BrowserPage, java_script: bool
) -> None:
    user = BrowserUser(stack, browser_page(java_script=java_script), ada)
    page = user.log_in(flow="alone").page
    answers = []
    page.on("response", lambda one: answers.append((one.status, one.url)))
    page.locator("main form[action$='/onboardings'] button").click()
    page.wait_for_url(f"{stack.gateway_url}/**")
    (ours,) = [each for each in answers if "/onboardings/" in each[1] and each[0] == 200]
    onboarding_id = ours[1].rpartition("/")[2]
    if java_script:
        page.locator("#skip-capture").click()
        page.locator("#outcome-passes").click()
    else:
        user.stack.gateway_control.post(
            f"/processes/{onboarding_id}/outcome", json={"outcome": "passes"}
        ).raise_for_status()
        process = user.stack.gateway_control.get(f"/processes/{onboarding_id}").json()
        page.goto(process["redirect_url"])
        page.get_by_role("link", name="Continue").click()
    user.expect_heading("You are verified")
    assert page.url == f"{stack.public_url}/onboardings/{onboarding_id}"
    assert page.evaluate("window.top === window.self")
