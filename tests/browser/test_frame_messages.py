"""The frame: whom it believes, and what is offered where it stays empty."""

import time
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.browser_user import Guest
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack

SLOW_MS = 16_000
DELAYS_MS = 70_000
#: Says to the page around it what the hosted page would say.
SAY = "([said]) => parent.postMessage(said, '*')"
ERROR = {"type": "Error", "value": {"name": "PermissionError", "message": "PermissionError"}}
FINISHED = {"type": "Info", "value": {"name": "OnboardingFinished"}}
RETURNED = {"type": "mobbscan-embed:returned"}
STARTED = {"type": "Info", "value": {"name": "OnboardingStarted"}}
FORGERIES = (RETURNED, FINISHED, ERROR)


@pytest.fixture
def guest(stack: Stack, ada: Person, browser_page: BrowserPage) -> Guest:
    page = browser_page(viewport=(360, 740))
    page.clock.install()
    return Guest(stack, page, ada)


def told(guest: Guest, said: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    right = guest.page.locator("#stage").get_attribute("data-onboarding-token")
    return {**said, "onboarding": {"onboardingToken": right if token is None else token}}


def at_work(guest: Guest) -> Guest:
    """In the frame, which has given the sign of life that is waited for."""
    guest.come_in().agree()
    guest.framed.evaluate(SAY, [told(guest, STARTED)])
    return guest


def nothing_happens(guest: Guest) -> None:
    """Neither at once nor when every delay of the page is over."""
    page, address = guest.page, guest.page.url
    for milliseconds in (50, DELAYS_MS):
        page.clock.run_for(milliseconds)
        shown = (
            "[...document.querySelectorAll('#notes [data-note]')].filter((note) => !note.hidden)"
        )
        assert page.evaluate(f"{shown}.map((note) => note.dataset.note)") == []
    assert page.url == address
    expect(page.locator("#hosted")).to_be_visible()


def test_the_hosted_page_is_believed(guest: Guest) -> None:
    """The control of the tests below."""
    guest.come_in().agree()
    # Ours follows when the hosted page's own dialog is closed, and finished is told then.
    for said in (ERROR, FINISHED):
        guest.framed.evaluate(SAY, [told(guest, said)])
    expect(guest.page.locator("[data-note=permission_denied]")).to_be_visible()


def test_frame_while_its_script_is_on_the_way_is_not_requested(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    """A message that the hosted page sends before the script listens would be lost."""
    guest = Guest(stack, browser_page(), ada)

    def delay(route: Route) -> None:
        time.sleep(0.3)
        route.continue_()

    guest.page.route("**/frame.js*", delay)
    guest.come_in().agree()
    script_received = guest.page.evaluate(
        """() => performance.timeOrigin + performance.getEntriesByType("resource")
             .find((each) => each.name.includes("frame.js")).responseEnd"""
    )
    frame_requested = guest.framed.evaluate("performance.timeOrigin")
    assert script_received <= frame_requested


def test_a_message_for_another_process_is_not_believed(guest: Guest) -> None:
    at_work(guest)
    for token in ("", "another-token"):
        for said in FORGERIES:
            guest.framed.evaluate(SAY, [told(guest, said, token)])
    nothing_happens(guest)


def test_another_frame_of_the_same_origin_is_not_believed(guest: Guest) -> None:
    known = at_work(guest).page.frames
    guest.page.evaluate(
        """(address) => new Promise((done) => {
             const frame = document.createElement("iframe");
             frame.onload = done;
             frame.src = address;
             document.body.append(frame);
           })""",
        guest.framed.url,
    )
    (other,) = [each for each in guest.page.frames if each not in known]
    for said in FORGERIES:
        other.evaluate(SAY, [told(guest, said)])
    nothing_happens(guest)


def test_the_page_itself_is_no_source(guest: Guest) -> None:
    at_work(guest)
    for said in FORGERIES:
        guest.page.evaluate("(said) => postMessage(said, '*')", told(guest, said))
    nothing_happens(guest)


def test_an_origin_counts_whole_or_not_at_all(guest: Guest) -> None:
    """As if the frame had been led to another place: the window is right, the origin is not."""
    at_work(guest)
    gateway = guest.stack.gateway_url
    for origin in ("https://evil.example", gateway + ".evil.example", gateway + "/", "null", ""):
        for said in FORGERIES:
            guest.page.evaluate(
                """([origin, data]) => dispatchEvent(new MessageEvent("message", {
                     origin, data, source: document.getElementById("hosted").contentWindow }))""",
                [origin, told(guest, said)],
            )
    nothing_happens(guest)


def test_the_hosted_page_cannot_pretend_to_be_our_return_page(guest: Guest) -> None:
    at_work(guest)
    guest.framed.evaluate(SAY, [RETURNED])
    nothing_happens(guest)


def test_a_finished_message_leads_to_our_own_pages_only(guest: Guest) -> None:
    guest.come_in().agree()
    said = told(guest, FINISHED)
    said["onboarding"]["returnUrl"] = "https://evil.example/return/x"
    page_url = guest.page.url
    with guest.page.expect_navigation(url=page_url):
        guest.framed.evaluate(SAY, [said])
        guest.page.clock.run_for(DELAYS_MS)


def _opened_at_leisure(guest: Guest) -> Page:
    """The frame's page with a clock that can be wound; ends when the frame is there."""
    page = guest.page
    guest.come_in()
    page.locator("main form[action$='/onboardings'] button").click()
    expect(page.locator("#hosted")).to_be_visible()
    return page


def test_a_page_that_refuses_the_frame_is_offered_over_the_full_screen(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    guest = Guest(stack, browser_page(expected_complaints=["X-Frame-Options", "frame"]), ada)
    guest.page.clock.install()

    refusal = {"X-Frame-Options": "DENY"}
    everything = f"{stack.gateway_url}/**"
    guest.page.route(everything, lambda route: route.fulfill(body="no frames", headers=refusal))
    page = _opened_at_leisure(guest)
    page.wait_for_load_state("load")
    guest.page.unroute(everything)
    note = page.locator("[data-note=silent]")
    expect(note).to_be_hidden()
    page.clock.fast_forward(SLOW_MS)
    expect(note).to_be_visible()
    note.get_by_role("link", name="Open full screen").click()
    expect(page.locator("#begin")).to_be_visible()
    assert page.url.startswith(stack.gateway_url)


def test_a_page_that_does_not_come_is_offered_over_the_full_screen(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    guest = Guest(stack, browser_page(), ada)
    guest.page.clock.install()
    held: list[Route] = []
    patience = [True]

    def hold(route: Route) -> None:
        if patience:
            held.append(route)
        else:
            route.continue_()

    guest.page.route(f"{stack.gateway_url}/**", hold)
    page = _opened_at_leisure(guest)
    page.clock.fast_forward(SLOW_MS)
    expect(page.locator("[data-note=slow]")).to_be_visible()
    patience.clear()
    for route in held:
        route.continue_()
    expect(page.locator("[data-note=slow]")).to_be_hidden()


def test_whoever_is_at_work_in_the_frame_is_not_disturbed(guest: Guest) -> None:
    page = _opened_at_leisure(guest)
    guest.hosted.locator("#begin").click()
    page.clock.fast_forward(SLOW_MS)
    nothing_happens(guest)


@pytest.mark.parametrize("java_script", [True, False])
def test_redirect_mode_goes_there_and_comes_back_at_top_level(
    stack: Stack, ada: Person, browser_page: BrowserPage, java_script: bool
) -> None:
    guest = Guest(stack, browser_page(java_script=java_script), ada)
    page = guest.come_in(flow="alone").page
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
        guest.stack.gateway_control.post(
            f"/processes/{onboarding_id}/outcome", json={"outcome": "passes"}
        ).raise_for_status()
        process = guest.stack.gateway_control.get(f"/processes/{onboarding_id}").json()
        page.goto(process["redirect_url"])
        page.get_by_role("link", name="Continue").click()
    guest.sees("You are verified")
    assert page.url == f"{stack.public_url}/onboardings/{onboarding_id}"
    assert page.evaluate("window.top === window.self")
