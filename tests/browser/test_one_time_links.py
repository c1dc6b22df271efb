"""One-time links in a real browser: what is sent along, double clicks, and a page that watches."""

from playwright.sync_api import Request, Route, expect

from tests.browser.browser_user import Guest
from tests.support.chromium import BrowserPage
from tests.support.stack import Person, Stack
from webapp.web.links import qr_code


def link_of(guest: Guest) -> str:
    guest.come_in().page.get_by_role("button", name="Use another device or browser").click()
    return guest.page.get_by_label("Your link").input_value()


def test_the_page_says_when_the_phone_has_begun_and_changes_when_it_has_finished(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    desktop = Guest(stack, browser_page(), ada)
    phone = Guest(stack, browser_page(viewport=(360, 740)), ada)
    phone.page.goto(link_of(desktop))
    phone.page.get_by_role("button", name="Continue as Ada Lovelace").click()
    phone.agree()
    expect(desktop.page.locator("#live")).to_have_text("The check is open on your other device.")
    assert desktop.page.url.endswith("/links"), "it stays until the phone is done"
    phone.end("review")
    desktop.sees("A person is taking a look")


def test_no_other_site_learns_a_link(stack: Stack, ada: Person, browser_page: BrowserPage) -> None:
    link = link_of(Guest(stack, browser_page(), ada))
    page = browser_page(expected_complaints=["ERR_", "Failed to load"])
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


def test_a_double_click_uses_a_link_once_and_ends_on_the_page(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    link = link_of(Guest(stack, browser_page(), ada))
    guest = Guest(stack, browser_page(), ada)
    guest.page.goto(link)
    posts: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            posts.append(route)
        else:
            route.continue_()

    guest.page.route(link, hold)
    # As on a slow line: the second click comes while the first one is under way.
    guest.page.evaluate(
        """() => {
             const button = document.querySelector("#use-link button");
             button.click();
             setTimeout(() => button.click(), 100);
           }"""
    )
    guest.page.wait_for_timeout(500)
    posts[-1].continue_()
    guest.sees("One question before we start")
    assert len(posts) == 1
    guest.page.goto(link)
    guest.sees("One question before we start")


def test_the_link_is_copied_whole(stack: Stack, ada: Person, browser_page: BrowserPage) -> None:
    guest = Guest(stack, browser_page(permissions=["clipboard-read", "clipboard-write"]), ada)
    link = link_of(guest)
    guest.page.get_by_role("button", name="Copy").click()
    expect(guest.page.get_by_role("button", name="Copied")).to_be_visible()
    assert guest.page.evaluate("navigator.clipboard.readText()") == link


def test_the_code_shows_the_same_link(stack: Stack, ada: Person, browser_page: BrowserPage) -> None:
    guest = Guest(stack, browser_page(), ada)
    link = link_of(guest)
    image = guest.page.get_by_alt_text("QR code of the link")
    assert image.get_attribute("src") == qr_code(link)
    assert image.evaluate("each => each.complete && each.naturalWidth > 0")
