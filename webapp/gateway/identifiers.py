"""Process ids as the gateway writes them."""

from __future__ import annotations

import re

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def canonical_id(value: object) -> str:
    """A process id in lower case with its dashes; `ValueError` for anything else. Contract 4-S."""
    if isinstance(value, str) and _UUID.fullmatch(value.lower()) and value.isascii():
        return value.lower()
    raise ValueError("not a UUID")
