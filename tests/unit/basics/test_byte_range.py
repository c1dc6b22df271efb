"""Byte ranges as clients request and servers state them."""

import pytest

from webapp.basics.byte_range import ByteRange, ContentRange, parse_content_range, parse_range


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-", ContentRange(0, 99, 100)),
        ("bytes=5-9", ContentRange(5, 9, 100)),
        ("Bytes= 5-900 ", ContentRange(5, 99, 100)),
        ("bytes=-7", ContentRange(93, 99, 100)),
        ("bytes=-700", ContentRange(0, 99, 100)),
        ("bytes=99-99", ContentRange(99, 99, 100)),
        ("bytes=100-", None),
        ("bytes=-0", None),
    ],
)
def test_requested_range_within_a_file(header: str, part: ContentRange | None) -> None:
    requested = parse_range(header)
    assert requested is not None
    assert requested.within(100) == part


@pytest.mark.parametrize(
    "header",
    ["", "bytes", "bytes=", "bytes=-", "bytes=9-5", "bytes=0-1,4-5", "items=0-1", "bytes=a-b",
     "bytes=0x1-2", "bytes=١-٢", f"bytes={'9' * 30}-", "bytes=0-1\r\nX: y"],
)  # fmt: skip
def test_range_that_is_none_is_not_parsed(header: str) -> None:
    assert parse_range(header) is None


@pytest.mark.parametrize("part", [ByteRange(), ByteRange(3), ByteRange(3, 4), ByteRange(suffix=9)])
def test_range_as_text_is_parsed_alike(part: ByteRange) -> None:
    assert parse_range(str(part)) == part


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes 0-9/10", ContentRange(0, 9, 10)),
        ("BYTES 3-4/10", ContentRange(3, 4, 10)),
        ("bytes 0-9/*", None),
        ("bytes */10", None),
        ("bytes 5-4/10", None),
        ("bytes 0-10/10", None),
        ("0-9/10", None),
        ("", None),
    ],
)
def test_stated_range_is_parsed_when_complete(header: str, part: ContentRange | None) -> None:
    assert parse_content_range(header) == part
    assert part is None or parse_content_range(str(part)) == part
