"""encode_url: what it encodes, and what it leaves for `parse_url` to refuse.

tests/unit/hostsite/test_return_urls_in_a_browser.py compares it with a browser.
"""

import pytest

from webapp.basics.url_encoding import encode_url


@pytest.mark.parametrize(
    ("written", "encoded"),
    [
        ("https://a.test/\u00f1?\u00f1#\u00f1", "https://a.test/%C3%B1?%C3%B1#%C3%B1"),
        ("HTTPS://A.test:8443/ x", "HTTPS://A.test:8443/%20x"),
        ("http://\u00f1.test:80/", "http://xn--ida.test:80/"),
        ("https://a.test?100%&a=%41", "https://a.test?100%25&a=%41"),
        ("https://a.test/?a[]=\\#a#b%", "https://a.test/?a%5B%5D=%5C#a%23b%25"),
        ("  https://a.test/?  ", "https://a.test/?"),
        ("https://a.test#", "https://a.test#"),
        ("https://[::1]:80/\u00f1", "https://[::1]:80/%C3%B1"),
    ],
)
def test_encode_url_encodes_as_browsers_do_and_is_idempotent(written: str, encoded: str) -> None:
    assert encode_url(written) == encoded
    assert encode_url(encoded) == encoded


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/\u00f1",
        "ftp://a.test/\u00f1",
        "https://a.test/\u00f1\n",
        "https://a.test/\ud800",
        "https://\u00f1@a.test/",
        "https://a\uff0fb.test/",
        "https://stra\u00dfe.test/",
        "https://" + "\u00f1" * 80 + ".test/",
        "https://\u00f1..test/",
    ],
    ids=ascii,
)
def test_encode_url_leaves_other_texts_unchanged(text: str) -> None:
    assert encode_url(text) == text


def test_encode_url_keeps_what_servers_could_read_differently() -> None:
    assert encode_url("https://a.test/x\\y/100%/\u00f1") == "https://a.test/x\\y/100%/%C3%B1"
