"""JSON from outside, without the surprises Python's reader allows."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn


def read_json(body: bytes, *, max_depth: int, unique_keys: bool) -> Any:
    """Parse UTF-8 JSON (RFC 8259; a byte order mark is tolerated).

    Raises `ValueError` with a reason free of content: not UTF-8, not JSON, NaN or infinite
    numbers, nested deeper than `max_depth`, or, with `unique_keys`, a repeated key.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    try:
        value = json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_unique if unique_keys else dict,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except _Reason as reason:
        raise ValueError(str(reason)) from None
    except ValueError:
        raise ValueError("not JSON") from None
    _check_depth(value, max_depth)
    return value


class _Reason(ValueError):
    pass


def _no_constant(_name: str) -> NoReturn:
    raise _Reason("not JSON: NaN or Infinity")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _Reason("a number out of range")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Reason("a key given twice")
    return found


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
