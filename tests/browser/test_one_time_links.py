"""One-time links in Chromium: referrer, double click, copy, QR code, live state of the page."""

from playwright.sync_api import Request, Route, expect

from tests.browser.browser_user import BrowserUser
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack
from webapp.web.onboarding_pages import qr_code


def create_link(user: BrowserUser) -> str:
    user.log_in().page.get_by_role("button", name="Use another device or browser").click()
    return user.page.get_by_label("Your link").input_value()


def test_link_page_shows_start_and_end_on_the_phone(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    desktop = BrowserUser(stack, browser_page(), ada)
    phone = BrowserUser(stack, browser_page(viewport=(360, 740)), ada)
    phone.page.goto(create_link(desktop))
    phone.page.get_by_role("button", name="Continue as Ada Lovelace").click()
    phone.start()
    expect(desktop.page.locator("#live")).to_have_text("The check is open on your other device.")
    assert desktop.page.url.endswith("/links"), "it stays until the phone has finished"
    phone.choose_outcome("review")
    desktop.expect_heading("A person is taking a look")


def test_link_page_that_polls_keeps_its_note_while_the_status_is_the_same(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    desktop = BrowserUser(stack, browser_page(), ada)
    desktop.page.add_init_script("delete Navigator.prototype.locks")  # it polls then
    phone = BrowserUser(stack, browser_page(viewport=(360, 740)), ada)
    phone.page.goto(create_link(desktop))
    phone.page.get_by_role("button", name="Continue as Ada Lovelace").click()
    phone.start()
    live = desktop.page.locator("#live")
    expect(live).to_have_text("The check is open on your other device.")
    # The second answer shows that the page has dealt with the first.
    for _ in range(2):
        with desktop.page.expect_response(
            lambda answer: answer.url.endswith("/status") and answer.status == 304
        ):
            desktop.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(live).to_have_text("The check is open on your other device.")


def test_link_is_copied_and_drawn_and_its_page_sends_no_referrer(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    page = browser_page(
        permissions=["clipboard-read", "clipboard-write"],
        expected_complaints=["ERR_", "Failed to load"],
    )
    link = create_link(BrowserUser(stack, page, ada))
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link
    image = page.get_by_alt_text("QR code of the link")
    assert image.get_attribute("src") == qr_code(link)
    assert image.evaluate("each => each.complete && each.naturalWidth > 0")

    page.context.clear_cookies()  # another browser
    sent: list[Request] = []
    page.on("request", lambda each: sent.append(each))
    page.goto(link)
    page.get_by_role("link", name="Help").click()
    page.wait_for_url(f"{stack.shop_url}/**")
    elsewhere = [each for each in sent if not each.url.startswith(stack.public_url)]
    assert elsewhere
    assert [
        each.all_headers().get("referer") for each in elsewhere if each.is_navigation_request()
    ] == [None]
    assert page.evaluate("document.referrer") == ""


def test_double_click_uses_link_once(stack: Stack, ada: Person, browser_page: BrowserPage) -> None:
    link = create_link(BrowserUser(stack, browser_page(), ada))
    user = BrowserUser(stack, browser_page(), ada)
    user.page.goto(link)
    posts: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            posts.append(route)
        else:
            route.continue_()

    user.page.route(link, hold)
    # The second click happens while the request of the first one is in flight.
    user.page.evaluate(
        """() => {
             const button = document.querySelector("#use-link button");
             button.click();
             setTimeout(() => button.click(), 100);
           }"""
    )
    user.page.wait_for_timeout(500)
    posts[-1].continue_()
    user.expect_heading("One question before we start")
    assert len(posts) == 1
    user.page.goto(link)
    user.expect_heading("One question before we start")
