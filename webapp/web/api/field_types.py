"""Field types of the API's input; the JSON Schema of each says all that is checked."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from webapp.basics.text import clean_text

#: No control characters, bidirectional overrides or lone surrogates (`basics.text`).
_CLEAN = "[^\\u0000-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]"
MAX_METADATA, MAX_EXTRA_DATA = 50, 20
_LONGEST_METADATA_KEY, _LONGEST_METADATA_VALUE = 40, 500
_LONGEST_EXTRA_DATA_KEY, _LONGEST_EXTRA_DATA_VALUE = 40, 255


class NotAcceptable(ValueError):
    """A value is not acceptable; the text is a predicate that does not hold the value."""


def text(shortest: int, longest: int) -> Any:
    """Return the type of a text without control characters."""

    def check(value: str) -> str:
        if not shortest <= len(value) <= longest:
            raise NotAcceptable(f"must have {shortest} to {longest} characters")
        if clean_text(value, longest) is None or (shortest and not value.strip()):
            raise NotAcceptable("must not hold control characters, or white space alone")
        return value

    blank = f"{_CLEAN}*[^\\s\\u0000-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]{_CLEAN}*"
    pattern = f"^{blank if shortest else _CLEAN + '*'}$"
    schema = {
        "type": "string",
        "minLength": shortest,
        "maxLength": longest,
        "pattern": pattern,
    }
    return Annotated[str, AfterValidator(check), WithJsonSchema(schema)]


def mapping(most: int, longest_key: int, longest_value: int) -> Any:
    """Return the type of an object of texts."""
    values = text(0, longest_value)
    keys = f"^[A-Za-z0-9_.-]{{1,{longest_key}}}$"

    def check(value: dict[str, str]) -> dict[str, str]:
        if len(value) > most:
            raise NotAcceptable(f"must have at most {most} keys")
        if not all(_is_key(key, longest_key) for key in value):
            raise NotAcceptable(f"must have keys of 1 to {longest_key} letters, digits or _ . -")
        return value

    schema = {
        "type": "object",
        "maxProperties": most,
        "propertyNames": {"pattern": keys},
        "additionalProperties": {
            "type": "string",
            "maxLength": longest_value,
            "pattern": f"^{_CLEAN}*$",
        },
    }
    return Annotated[dict[str, values], AfterValidator(check), WithJsonSchema(schema)]  # type: ignore[valid-type]


def word(pattern: str, example: str) -> Any:
    """Return the type of a text of this form; `example` is named otherwise."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value, re.ASCII):
            raise NotAcceptable(f"must be like {example}")
        return value

    schema = {"type": "string", "pattern": f"^{pattern}$", "example": example}
    return Annotated[str, AfterValidator(check), WithJsonSchema(schema)]


def _is_key(key: str, longest: int) -> bool:
    return 0 < len(key) <= longest and all(
        char.isascii() and (char.isalnum() or char in "_.-") for char in key
    )


def _iso_date(value: Any) -> Any:
    """RFC 3339 full-date; Python 3.11 also reads other forms of ISO 8601."""
    if not isinstance(value, str):
        raise NotAcceptable("must be a text")
    try:
        found = date.fromisoformat(value) if len(value) == len("2001-01-31") else None
    except ValueError:
        found = None
    if found is None or found.isoformat() != value:
        raise NotAcceptable("must be a date such as 1990-12-31")
    return value


Subject = text(1, 255)
Metadata = mapping(MAX_METADATA, _LONGEST_METADATA_KEY, _LONGEST_METADATA_VALUE)
ExtraData = mapping(MAX_EXTRA_DATA, _LONGEST_EXTRA_DATA_KEY, _LONGEST_EXTRA_DATA_VALUE)
IsoDate = Annotated[
    str,
    BeforeValidator(_iso_date),
    WithJsonSchema({"type": "string", "format": "date", "example": "1990-12-31"}),
]
