"""Read JSON members whose shape the vendor does not document, without raising. Contract 3.2."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_URL_NAMES = ("url", "href")
_KIND_NAMES = ("type", "name")
_KEY_NAMES = ("key", "name")


@dataclass(frozen=True)
class EvidenceLink:
    """The URL of one image or recording, and its kind if the response states it."""

    url: str = field(repr=False)
    kind: str | None


def text_or_none(value: object) -> str | None:
    """Return a non-empty string, without NUL, which PostgreSQL cannot store; otherwise None."""
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").strip() or None


def text_from_scalar(value: object) -> str | None:
    """Return a string or a number as a string; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return str(value)
        except ValueError:
            return None  # an integer of thousands of digits
    return text_or_none(value)


def parse_number(value: object) -> float | None:
    """Return a finite number from a number or from a text with a point or a comma, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.replace(",", ".") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def object_or_empty(value: object) -> dict[str, Any]:
    """Return a JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def parse_pairs(value: object) -> dict[str, Any]:
    """Merge an object, a list of `{name, value}` or a list of one-key objects into one dict."""
    if isinstance(value, dict):
        return value
    pairs: dict[str, Any] = {}
    for item in value if isinstance(value, list) else ():
        if not isinstance(item, dict):
            continue
        name = next((item[key] for key in _KEY_NAMES if isinstance(item.get(key), str)), None)
        if name is not None and "value" in item:
            pairs[name] = item["value"]
        elif len(item) == 1:
            pairs.update(item)
    return pairs


def parse_evidence_links(value: object) -> tuple[EvidenceLink, ...]:
    """Return the links of a list, or of a mapping by kind, of URLs or objects, or of one of them.

    Some writers unwrap a list of one (Jackson, WRITE_SINGLE_ELEM_ARRAYS_UNWRAPPED).
    """
    if (isinstance(value, str) and "/" in value) or _is_link(value):
        items: list[Any] = [value]
    elif isinstance(value, dict):
        items = [
            {"type": kind, "url": item} if isinstance(item, str) else item
            for kind, item in value.items()
        ]
    else:
        items = value if isinstance(value, list) else []
    links = (_parse_link(item) for item in items)
    return tuple(link for link in links if link is not None)


def _is_link(value: object) -> bool:
    return isinstance(value, dict) and _first_text(value, _URL_NAMES) is not None


def _parse_link(item: object) -> EvidenceLink | None:
    members = {"url": item} if isinstance(item, str) else object_or_empty(item)
    url = _first_text(members, _URL_NAMES)
    if url is None:
        return None
    return EvidenceLink(url, _first_text(members, _KIND_NAMES) or _last_segment(url))


def _first_text(members: dict[str, Any], names: tuple[str, ...]) -> str | None:
    texts = (text_or_none(members.get(name)) for name in names)
    return next((text for text in texts if text), None)


def _last_segment(url: str) -> str | None:
    try:
        return urlsplit(url).path.rstrip("/").rpartition("/")[2] or None
    except ValueError:
        return None
