"""Return URLs against the URL parser of a real browser."""

import json

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import chromium
from tests.unit.hostsite.return_url_payloads import ALLOWED, bad, disturbed, good
from webapp.hostsite import HandoffRefused, checked_return_url, is_allowed_return_url

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

DIFFERENT = """pairs => {
    const plain = text => {
        const url = new URL(text, "https://embed.test/return/x");
        const escaped = (url.search + url.hash).replace(/%(?![0-9A-Fa-f]{2})/g, "%25");
        return url.origin + unescape(url.pathname) + unescape(escaped);
    };
    return JSON.stringify(JSON.parse(pairs).filter(([one, other]) => plain(one) !== plain(other)));
}"""
#: Addresses as people and programs write them.
RAW = [
    "https://shop.test/account" + rest
    for rest in (
        "?q=se\u00f1al", "?q=a b", "?q='\"<>`", "?a[]=1&b[c]=2", "?q=100%", "?q=a|b^{c}",
        "?q=a\\b", "#\u00e1rea", "#a b<c>", "#a#b", "/se\u00f1al", "/a b/c", "/\u65e5\u672c",
        "/a%20\u00f1", "?q=\U0001f600",
        "/{x}", "/<x>", '/"x"', "/`x`", "/|", "/^", "/[x]", " ",
    )
]  # fmt: skip


@pytest.mark.needs("chromium")
def test_return_url_allowed_urls_stay_on_the_account_pages_in_chromium(chromium: Browser) -> None:
    candidates = [*good(), *bad(), *disturbed(100_000, seed=1)]
    allowed = [url for url in candidates if is_allowed_return_url(url, ALLOWED)]
    assert len(allowed) > len(list(good()))
    assert elsewhere(chromium, allowed) == []


@pytest.mark.needs("chromium")
def test_return_url_encoded_is_the_address_that_chromium_makes_of_the_written_one(
    chromium: Browser,
) -> None:
    written = [*good(), *bad(), *disturbed(20_000, seed=3), *RAW]
    encoded = {url: address for url in written if (address := accepted(url))}
    assert len(encoded) > len(list(good())) + len(RAW) / 2
    assert elsewhere(chromium, [*encoded, *encoded.values()]) == []
    assert differing(chromium, list(encoded.items())) == []


def accepted(url: str) -> str | None:
    try:
        return checked_return_url(url, ALLOWED)
    except HandoffRefused:
        return None


def differing(browser: Browser, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs whose texts are different addresses for the browser.

    Compared without escapes: Chromium leaves some characters as they are, such as brackets.
    """
    page = browser.new_page()
    try:
        found: list[tuple[str, str]] = json.loads(page.evaluate(DIFFERENT, json.dumps(pairs)))
    finally:
        page.close()
    return found


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
