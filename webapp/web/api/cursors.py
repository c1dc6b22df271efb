"""Encode positions in a listing as opaque texts: a number, never a time."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import NoReturn

from webapp.web.api.problems import FieldError, InvalidInput

_LARGEST = 2**63 - 1
_POSITION = re.compile(r"(?P<kind>[a-z]):(?P<number>0|[1-9][0-9]{0,18})", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

ONBOARDINGS, MESSAGES = "o", "m"


def encode(kind: str, number: int) -> str:
    """Return the cursor of a position in the listing `kind`."""
    return base64.urlsafe_b64encode(f"{kind}:{number}".encode()).decode().rstrip("=")


def decode(kind: str, field: str, written: str) -> int:
    """Return the position. Raises InvalidInput about `field` for what is no cursor of `kind`."""
    number = _number(kind, written)
    if number is None:
        raise InvalidInput([FieldError(field, "must be a next_cursor of an earlier page")])
    return number


def decode_or_time(kind: str, field: str, written: str) -> int | datetime:
    """Return the position, or the time (aware). Raises InvalidInput about `field`."""
    number = _number(kind, written)
    if number is not None:
        return number
    # A plus sign that is not escaped arrives as a space.
    text = written[:-6] + written[-6:].replace(" ", "+")
    try:
        time = datetime.fromisoformat(text.upper()) if _TIME.fullmatch(text) else None
        return time.astimezone(UTC) if time else _refuse_time(field)
    except (ValueError, OverflowError):  # year 1 or 9999, and an offset
        return _refuse_time(field)


def _refuse_time(field: str) -> NoReturn:
    what = "must be a next_cursor, or a time such as 2026-11-30T12:00:00Z"
    raise InvalidInput([FieldError(field, what)])


def _number(kind: str, written: str) -> int | None:
    try:
        padded = written + "=" * (-len(written) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    found = _POSITION.fullmatch(text)
    if found is None or found["kind"] != kind or int(found["number"]) > _LARGEST:
        return None
    return int(found["number"])
