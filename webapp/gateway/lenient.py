"""Reading members whose shape the vendor leaves open; nothing here raises. Contract 3.2, 9."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_ADDRESS_NAMES = ("url", "href")
_KIND_NAMES = ("type", "name")
_KEY_NAMES = ("key", "name")


@dataclass(frozen=True)
class EvidenceAddress:
    """One image or recording: its address, and its kind as far as that can be told."""

    url: str = field(repr=False)
    kind: str | None


def word_of(value: object) -> str | None:
    """A non-empty text, without the one character PostgreSQL cannot hold."""
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").strip() or None


def as_word(value: object) -> str | None:
    """A text, also out of a number; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return str(value)
        except ValueError:
            return None  # an integer of thousands of digits
    return word_of(value)


def number_of(value: object) -> float | None:
    """A number given as a number or as a text, with a point or a comma."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.replace(",", ".") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def mapping_of(value: object) -> dict[str, Any]:
    """An object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def pairs_of(value: object) -> dict[str, Any]:
    """One mapping out of an object, a list of `{name, value}` or a list of one-key objects."""
    if isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for item in value if isinstance(value, list) else ():
        if not isinstance(item, dict):
            continue
        name = next((item[key] for key in _KEY_NAMES if isinstance(item.get(key), str)), None)
        if name is not None and "value" in item:
            found[name] = item["value"]
        elif len(item) == 1:
            found.update(item)
    return found


def evidence_of(value: object) -> tuple[EvidenceAddress, ...]:
    """Evidence out of a list (or a mapping by kind) of addresses or objects."""
    if isinstance(value, dict):
        items: list[Any] = [
            {"type": kind, "url": item} if isinstance(item, str) else item
            for kind, item in value.items()
        ]
    else:
        items = value if isinstance(value, list) else []
    found = (_one_evidence(item) for item in items)
    return tuple(item for item in found if item is not None)


def _one_evidence(item: object) -> EvidenceAddress | None:
    members = {"url": item} if isinstance(item, str) else mapping_of(item)
    url = next((word for word in (word_of(members.get(n)) for n in _ADDRESS_NAMES) if word), None)
    if url is None:
        return None
    kind = next((word for word in (word_of(members.get(n)) for n in _KIND_NAMES) if word), None)
    return EvidenceAddress(url, kind or _last_segment(url))


def _last_segment(url: str) -> str | None:
    try:
        return urlsplit(url).path.rstrip("/").rpartition("/")[2] or None
    except ValueError:
        return None
