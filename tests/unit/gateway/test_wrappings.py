"""Base64 in JSON, cut anywhere, in constant memory: what comes out is what went in."""

import base64
import json
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.gateway.test_models import anything
from webapp.gateway.decoding import UndecodableBody, base64_decoded, headed, inflated, limited
from webapp.gateway.envelope import MAX_BESIDE_BYTES, Envelope

NAMES = ("image", "data")


def cut(data: bytes, *sizes: int) -> Iterator[bytes]:
    position = 0
    for size in sizes:
        yield data[position : position + size]
        position += size
    yield data[position:]


def unwrapped(body: bytes, *sizes: int) -> tuple[bytes, dict[str, Any]]:
    envelope = Envelope(NAMES)
    return b"".join(base64_decoded(envelope.text(cut(body, *sizes)))), envelope.members


sizes = st.lists(st.integers(0, 40), max_size=60)
others = st.dictionaries(st.text().filter(lambda name: name not in NAMES), anything, max_size=4)


@given(st.binary(min_size=1, max_size=400), others, others, sizes, st.booleans())
def test_whatever_stands_beside_the_file_and_wherever_it_is_cut_both_survive(
    content: bytes, before: dict[str, Any], after: dict[str, Any], sizes: list[int], ascii_: bool
) -> None:
    text = base64.b64encode(content).decode()
    after = {name: value for name, value in after.items() if name not in before}
    body = json.dumps({**before, "image": text, **after}, ensure_ascii=ascii_)
    try:
        sent = body.encode()
    except UnicodeEncodeError:
        return
    assert unwrapped(sent, *sizes) == (content, {**before, "image": "", **after})


@given(st.binary(max_size=400), sizes)
def test_no_bytes_at_all_do_more_than_be_unreadable(body: bytes, sizes: list[int]) -> None:
    for body_ in (body, b"{" + body, b'{"image":"' + body):
        with suppress(UndecodableBody):
            unwrapped(body_, *sizes)


@pytest.mark.parametrize(
    "write",
    [
        lambda text: text,
        lambda text: text.replace("=", "\\u003d").replace("+", "\\u002B"),
        lambda text: text.replace("/", "\\/"),
        lambda text: "\\r\\n".join(textwrap.wrap(text, 76)),
        lambda text: "\\n".join(textwrap.wrap(text, 64)) + "\\n",
        lambda text: text.rstrip("="),
        lambda text: text.replace("+", "-").replace("/", "_"),
        lambda text: "data:image/jpeg;base64," + text,
    ],
    ids=["plain", "gson", "php", "mime", "pem", "unpadded", "url-safe", "data address"],
)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 1000])
def test_each_way_to_write_base64_is_read(write: Any, size: int) -> None:
    for length in (300, 301, 302):
        content = bytes(i * 7 % 256 for i in range(length))
        text = write(base64.b64encode(content).decode())
        body = f'{{"scanId": "x", "image" : "{text}" , "n": [1, {{"image": "no"}}]}}'.encode()
        assert unwrapped(body, *[size] * (len(body) // size))[0] == content


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b'{"image":', b'{"image":"QUJD', b'{"image":"QUJD"',
        b'{"image":"QU*D"}', b'{"image":"QQ==QQ=="}', b'{"image":"Q"}', b'{"image":"QUJD"}}',
        b'{"image":"QUJD"} x',
        b'["image":"QUJD"]', b'{"image" "QUJD"}', b'{"a":"\x00","image":"QUJD"}',
        b'{"image":"QUJD","image":"QUJD"}', b'{"image":"Q\\u12"}', b'{"image":"Q\\u00zz"}',
        b'{"image":"QUJD\\"}', b'{"image":"QU\\bJD"}', b'{"image":"data:nothing"}',
        b'{"image":"QU\xc3\xa9D"}', b'{"\xff":1,"image":"QUJD"}',
    ],
)  # fmt: skip
def test_what_is_no_wrapping_is_unreadable(body: bytes) -> None:
    for size in (1, 4, 1000):
        with pytest.raises(UndecodableBody):
            unwrapped(body, *[size] * len(body))


@pytest.mark.parametrize(
    "body",
    [
        b'{"image":null}', b'{"image":""}', b'{"image":7,"x":"QUJD"}', b'{"x":{"image":"QUJD"}}',
        b'{"image":{"x":"QUJD"}}', b'{"image":["QUJD"]}',
        b'{"x":["image","QUJD"]}', b'{"imag\\u0065s":"QUJD"}', b'{"x":"\\"image\\":\\"QUJD"}',
    ],
)  # fmt: skip
def test_only_a_text_member_of_the_object_itself_is_the_file(body: bytes) -> None:
    assert unwrapped(body) == (b"", json.loads(body))


def test_the_first_name_that_holds_a_text_wins() -> None:
    assert unwrapped(b'{"image":"","data":"QUJD"}')[0] == b"ABC"
    assert unwrapped(b'{"data":"QUJD","image":"REVG"}') == (b"ABC", {"data": "", "image": "REVG"})


def test_what_stands_before_the_file_is_known_when_its_first_piece_is() -> None:
    envelope = Envelope(NAMES)
    pieces = envelope.text(iter([b'{"timestamp": "now", "image": "QUJD', b'"}']))
    assert next(pieces) == b"QUJD"
    assert envelope.members == {"timestamp": "now", "image": ""}


def test_no_more_than_a_little_may_stand_beside_the_file() -> None:
    for body in (b'{"x":"', b'{"image":"QUJD","x":"'):
        with pytest.raises(UndecodableBody):
            unwrapped(body + b"x" * MAX_BESIDE_BYTES + b'"}')


def test_nothing_is_read_beyond_what_is_asked_for() -> None:
    pulled: list[int] = []

    def source() -> Iterator[bytes]:
        for number in range(10):
            pulled.append(number)
            yield b"abcd"

    head, everything = headed(source(), 6)
    assert (head, pulled) == (b"abcdabcd", [0, 1])
    assert b"".join(everything) == b"abcd" * 10
    with pytest.raises(UndecodableBody):
        list(limited(iter([b"abc", b"d"]), 3))
    with pytest.raises(UndecodableBody):
        list(inflated(iter([b"no gzip"])))


def test_nothing_may_follow_the_end_of_base64_wherever_the_pieces_meet() -> None:
    ended = base64.b64encode(bytes(127))
    assert ended.endswith(b"=")
    for pieces in ([ended, b"QUJD"], [ended + b"QUJD"], [ended, b"\n", b"Q"]):
        with pytest.raises(UndecodableBody):
            list(base64_decoded(pieces))
    assert b"".join(base64_decoded([ended, b"\r\n"])) == bytes(127)
