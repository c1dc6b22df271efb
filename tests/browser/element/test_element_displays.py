"""The element from the click to the result, in each display."""

import pytest
from playwright.sync_api import Response, expect

from tests.browser.element.conftest import NewShopper

IS_FOCUSED = "document.activeElement.textContent === 'Verify my identity'"
STYLE = "document.documentElement.getAttribute('style')"


def test_element_inline_leads_to_verified_without_cookies(shopper: NewShopper) -> None:
    user = shopper()
    answers: list[Response] = []
    user.page.on("response", lambda answer: answers.append(answer))
    assert user.page.locator("iframe").count() == 0
    assert user.site.tokens == 0
    user.click().verify()
    onboarding = user.events("started")[0]["onboarding"]
    assert user.events("submitted") == [{"name": "submitted", "onboarding": onboarding}]
    assert len(user.events("ready")) == 1
    assert user.events("error") == []
    assert user.site.tokens == 1
    ours = [each for each in answers if each.url.startswith(user.site.stack.public_url)]
    assert any(each.url.endswith("/session") for each in ours)
    # The browser would refuse most cookies in the frame, so the answers may not even try.
    assert [each.url for each in ours if each.header_value("set-cookie")] == []
    assert user.page.context.cookies() == []
    user.page.evaluate("document.querySelector('mobbscan-onboarding').close()")
    assert user.events("closed") == [{"name": "closed", "reason": "host"}]
    expect(user.page.get_by_role("link", name="Verify my identity")).to_be_visible()
    assert user.page.evaluate(IS_FOCUSED)


def test_element_modal_leads_to_verified_and_gives_focus_and_scroll_back(
    shopper: NewShopper,
) -> None:
    user = shopper(attributes={"display": "modal"}, filling="<br>" * 200)
    user.page.evaluate("scrollTo(0, 40)")
    user.click()
    dialog = user.page.get_by_role("dialog", name="Identity check")
    expect(dialog).to_be_visible()
    assert user.page.evaluate(STYLE) == "overflow: hidden;"
    user.verify()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    assert user.events("closed") == [{"name": "closed", "reason": "user"}]
    assert user.page.evaluate(IS_FOCUSED)
    assert user.page.evaluate("scrollY") == 40
    assert user.page.evaluate(STYLE) is None


def test_element_redirect_leads_full_screen(shopper: NewShopper) -> None:
    user = shopper(attributes={"display": "redirect"})
    user.click().expect_full_screen()


@pytest.mark.nightly
def test_element_modal_escape_closes_from_host_and_from_frame(shopper: NewShopper) -> None:
    user = shopper(attributes={"display": "modal"})
    user.click().wait_for("ready")
    user.page.keyboard.press("Escape")
    assert user.wait_for("closed")[0]["reason"] == "user"
    user.click().wait_for("ready", 2)
    user.frame.locator("h1").click()
    user.page.keyboard.press("Escape")
    assert user.wait_for("closed", 2)[1]["reason"] == "escape"
    assert user.page.evaluate(IS_FOCUSED)


@pytest.mark.nightly
def test_element_speaks_the_language_of_the_page(shopper: NewShopper) -> None:
    user = shopper(attributes={"display": "modal"}, lang="es")
    user.click()
    dialog = user.page.get_by_role("dialog", name="Verificación de identidad")
    expect(dialog.get_by_role("button", name="Cerrar")).to_be_visible()


@pytest.mark.nightly
@pytest.mark.parametrize(
    "style",
    [
        "iframe { display: none }",
        "* { all: unset !important }",
        "* { visibility: inherit; font-size: 0 }",
    ],
)
def test_element_survives_styles_of_the_host_page(shopper: NewShopper, style: str) -> None:
    user = shopper(head=f"<style>{style}</style>")
    user.page.evaluate("document.querySelector('mobbscan-onboarding').open()")
    expect(user.frame.get_by_role("heading", level=1)).to_be_visible()
    box = user.element.locator("iframe").bounding_box()
    assert box is not None
    assert box["height"] >= 480


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("attribute", "value", "named"),
    [
        ("server", "localhost:8000", "server"),
        ("site", None, "site"),
        ("token-url", None, "token-url or fetchToken"),
    ],
)
def test_element_that_is_incomplete_leaves_the_link_to_the_browser(
    shopper: NewShopper, attribute: str, value: str | None, named: str
) -> None:
    user = shopper(attributes={attribute: value}, expected=(f"set {named}",))
    with user.page.expect_console_message(lambda message: f"set {named}" in message.text):
        user.click()
    user.page.wait_for_url("**/floor")
