"""A host site that opens the hand-off in a popup: what the browser shows it, and what docs say."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.chromium import chromium
from tests.support.eventually import eventually
from tests.support.http_session import HttpSession
from tests.support.stack import Person, Stack

__all__ = ["chromium"]

OPEN = "url => { window.popup = window.open(url, 'verify', 'width=500,height=700'); }"


@pytest.fixture
def shop_page(stack: Stack, chromium: Browser) -> Iterator[Page]:
    """A page of the shop in a browser."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{stack.shop_url}/help")
    yield page
    context.close()


def handoff_url(stack: Stack, person: Person) -> str:
    return f"{stack.public_url}/handoff?token={stack.handoff_token(person)}"


def section(root: Path, heading: str) -> str:
    """Return a section of docs/host-guide.md, with single spaces."""
    page = root / "docs" / "host-guide.md"
    assert page.is_file(), "the page about the hand-off is missing"
    text = page.read_text("utf-8")
    assert heading in text
    return " ".join(text.partition(heading)[2].partition("\n#")[0].split())


@pytest.mark.needs("chromium")
def test_popup_with_the_handoff_is_closed_for_its_opener_as_documented(
    root: Path, stack: Stack, ada: Person, shop_page: Page
) -> None:
    with shop_page.expect_popup() as opened:
        shop_page.evaluate(OPEN, handoff_url(stack, ada))
    popup = opened.value
    popup.get_by_role("heading", name="Verify your identity").wait_for()
    eventually(lambda: shop_page.evaluate("window.popup.closed"), seconds=10)
    assert popup.evaluate("window.opener === null")
    assert not popup.is_closed(), "the window is open nevertheless"
    documented = section(root, "no popup")
    assert "Cross-Origin-Opener-Policy: same-origin" in documented
    assert "`popup.closed` is `true` at once" in documented
    assert "`window.opener` is `null`" in documented


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("target", ["_self", "_blank"])
def test_link_in_the_same_or_a_new_tab_signs_in_as_documented(
    root: Path, stack: Stack, ada: Person, shop_page: Page, target: str
) -> None:
    link = f"<a href='{handoff_url(stack, ada)}' target='{target}'>Verify</a>"
    shop_page.set_content(link)
    if target == "_self":
        shop_page.get_by_text("Verify").click()
        page = shop_page
    else:
        with shop_page.expect_popup() as opened:
            shop_page.get_by_text("Verify").click()
        page = opened.value
    page.get_by_role("heading", name="Verify your identity").wait_for()
    assert "Ada Lovelace" in page.content()
    documented = section(root, "Same tab or a new tab")
    assert "same tab" in documented
    assert '`target="_blank"`' in documented


def test_pages_after_the_handoff_send_the_documented_policy(
    root: Path, stack: Stack, ada: Person
) -> None:
    browser: HttpSession = stack.http_session()
    refused = browser.get("/handoff", params={"token": "x"})
    entered = browser.get(handoff_url(stack, ada))
    for page in (refused, entered, browser.get("/nothing-here")):
        assert page.headers["cross-origin-opener-policy"] == "same-origin", page
    assert "Cross-Origin-Opener-Policy: same-origin" in section(root, "no popup")


def test_page_about_the_handoff_is_listed_in_the_documentation(root: Path) -> None:
    listed = (root / "docs" / "README.md").read_text("utf-8")
    assert "host-guide.md" in listed
