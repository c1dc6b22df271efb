"""Return URLs against the URL parser of a real browser."""

import json

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import chromium
from tests.unit.hostsite.return_url_payloads import ALLOWED, bad, disturbed, good
from webapp.hostsite import is_allowed_return_url

__all__ = ["chromium"]

# Parsed as the browser parses a Location header or a link on our pages. The URLs are passed as
# one JSON text, because Playwright takes minutes for a long list.
ELSEWHERE = """texts => JSON.stringify(JSON.parse(texts).filter(text => {
    try {
        const url = new URL(text, "https://embed.test/return/x");
        const below = url.pathname === "/account" || url.pathname.startsWith("/account/");
        return !(url.origin === "https://shop.test:8443"
                 || url.origin === "https://shop.test" && below);
    } catch { return false; }
}))"""


@pytest.mark.needs("chromium")
def test_return_url_allowed_urls_stay_on_the_account_pages_in_chromium(chromium: Browser) -> None:
    candidates = [*good(), *bad(), *disturbed(100_000, seed=1)]
    allowed = [url for url in candidates if is_allowed_return_url(url, ALLOWED)]
    assert len(allowed) > len(list(good()))
    assert elsewhere(chromium, allowed) == []


@pytest.mark.needs("chromium")
def test_return_url_payloads_lead_elsewhere_in_chromium(chromium: Browser) -> None:
    """The other test proves something only if the payloads lead a browser elsewhere."""
    some = sorted(bad())[::10]
    assert len(elsewhere(chromium, some)) > len(some) / 3


def elsewhere(browser: Browser, urls: list[str]) -> list[str]:
    """Return the URLs that lead the browser away from the shop's account pages."""
    page = browser.new_page()
    try:
        found: list[str] = json.loads(page.evaluate(ELSEWHERE, json.dumps(urls)))
    finally:
        page.close()
    return found
