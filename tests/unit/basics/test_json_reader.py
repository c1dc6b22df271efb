"""read_strict and read_lenient: what both refuse, and where they differ."""

from collections.abc import Callable
from typing import Any

import pytest

from webapp.basics.json_reader import read_lenient, read_strict

READERS = [read_strict, read_lenient]


@pytest.mark.parametrize("read", READERS)
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
def test_read_unusable_body_raises_value_error_with_reason_only(
    read: Callable[..., Any], body: bytes, reason: str
) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$") as error:
        read(body, 4)
    assert type(error.value) is ValueError
    assert error.value.__cause__ is None


@pytest.mark.parametrize("read", READERS)
def test_read_object_up_to_max_depth_is_returned(read: Callable[..., Any]) -> None:
    assert read(b'\xef\xbb\xbf{"a": [[[1]]], "b": 1.5}', 4) == {"a": [[[1]]], "b": 1.5}


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
