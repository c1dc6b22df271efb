"""Split a compact JWT into header and claims, without verifying it. RFC 7515, 7519."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any

from webapp.basics.json_reader import read_strict
from webapp.hostsite.errors import HandoffRefused

#: A token must fit the cookie (4096 bytes, name and attributes included) in which the browser
#: carries it past a cross-site form, so that no redirect ever puts one into a URL.
MAX_CHARACTERS = 3400
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)")


@dataclass(frozen=True)
class ParsedJwt:
    """Header and claims of a token, not verified."""

    header: dict[str, Any] = field(repr=False)
    claims: dict[str, Any] = field(repr=False)


def parse_jwt(token: str) -> ParsedJwt:
    """Return header and claims. Raises `HandoffRefused` (`too_large`, `malformed`)."""
    if len(token) > MAX_CHARACTERS:
        raise HandoffRefused("too_large")
    parts = _COMPACT.fullmatch(token)
    if parts is None:
        raise HandoffRefused("malformed")
    return ParsedJwt(_decode_object(parts[1]), _decode_object(parts[2]))


def _decode_object(part: str) -> dict[str, Any]:
    try:
        return read_strict(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        raise HandoffRefused("malformed") from None
