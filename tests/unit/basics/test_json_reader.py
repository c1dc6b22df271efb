"""read_strict and read_lenient: what they refuse, and what only the lenient one reads."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.basics.json_reader import read_lenient, read_strict


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (b'{"a": "\x01"}', "not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"a": NaN}', "not JSON: NaN or Infinity"),
        (b'{"a": 1e999}', "a number out of range"),
        (b'{"a": "\xff"}', "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b'{"a": [[[[1]]]]}', "nested too deeply"),
        (b"[" * 60_000, "nested too deeply"),
        (b"[]", "not an object"),
        (b'"MARKER"', "not an object"),
    ],
)
def test_read_strict_unusable_body_raises_value_error_with_reason_only(
    body: bytes, reason: str
) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$") as error:
        read_strict(body, 4)
    assert type(error.value) is ValueError
    assert error.value.__cause__ is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"MARKER", "not an object"),
        (b'{"a": 1', "not JSON"),
        (b'{"a": 1 "b": 2}', "not JSON"),
        (b'{"a": 1} {"a": 2}', "not JSON"),
        (b'{"a": "MARKER', "not JSON"),
        (b'{"a"}', "not JSON"),
        (b'{"a": /* MARKER', "not JSON"),
        (b"[" * 60_000, "not JSON"),
        (b'{"a": ' + b"[" * 60_000, "not JSON"),
        (b"[]", "not an object"),
        (b'"MARKER"', "not an object"),
        (b'{"id": "MARKER", "id": "other"}', "id is not unambiguous"),
        (b'{"id": NaN}', "id is not unambiguous"),
        (b'{"id": 1e999, }', "id is not unambiguous"),
    ],
)
def test_read_lenient_unusable_body_raises_value_error_with_reason_only(
    body: bytes, reason: str
) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$") as error:
        read_lenient(body, 4, sound=("id",))
    assert type(error.value) is ValueError
    assert error.value.__cause__ is None


def test_read_lenient_ambiguous_member_of_an_inner_object_costs_that_member_only() -> None:
    body = b'{"id": "1", "more": [{"id": NaN}, {"id": "2", "id": "3"}]}'
    assert read_lenient(body, sound=("id",)) == {"id": "1", "more": [{"id": None}, {"id": "3"}]}


@pytest.mark.parametrize("read", [read_strict, read_lenient])
def test_read_object_up_to_max_depth_is_returned(read: Any) -> None:
    assert read(b'\xef\xbb\xbf{"a": [[[1]]], "b": 1.5}', 4) == {"a": [[[1]]], "b": 1.5}


@pytest.mark.parametrize(
    ("body", "members"),
    [
        (b'{"a": NaN, "b": -Infinity, "c": 1e999, "d": 1}', dict.fromkeys("abc") | {"d": 1}),
        (b'{"a": ' + b"9" * 5000 + b', "b": 1}', {"a": None, "b": 1}),
        (b'{"a": [[[[[1]]]]], "b": 1}', {"a": [[[None]]], "b": 1}),
        (b'{"a": ' + b"[" * 60_000 + b"]" * 60_000 + b', "b": 1}', {"a": [[[None]]], "b": 1}),
        (b'{"a": "\xff", "b": 1}', {"a": "\ufffd", "b": 1}),
        (b'{"a": "x\ny\t\\q", "b": 1}', {"a": "x\ny\tq", "b": 1}),
        (b'{"a": [1, , 2, ], "b": , "c": 3, }', {"a": [1, None, 2], "b": None, "c": 3}),
        (b"{'a': 'b', c: d, # e\n f: \"/*\" /* g */, // h\n}", {"a": "b", "c": "d", "f": "/*"}),
        (b"{'a': .5, 'b': 5., 'c': 0x1F, 'd': +3, 'e': 007}",
         {"a": 0.5, "b": 5.0, "c": 31, "d": 3, "e": 7}),
        (b"{'a': None, 'b': True, 'c': undefined}", {"a": None, "b": True, "c": None}),
        (b"{a = 1; b => 2};", {"a": 1, "b": 2}),
        (b")]}'\n{\"a\": 1}", {"a": 1}),
        (b'{"a": 1}\n\0\0', {"a": 1}),
    ],
)  # fmt: skip
def test_read_lenient_flaw_costs_one_value_only(body: bytes, members: dict[str, Any]) -> None:
    assert read_lenient(body, 3) == members


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": [' + b"/*," * 20_000 + b"1]}",
        b"[" * 9 + b"/*," * 20_000,
        b"[" * 9 + b'"' + b'\\"' * 20_000,
    ],
    ids=["open_comments", "deep_open_comments", "deep_open_text"],
)
def test_read_lenient_time_grows_linearly_with_the_text(body: bytes) -> None:
    began = time.process_time()
    with suppress(ValueError):
        read_lenient(body, 3)
    assert time.process_time() - began < 20  # quadratic: many minutes


@pytest.mark.parametrize("number", [b"9" * 5000, b"-0x" + b"f" * 5000])
def test_read_lenient_number_too_long_for_a_text_is_none(number: bytes) -> None:
    assert read_lenient(b'{"a": ' + number + b"}") == {"a": None}


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False,
                                                                    allow_infinity=False),
    lambda some: st.lists(some) | st.dictionaries(st.text(), some), max_leaves=9,
))  # fmt: skip
def test_read_lenient_valid_json_with_a_trailing_comma_reads_like_json(value: Any) -> None:
    broken = f'{{"a": {json.dumps(value)},}}'.encode()
    assert read_lenient(broken) == read_lenient(json.dumps({"a": value}).encode())


def test_read_lenient_encoding_is_used_unless_a_byte_order_mark_says_utf_8() -> None:
    assert read_lenient(b'{"a": "I\xd1IGO"}', encoding="cp1252") == {"a": "IÑIGO"}
    assert read_lenient('\ufeff{"a": "Ñ"}'.encode(), encoding="cp1252") == {"a": "Ñ"}


def test_read_strict_repeated_key_is_refused_at_every_level() -> None:
    for body in (b'{"a": 1, "a": 1}', b'{"x": [{"a": 1, "a": 2}]}'):
        with pytest.raises(ValueError, match=r"^a key given twice$"):
            read_strict(body)


def test_read_lenient_repeated_key_keeps_last_value() -> None:
    assert read_lenient(b'{"a": 1, "a": 2}') == {"a": 2}


def test_read_lenient_lone_surrogates_are_replaced() -> None:
    body = b'{"\\ud800": ["\\uDC00", "cut \\ud83d"], "whole": "\\ud83d\\ude42"}'
    assert read_lenient(body) == {"\ufffd": ["\ufffd", "cut \ufffd"], "whole": "\U0001f642"}
    assert read_strict(b'{"a": "\\ud800"}') == {"a": "\ud800"}
