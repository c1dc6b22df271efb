"""Read JSON objects from other systems: strictly where two readers must agree, or leniently."""

from __future__ import annotations

import json
import math
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Collection
from typing import Any, NoReturn

from webapp.basics.lenient_json import LenientParser, Pairs

_DEFAULT_MAX_DEPTH = 64
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def read_strict(body: bytes, max_depth: int = _DEFAULT_MAX_DEPTH) -> dict[str, Any]:
    """Parse the JSON object in `body` and refuse repeated keys. RFC 8259, UTF-8.

    Readers differ in which value of a repeated key they take. Raises `ValueError`, whose text
    contains nothing of the body: not UTF-8, not JSON, NaN or an infinite number, nested deeper
    than `max_depth` levels, a repeated key, or not an object. A byte order mark is accepted.
    """
    try:
        value = json.loads(
            body.decode("utf-8-sig"),
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
            object_pairs_hook=_object_with_unique_keys,
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
    return _require_object(value)


def read_lenient(
    body: bytes,
    max_depth: int = _DEFAULT_MAX_DEPTH,
    *,
    encoding: str = "utf-8",
    sound: Collection[str] = (),
) -> dict[str, Any]:
    """Parse the object in `body` as tolerant readers do (`lenient_json`): a flaw costs one value.

    Bytes that `encoding` does not know, and lone surrogates, become U+FFFD; a byte order mark
    says UTF-8. NaN, infinite numbers and values nested deeper than `max_depth` become None. The
    last value of a repeated key counts. Raises `ValueError`, whose text contains nothing of the
    body: not JSON, not an object, or a member of it named in `sound` that is repeated with another
    value or is no finite number.
    """
    if body.startswith(BOM_UTF8):
        encoding = "utf-8-sig"
    text = body.decode(encoding, "replace")
    make_object = _sound_object(frozenset(sound))
    try:
        value = _parse_lenient(text, make_object, max_depth)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if isinstance(value, _UnsoundObject):
        raise ValueError(f"{value.name} is not unambiguous")
    return _require_object(_clean(value, max_depth))


class _JsonError(ValueError):
    """Carries a text that may be shown, unlike the errors of the `json` module."""


def _parse_lenient(text: str, make_object: Callable[[Pairs], Any], max_depth: int) -> Any:
    """Use the standard parser, and the slow tolerant one for what it refuses."""
    try:
        return json.loads(text, strict=False, object_pairs_hook=make_object)
    except (ValueError, RecursionError):
        return LenientParser(text, make_object, max_depth).parse()


def _require_object(value: Any) -> dict[str, Any]:
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


def _object_with_unique_keys(pairs: Pairs) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _JsonError("a key given twice")
    return members


class _UnsoundObject(dict[str, Any]):
    """Has an ambiguous member; whether that matters depends on where the object is."""

    def __init__(self, name: str, members: dict[str, Any]) -> None:
        super().__init__(members)
        self.name = name


def _sound_object(names: frozenset[str]) -> Callable[[Pairs], dict[str, Any]]:
    def make_object(pairs: Pairs) -> dict[str, Any]:
        members = dict(pairs)
        for name, value in pairs:
            # NaN is unequal to itself, so this finds it too.
            if name in names and (value != members[name] or value in (math.inf, -math.inf)):
                return _UnsoundObject(name, members)
        return members

    return make_object


def _clean(value: Any, levels: int) -> Any:
    """Drop what no database stores: NaN and infinite numbers, lone surrogates, deep nesting."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict | list) and levels < 0:
        return None
    if isinstance(value, dict):
        return {_clean(name, levels): _clean(each, levels - 1) for name, each in value.items()}
    return [_clean(each, levels - 1) for each in value] if isinstance(value, list) else value


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
