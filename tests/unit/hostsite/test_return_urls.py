"""Where a user may be sent back to: nowhere but where the site's settings say."""

import pytest

from tests.unit.hostsite.payloads import ALLOWED, bad, disturbed, good
from webapp.hostsite import is_allowed_return_url


def test_every_honest_address_is_allowed() -> None:
    assert [url for url in good() if not is_allowed_return_url(url, ALLOWED)] == []


def test_no_payload_is_allowed() -> None:
    payloads = list(bad())
    assert len(payloads) > 10_000
    assert [url for url in payloads if is_allowed_return_url(url, ALLOWED)] == []


def test_no_noise_breaks_the_judgement() -> None:
    """What a browser makes of those that pass is asked in test_targets_in_a_browser."""
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
        ("https://shop.test", "https://shop.test/", True),
        ("https://shop.test/", "https://shop.test", True),
        ("https://shop.test/any/where?x#y", "https://shop.test", True),
        ("https://shop.test?x", "https://shop.test", True),
        ("https://shop.test:8443/x", "https://shop.test", False),
        ("https://shop.test:8443/x", "https://shop.test:8443", True),
        ("https://shop.test/x", "http://shop.test", False),
        ("http://shop.test/x", "https://shop.test", False),
        ("http://shop.localhost:8003/back", "http://shop.localhost:8003/", True),
        ("http://shop.localhost:8004/back", "http://shop.localhost:8003/", False),
        ("http://[::1]:8003/x", "http://[::1]:8003/", True),
        ("http://[::2]:8003/x", "http://[::1]:8003/", False),
        ("https://shop.test/a", "https://SHOP.test/a", True),
        ("https://shop.test/A", "https://shop.test/a", False),
        ("https://shop.test/a/b", "https://shop.test/a/b/c", False),
        ("https://xn--bcher-kva.test/a", "https://xn--bcher-kva.test/a", True),
        ("https://shop.test/a%20b/c", "https://shop.test/a%20b", True),
        # An entry nobody could mean allows nothing rather than everything.
        ("https://shop.test/a", "", False),
        ("https://shop.test/a", "/", False),
        ("https://shop.test/a", "shop.test", False),
        ("https://shop.test/a", "https://", False),
        ("https://shop.test/a", "https://shop.test/*", False),
        ("https://shop.test/a", "https://*.test/", False),
        ("https://shop.test/a?b", "https://shop.test/a?b", False),
        ("https://shop.test/a#b", "https://shop.test/a#b", False),
        ("https://shop.test/b", "https://shop.test/a/..", False),
        ("https://shop.test/a", "https://user@shop.test/", False),
        ("javascript:alert(1)", "javascript:alert(1)", False),
        ("/account", "/account", False),
    ],
)
def test_an_entry_allows_its_origin_and_what_lies_below_its_path(
    url: str, entry: str, expected: bool
) -> None:
    assert is_allowed_return_url(url, [entry]) is expected


def test_any_entry_of_several_will_do_and_none_allows_nothing() -> None:
    assert is_allowed_return_url("https://shop.test:8443/anything", ALLOWED)
    assert not is_allowed_return_url("https://shop.test/account", [])


def test_an_address_of_2048_characters_is_the_longest() -> None:
    start = "https://shop.test/account/"
    assert is_allowed_return_url(start + "x" * (2048 - len(start)), ALLOWED)
    assert not is_allowed_return_url(start + "x" * (2049 - len(start)), ALLOWED)
