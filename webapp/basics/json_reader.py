"""Read JSON objects from other systems: strictly where two readers must agree, or leniently."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

_DEFAULT_MAX_DEPTH = 64
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def read_strict(body: bytes, max_depth: int = _DEFAULT_MAX_DEPTH) -> dict[str, Any]:
    """Parse the JSON object in `body` and refuse repeated keys. RFC 8259, UTF-8.

    Readers differ in which value of a repeated key they take. Raises `ValueError`, whose text
    contains nothing of the body: not UTF-8, not JSON, NaN or an infinite number, nested deeper
    than `max_depth` levels, a repeated key, or not an object. A byte order mark is accepted.
    """
    return _read(body, max_depth, _object_with_unique_keys)


def read_lenient(body: bytes, max_depth: int = _DEFAULT_MAX_DEPTH) -> dict[str, Any]:
    """Parse like `read_strict`, but keep the last value of a repeated key.

    Replaces lone surrogates by U+FFFD: some Java programs cut texts inside a surrogate pair, and
    databases refuse the halves.
    """
    value = _read(body, max_depth, dict)
    if b"\\ud" not in body.lower():
        return value
    text = json.dumps(value, ensure_ascii=False)
    cleaned: dict[str, Any] = json.loads(_LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text))
    return cleaned


class _JsonError(ValueError):
    """Carries a text that may be shown, unlike the errors of the `json` module."""


def _read(body: bytes, max_depth: int, make_object: Any) -> dict[str, Any]:
    try:
        value = json.loads(
            body.decode("utf-8-sig"),
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
            object_pairs_hook=make_object,
        )
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except _JsonError as error:
        raise ValueError(str(error)) from None
    except ValueError:
        raise ValueError("not JSON") from None
    _check_depth(value, max_depth)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _refuse_constant(_name: str) -> NoReturn:
    raise _JsonError("not JSON: NaN or Infinity")


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _JsonError("a number out of range")
    return number


def _object_with_unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _JsonError("a key given twice")
    return members


def _check_depth(value: Any, max_depth: int) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > max_depth + 1:
            raise ValueError("nested too deeply")
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        level = below
