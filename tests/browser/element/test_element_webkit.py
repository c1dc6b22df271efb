"""The element in WebKit on Linux, which is not Safari, but lays out and isolates pages alike."""

from collections.abc import Iterator

import pytest

from tests.conftest import find_program
from tests.support.element_host_site import ElementHostSite
from tests.support.eventually import eventually
from tests.support.webkit import WebKit, webkit

#: Nightly: on a busy computer, the driver sometimes answers a command of a frame never or wrongly.
pytestmark = [pytest.mark.needs("WebKitWebDriver", "Xvfb"), pytest.mark.nightly]

ROOT = "document.querySelector('mobbscan-onboarding').shadowRoot"
OUR_FRAME = f"return {ROOT}.querySelector('iframe')"
HOSTED_FRAME = "return document.querySelector('#hosted')"


@pytest.fixture(scope="module")
def tab() -> Iterator[WebKit]:
    driver, display = find_program("WebKitWebDriver"), find_program("Xvfb")
    assert driver
    assert display
    with webkit(driver, display) as running:
        yield running


def start(tab: WebKit, host_site: ElementHostSite, display: str) -> None:
    """Open the element, and go to the gateway's page."""
    tab.leave_frames()
    tab.goto(host_site.address(attributes={"display": display}))
    eventually(lambda: tab.evaluate("return !!customElements.get('mobbscan-onboarding')"))
    tab.click("mobbscan-onboarding a")
    tab.enter(OUR_FRAME)
    tab.click("main form[action$='/onboardings'] button")
    tab.enter(HOSTED_FRAME)


def take_pictures(tab: WebKit) -> None:
    """Capture on the gateway's page, with the pretended camera."""
    tab.click("#begin")
    tab.click("[data-document=IDCard]")
    for _ in ("front", "back"):
        tab.click("#capture")
        tab.click("#keep")
    tab.click("#capture")


def expect_verified(tab: WebKit) -> None:
    tab.click("#outcome-passes")
    tab.leave_frames()
    events = "return events.filter((each) => each.name === 'status' && each.final)"
    assert eventually(lambda: tab.evaluate(events))[0]["status"] == "verified"
    assert tab.evaluate("return events.filter((each) => each.name === 'error')") == []
    assert tab.evaluate("return document.cookie") == ""


def test_element_inline_takes_pictures_and_leads_to_verified(
    tab: WebKit, host_site: ElementHostSite
) -> None:
    start(tab, host_site, "inline")
    take_pictures(tab)
    expect_verified(tab)


def test_element_modal_leads_to_verified_and_gives_the_focus_back(
    tab: WebKit, host_site: ElementHostSite
) -> None:
    start(tab, host_site, "modal")
    tab.click("#skip-capture")
    expect_verified(tab)
    tab.evaluate(f"{ROOT}.querySelector('dialog button').click()")
    assert tab.evaluate("return events.at(-1).reason") == "user"
    assert tab.evaluate("return document.activeElement.textContent") == "Verify my identity"
    assert tab.evaluate("return document.documentElement.getAttribute('style')") is None
