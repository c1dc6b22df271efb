"""Tests of the strict parser of web addresses."""

import pytest

from webapp.basics.urls import (
    MAX_CHARACTERS,
    InvalidUrl,
    Url,
    is_https_or_loopback,
    origin_of,
    parse_url,
)


def test_parse_url_full_address_returns_its_parts():
    assert parse_url("https://Shop.example:8443/A/b?c=1&d[]=2#e") == Url(
        "https", "shop.example", 8443, "/A/b", "c=1&d[]=2", "e"
    )


def test_parse_url_bare_delimiters_returns_empty_query_and_fragment():
    url = parse_url("https://shop.example/?#")
    assert (url.query, url.fragment) == ("", "")
    url = parse_url("https://shop.example")
    assert (url.path, url.query, url.fragment) == ("", None, None)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://shop.example:443/a", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://shop.example:443", "http://shop.example:443"),
        ("HTTPS://SHOP.example:65535/", "https://shop.example:65535"),
        ("http://[::1]:8003/x", "http://[::1]:8003"),
        ("https://my_service/x", "https://my_service"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_origin_of_valid_address_returns_origin_as_browsers_write_it(address, origin):
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "//shop.example", "shop.example", "https:shop.example", "https:///a", "https://",
        "ftp://shop.example", "javascript:alert(1)", "javascript://shop.example/%0aalert(1)",
        "https://user@shop.example", "https://user:hunter2@shop.example", "https://@evil.example",
        "https://shop.example\\@evil.example", "https://shop.example\n", "\thttps://shop.example",
        "https://sh op.example", "https://sh\top.example", "https://shop.example/\x00",
        "https://shop.example/<a>", 'https://shop.example/"', "https://bücher.example",
        "https://shop.example/ä", "https://*.example", "https://%73hop.example",
        "https://-shop.example", "https://shop.example.", "https://shop.example-", "https://[::1",
        "https://[shop]", "https://shop.example:", "https://shop.example:0",
        "https://shop.example:0443", "https://shop.example:65536", "https://shop.example:hunter2",
    ],
)  # fmt: skip
def test_parse_url_ambiguous_or_invalid_text_raises_without_repeating_it(text):
    with pytest.raises(InvalidUrl) as caught:
        parse_url(text)
    assert "hunter2" not in str(caught.value)
    assert origin_of(text) is None


def test_parse_url_over_the_length_limit_raises():
    start = "https://shop.example/"
    assert parse_url(start + "x" * (MAX_CHARACTERS - len(start)))
    with pytest.raises(InvalidUrl):
        parse_url(start + "x" * (MAX_CHARACTERS - len(start) + 1))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("LOCALHOST", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("shop.localhost", False),
        ("127.0.0.1.example", False),
        ("10.0.0.1", False),
        ("[::2]", False),
    ],
)
def test_url_is_loopback_only_for_this_nodes_own_addresses(host, expected):
    assert parse_url(f"http://{host}:8000/").is_loopback is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://login.example/a?b=c", True),
        ("http://127.0.0.1:8002/a", True),
        ("http://localhost/a", True),
        ("http://login.example/a", False),
        ("http://localhost.example/a", False),
        ("https://login.example/a#b", False),
        ("//login.example/a", False),
        ("javascript:alert(1)", False),
        ("", False),
        (None, False),
        (["https://login.example"], False),
    ],
    ids=str,
)
def test_is_https_or_loopback(text: object, expected: bool) -> None:
    assert is_https_or_loopback(text) is expected
