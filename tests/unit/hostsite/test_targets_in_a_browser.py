"""The same addresses, judged by the URL parser of a real browser."""

import json

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import chromium
from tests.unit.hostsite.payloads import ALLOWED, bad, disturbed, good
from webapp.hostsite import is_allowed_return_url

__all__ = ["chromium"]

# Read as the browser would read a Location header or a link on one of our pages; the texts
# travel as one JSON text each way because Playwright takes minutes over a long list.
ELSEWHERE = """texts => JSON.stringify(JSON.parse(texts).filter(text => {
    try {
        const url = new URL(text, "https://embed.test/return/x");
        const below = url.pathname === "/account" || url.pathname.startsWith("/account/");
        return !(url.origin === "https://shop.test:8443"
                 || url.origin === "https://shop.test" && below);
    } catch { return false; }
}))"""


@pytest.mark.needs("chromium")
def test_nothing_allowed_leads_a_browser_anywhere_else(chromium: Browser) -> None:
    candidates = [*good(), *bad(), *disturbed(100_000, seed=1)]
    allowed = [url for url in candidates if is_allowed_return_url(url, ALLOWED)]
    assert len(allowed) > len(list(good()))
    assert elsewhere(chromium, allowed) == []


@pytest.mark.needs("chromium")
def test_the_corpus_is_dangerous(chromium: Browser) -> None:
    """It proves something only if a browser does leave with much of it."""
    some = sorted(bad())[::10]
    assert len(elsewhere(chromium, some)) > len(some) / 3


def elsewhere(browser: Browser, urls: list[str]) -> list[str]:
    """Those that lead the browser away from the shop's account pages."""
    page = browser.new_page()
    try:
        found: list[str] = json.loads(page.evaluate(ELSEWHERE, json.dumps(urls)))
    finally:
        page.close()
    return found
