"""Taking a compact JWT apart before anything in it is believed. RFC 7515, 7519."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

from webapp.hostsite.errors import HandoffRefused

#: A token must fit the cookie (4096 bytes, name and attributes included) in which the browser
#: carries it past a cross-site form, so that no redirect ever puts one into an address.
MAX_CHARACTERS = 3400
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")


@dataclass(frozen=True)
class ParsedJwt:
    """Header and claims as they stand, unproven."""

    header: dict[str, Any] = field(repr=False)
    claims: dict[str, Any] = field(repr=False)


def taken_apart(token: str) -> ParsedJwt:
    """Header and claims of a token. Raises `HandoffRefused` (`too_large`, `malformed`)."""
    if len(token) > MAX_CHARACTERS:
        raise HandoffRefused("too_large")
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise HandoffRefused("malformed")
    return ParsedJwt(_object(parts[1]), _object(parts[2]))


def _object(part: str) -> dict[str, Any]:
    try:
        text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refused)
    except (binascii.Error, ValueError, RecursionError):
        raise HandoffRefused("malformed") from None
    if not isinstance(value, dict):
        raise HandoffRefused("malformed")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may choose differently between repeated names, so there must be none."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refused(_name: str) -> None:
    raise ValueError
