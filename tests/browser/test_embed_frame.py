"""The frame in a page of the host site, in Chromium, from the hand-off to the result."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import TIMEOUT_MS
from tests.support.chromium import BrowserPage
from tests.support.embed_host_page import EmbedHostPage, host_pages
from tests.support.stack import Person, Stack


@pytest.fixture(scope="module", autouse=True)
def host_site_pages(stack: Stack) -> Iterator[None]:
    with host_pages(stack):
        yield


def test_frame_leads_to_the_result_and_reports_it(
    stack: Stack, ada: Person, browser_page: BrowserPage
) -> None:
    host = EmbedHostPage(stack, browser_page(), ada).open()
    expect(host.frame.get_by_text("Ada Lovelace")).to_be_visible()
    host.start()
    onboarding = host.received("started")[0]["onboarding"]
    host.finish("passes")
    expect(host.frame.get_by_role("heading", level=1)).to_have_text(
        "You are verified", timeout=TIMEOUT_MS * 2
    )
    assert host.received("submitted") == [{"type": "submitted", "onboarding": onboarding}]
    last = host.received("status")[-1]
    assert (last["status"], last["next"], last["final"]) == ("verified", "done", True)
    assert last["result"].count(".") == 2
    assert len(host.tokens) == 1
    assert host.page.context.cookies() == []
