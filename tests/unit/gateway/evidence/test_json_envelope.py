"""JsonEnvelope and decoding: base64 in JSON, split into chunks at any position."""

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
from webapp.gateway.evidence.decoding import (
    UndecodableBody,
    decode_base64,
    decompress,
    limit_size,
    read_head,
)
from webapp.gateway.evidence.json_envelope import MAX_OTHER_BYTES, JsonEnvelope

NAMES = ("image", "data")


def split(data: bytes, *sizes: int) -> Iterator[bytes]:
    position = 0
    for size in sizes:
        yield data[position : position + size]
        position += size
    yield data[position:]


def decode(body: bytes, *sizes: int) -> tuple[bytes, dict[str, Any]]:
    envelope = JsonEnvelope(NAMES)
    return b"".join(decode_base64(envelope.text(split(body, *sizes)))), envelope.members


sizes = st.lists(st.integers(0, 40), max_size=60)
others = st.dictionaries(st.text().filter(lambda name: name not in NAMES), anything, max_size=4)


@given(st.binary(min_size=1, max_size=400), others, others, sizes, st.booleans())
def test_envelope_split_anywhere_returns_file_and_other_members(
    content: bytes, before: dict[str, Any], after: dict[str, Any], sizes: list[int], ascii_: bool
) -> None:
    text = base64.b64encode(content).decode()
    after = {name: value for name, value in after.items() if name not in before}
    body = json.dumps({**before, "image": text, **after}, ensure_ascii=ascii_)
    try:
        sent = body.encode()
    except UnicodeEncodeError:
        return
    assert decode(sent, *sizes) == (content, {**before, "image": "", **after})


@given(st.binary(max_size=400), sizes)
def test_envelope_arbitrary_bytes_raise_only_undecodable_body(
    body: bytes, sizes: list[int]
) -> None:
    for body_ in (body, b"{" + body, b'{"image":"' + body):
        with suppress(UndecodableBody):
            decode(body_, *sizes)


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
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_envelope_each_base64_notation_is_decoded(write: Any, size: int) -> None:
    for length in (300, 301, 302):
        content = bytes(i * 7 % 256 for i in range(length))
        text = write(base64.b64encode(content).decode())
        body = f'{{"scanId": "x", "image" : "{text}" , "n": [1, {{"image": "no"}}]}}'.encode()
        assert decode(body, *[size] * (len(body) // size))[0] == content


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b'{"image":', b'{"image":"QUJD', b'{"image":"QUJD"',
        b'{"image":"QU*D"}', b'{"image":"QQ==QQ=="}', b'{"image":"Q"}', b'{"image":"QUJD"}}',
        b'{"image":"QUJD"} x',
        b'["image":"QUJD"]', b'{"image" "QUJD"}', b'{"image":"Q\\u12"}', b'{"image":"Q\\u00zz"}',
        b'{"image":"QUJD\\"}', b'{"image":"QU\\bJD"}', b'{"image":"data:nothing"}',
        b'{"image":"QU\xc3\xa9D"}',
    ],
)  # fmt: skip
def test_envelope_invalid_body_raises_undecodable_body(body: bytes) -> None:
    for size in (1, 4, 1000):
        with pytest.raises(UndecodableBody):
            decode(body, *[size] * len(body))


@pytest.mark.parametrize(
    "body",
    [
        b'{"image":null}', b'{"image":""}', b'{"image":7,"x":"QUJD"}', b'{"x":{"image":"QUJD"}}',
        b'{"image":{"x":"QUJD"}}', b'{"image":["QUJD"]}',
        b'{"x":["image","QUJD"]}', b'{"imag\\u0065s":"QUJD"}', b'{"x":"\\"image\\":\\"QUJD"}',
    ],
)  # fmt: skip
def test_envelope_only_text_member_of_outer_object_is_the_file(body: bytes) -> None:
    assert decode(body) == (b"", json.loads(body))


def test_envelope_first_non_empty_member_is_the_file() -> None:
    assert decode(b'{"image":"","data":"QUJD"}')[0] == b"ABC"
    assert decode(b'{"data":"QUJD","image":"REVG"}') == (b"ABC", {"data": "", "image": "REVG"})


def test_envelope_repeated_member_is_the_file_once() -> None:
    assert decode(b'{"image":"QUJD","image":"REVG"}')[0] == b"ABC"


def test_envelope_members_before_file_are_known_at_its_first_chunk() -> None:
    envelope = JsonEnvelope(NAMES)
    pieces = envelope.text(iter([b'{"timestamp": "now", "image": "QUJD', b'"}']))
    assert next(pieces) == b"QUJD"
    assert envelope.members == {"timestamp": "now", "image": ""}


def test_envelope_too_many_other_bytes_raise_undecodable_body() -> None:
    for body in (b'{"x":"', b'{"image":"QUJD","x":"'):
        with pytest.raises(UndecodableBody):
            decode(body + b"x" * MAX_OTHER_BYTES + b'"}')


def test_decoding_helpers_read_only_needed_chunks_and_enforce_limits() -> None:
    pulled: list[int] = []

    def source() -> Iterator[bytes]:
        for number in range(10):
            pulled.append(number)
            yield b"abcd"

    head, everything = read_head(source(), 6)
    assert (head, pulled) == (b"abcdabcd", [0, 1])
    assert b"".join(everything) == b"abcd" * 10
    with pytest.raises(UndecodableBody):
        list(limit_size(iter([b"abc", b"d"]), 3))
    with pytest.raises(UndecodableBody):
        list(decompress(iter([b"no gzip"])))


def test_decode_base64_text_after_padding_raises_undecodable_body() -> None:
    ended = base64.b64encode(bytes(127))
    assert ended.endswith(b"=")
    for pieces in ([ended, b"QUJD"], [ended + b"QUJD"], [ended, b"\n", b"Q"]):
        with pytest.raises(UndecodableBody):
            list(decode_base64(pieces))
    assert b"".join(decode_base64([ended, b"\r\n"])) == bytes(127)
