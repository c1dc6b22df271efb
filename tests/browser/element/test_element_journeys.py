"""Another device, an ended session, a dead server, the keyboard alone."""

from functools import partial

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import TIMEOUT_MS
from tests.browser.element.conftest import NewShopper
from tests.support.accessibility import accessibility_violations
from tests.support.chromium import BrowserPage
from tests.support.element_host_site import COPY, ElementHostSite
from tests.support.eventually import eventually
from tests.support.free_ports import free_addresses
from tests.support.user_journey import force_outcome

PHONE = (360, 740)
ANYTHING = (".",)


def test_element_follows_the_check_on_a_phone(
    shopper: NewShopper, host_site: ElementHostSite, browser_page: BrowserPage
) -> None:
    desktop = shopper()
    desktop.click()
    desktop.frame.get_by_role("button", name="Use another device or browser").click()
    number = desktop.frame.locator(".number strong").inner_text()
    phone = browser_page(viewport=PHONE)
    phone.set_default_timeout(TIMEOUT_MS)
    phone.goto(desktop.frame.locator("#link").input_value())
    assert phone.locator(".number strong").inner_text() == number
    phone.get_by_role("button", name="Continue as").click()
    phone.locator("main form[action$='/onboardings'] button").click()
    expect(phone.frame_locator("#hosted").locator("#begin")).to_be_visible()
    expect(desktop.frame.locator("#live")).to_contain_text("open on your other device")
    onboarding = desktop.wait_for("started")[0]["onboarding"]
    force_outcome(host_site.stack, onboarding, "passes")
    eventually(lambda: any(each["final"] for each in desktop.events("status")))
    expect(desktop.frame.get_by_role("heading", level=1)).to_have_text("You are verified")
    expect(desktop.frame.get_by_text("on another screen")).to_have_count(0)
    expect(phone.get_by_text("If you started on another screen")).to_be_visible()


def test_element_whose_session_ends_midway_asks_for_another_token(
    shopper: NewShopper, host_site: ElementHostSite
) -> None:
    user = shopper(expected=("401",))
    user.click()
    expect(user.frame.get_by_role("heading", level=1)).to_be_visible()
    host_site.stack.change("update sessions set revoked_at = created_at where via = ?", "embed")
    user.verify()
    assert host_site.tokens == 2
    assert user.events("error") == []


@pytest.mark.nightly
def test_element_of_a_dead_server_says_so_and_can_be_closed(shopper: NewShopper) -> None:
    dead = free_addresses().server_url
    element = {"server": dead, "display": "modal"}
    user = shopper(script=COPY, attributes=element, expected=ANYTHING)
    user.click()
    expect(user.page.get_by_role("alert")).to_contain_text("does not open inside this page")
    assert user.events("error")[0]["code"] == "frame_silent"
    user.page.get_by_role("button", name="Close").click()
    assert user.events("closed")[0]["reason"] == "user"


@pytest.mark.nightly
def test_element_modal_works_with_the_keyboard_alone(shopper: NewShopper) -> None:
    user = shopper(attributes={"display": "modal"})
    user.page.get_by_role("link", name="Verify my identity").focus()
    user.page.keyboard.press("Enter")
    user.wait_for("ready")
    start = user.frame.locator("main form[action$='/onboardings'] button")
    expect(start).to_be_visible()
    for _ in range(30):
        if start.evaluate("(button) => button === document.activeElement"):
            break
        user.page.keyboard.press("Tab")
    user.page.keyboard.press("Enter")
    expect(user.hosted.locator("#begin")).to_be_visible()
    close = user.page.get_by_role("button", name="Close")
    for _ in range(60):
        if close.evaluate("(button) => button.getRootNode().activeElement === button"):
            break
        user.page.keyboard.press("Shift+Tab")
    user.page.keyboard.press("Enter")
    assert user.wait_for("closed")[0]["reason"] == "user"


@pytest.mark.nightly
def test_element_modal_keeps_the_focus_from_a_focus_trap_of_the_host_page(
    shopper: NewShopper,
) -> None:
    trap = (
        "document.addEventListener('focusin', (event) => {"
        " const name = document.getElementById('name');"
        " if (event.target !== name) name.focus(); })"
    )
    user = shopper(attributes={"display": "modal"}, head=f"<script>{trap}</script>")
    user.page.evaluate("document.querySelector('mobbscan-onboarding').open()")
    start = user.frame.locator("main form[action$='/onboardings'] button")
    start.focus()
    assert start.evaluate("document.hasFocus()")
    user.page.keyboard.press("Enter")
    expect(user.hosted.locator("#begin")).to_be_visible()


@pytest.mark.nightly
def test_element_modal_passes_tab_on_despite_a_focus_trap_that_handles_keys(
    shopper: NewShopper,
) -> None:
    """Such as the package focus-trap: it prevents Tab on the document, and focuses its own part."""
    trap = (
        "document.addEventListener('keydown', (event) => {"
        " event.preventDefault(); document.getElementById('name').focus(); }, true)"
    )
    user = shopper(attributes={"display": "modal"}, head=f"<script>{trap}</script>")
    user.page.evaluate("document.querySelector('mobbscan-onboarding').open()")
    user.wait_for("ready")
    user.page.get_by_role("button", name="Close").focus()
    user.page.keyboard.press("Tab")
    expect(user.element.locator("iframe")).to_be_focused()
    user.page.get_by_role("button", name="Close").focus()
    user.page.keyboard.press("Escape")
    assert user.wait_for("closed")[0]["reason"] == "user"


@pytest.mark.nightly
@pytest.mark.parametrize("display", ["inline", "modal"])
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.nightly)])
def test_element_has_no_accessibility_violations(
    shopper: NewShopper, display: str, scheme: str
) -> None:
    user = shopper(
        attributes={"display": display}, browser={"viewport": (320, 640), "color_scheme": scheme}
    )
    user.click()
    expect(user.frame.get_by_role("heading", level=1)).to_be_visible()
    assert accessibility_violations(user.page) == []
    assert accessibility_violations(user.documents[0]) == []


def test_report_of_the_element_is_counted(shopper: NewShopper, host_site: ElementHostSite) -> None:
    headers = {"Permissions-Policy": "camera=()", "Referrer-Policy": "no-referrer"}
    user = shopper(headers=headers, attributes={"display": "modal"})
    with user.page.expect_request_finished(lambda one: one.url.endswith("/report")) as finished:
        user.click()
    response = finished.value.response()
    assert response
    assert response.status == 204
    user.expect_full_screen()
    sites_show = partial(host_site.stack.command, "sites", "show", "--json")
    eventually(lambda: "camera_blocked_by_policy" in sites_show().stdout)
