"""is_allowed_return_url: only URLs below the site's `return_urls` are allowed."""

import pytest

from tests.unit.hostsite.return_url_payloads import ALLOWED, bad, disturbed, good
from webapp.hostsite import is_allowed_return_url
from webapp.hostsite.return_urls import add_result


def test_return_url_below_allowed_path_is_allowed() -> None:
    assert [url for url in good() if not is_allowed_return_url(url, ALLOWED)] == []


def test_return_url_attack_payloads_are_refused() -> None:
    payloads = list(bad())
    assert len(payloads) > 10_000
    assert [url for url in payloads if is_allowed_return_url(url, ALLOWED)] == []


def test_return_url_random_changes_allow_only_plain_urls() -> None:
    """test_return_urls_in_a_browser checks what a browser makes of the allowed ones."""
    allowed = [url for url in disturbed(20_000, seed=2) if is_allowed_return_url(url, ALLOWED)]
    assert allowed
    for url in allowed:
        assert url.isascii()
        assert url.isprintable()
        assert "\\" not in url
        assert "/../" not in url.partition("?")[0].partition("#")[0]


@pytest.mark.parametrize(
    ("url", "entry", "expected"),
    [
        ("https://shop.test/account", "https://shop.test/account/", True),
        ("https://shop.test/account/", "https://shop.test/account", True),
        ("https://shop.test/accounts", "https://shop.test/account/", False),
        ("https://shop.test", "https://shop.test", True),
        ("https://shop.test/", "https://shop.test", True),
        ("https://shop.test?x", "https://shop.test", True),
        ("https://shop.test:8443/x", "https://shop.test", False),
        ("https://shop.test:8443/x", "https://shop.test:8443", True),
        ("https://shop.test/x", "http://shop.test", False),
        ("http://shop.localhost:8003/back", "http://shop.localhost:8003/", True),
        ("http://[::1]:8003/x", "http://[::1]:8003/", True),
        ("http://[::2]:8003/x", "http://[::1]:8003/", False),
        ("https://shop.test/a", "https://SHOP.test/a", True),
        ("https://shop.test/A", "https://shop.test/a", False),
        ("https://shop.test/a/b", "https://shop.test/a/b/c", False),
        ("https://shop.test/a%20b/c", "https://shop.test/a%20b", True),
        # A meaningless entry allows nothing rather than everything.
        ("https://shop.test/a", "", False),
        ("https://shop.test/a", "shop.test", False),
        ("https://shop.test/a", "https://shop.test/*", False),
        ("https://shop.test/a?b", "https://shop.test/a?b", False),
        ("https://shop.test/a#b", "https://shop.test/a#b", False),
        ("https://shop.test/b", "https://shop.test/a/..", False),
        ("https://shop.test/a", "https://user@shop.test/", False),
        ("javascript:alert(1)", "javascript:alert(1)", False),
    ],
)
def test_return_url_entry_allows_its_origin_and_paths_below(
    url: str, entry: str, expected: bool
) -> None:
    assert is_allowed_return_url(url, [entry]) is expected


def test_return_url_any_of_several_entries_allows_and_no_entry_refuses() -> None:
    assert is_allowed_return_url("https://shop.test:8443/anything", ALLOWED)
    assert not is_allowed_return_url("https://shop.test/account", [])


def test_return_url_over_2048_characters_is_refused() -> None:
    start = "https://shop.test/account/"
    assert is_allowed_return_url(start + "x" * (2048 - len(start)), ALLOWED)
    assert not is_allowed_return_url(start + "x" * (2049 - len(start)), ALLOWED)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://s.example", "https://s.example?mobbscan_result=J.W.S"),
        ("https://s.example/a", "https://s.example/a?mobbscan_result=J.W.S"),
        ("https://s.example/a?", "https://s.example/a?mobbscan_result=J.W.S"),
        ("https://s.example/a#top", "https://s.example/a?mobbscan_result=J.W.S#top"),
        (
            "https://s.example/a?b=%20+c&b=&d",
            "https://s.example/a?b=%20+c&b=&d&mobbscan_result=J.W.S",
        ),
        ("https://s.example/a?b=1?c#x?y", "https://s.example/a?b=1?c&mobbscan_result=J.W.S#x?y"),
        (
            "https://s.example/?mobbscan_result=x&b=1",
            "https://s.example/?b=1&mobbscan_result=J.W.S",
        ),
        ("https://s.example/?%6Dobbscan_result=x", "https://s.example/?mobbscan_result=J.W.S"),
        ("https://s.example/?mobbscan_result", "https://s.example/?mobbscan_result=J.W.S"),
    ],
)
def test_add_result_keeps_the_address_and_has_one_result(url: str, expected: str) -> None:
    assert add_result(url, "J.W.S") == expected
