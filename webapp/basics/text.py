"""Clean text from host sites and identity providers, and pluralize nouns in messages."""

from __future__ import annotations

import re

#: Longest id, name or locale. OIDC Core 2 sets this limit for `sub`.
MAX_CHARACTERS = 255
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean_text(value: object, max_characters: int = MAX_CHARACTERS) -> str | None:
    """Return `value` if it is a string that can be stored, sent and displayed, otherwise None.

    Refuses strings longer than `max_characters`, and strings with control characters,
    bidirectional overrides or lone surrogates: these break databases, headers and pages.
    """
    if not isinstance(value, str) or len(value) > max_characters or _FORBIDDEN.search(value):
        return None
    return value


def pluralize(number: int, one: str, many: str = "") -> str:
    """Return "1 notice" or "2 notices"; `many` is the plural if it is not `one` plus "s"."""
    return f"{number} {one if number == 1 else many or one + 's'}"
