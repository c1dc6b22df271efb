"""Clean text from host sites and identity providers, and pluralize nouns in messages."""

from __future__ import annotations

import re

#: Of an id, a name or a locale. OIDC Core 2 sets it for `sub`.
MAX_CHARACTERS = 255
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean_text(value: object, most: int = MAX_CHARACTERS) -> str | None:
    """Return `value` if it is a string that can be stored, sent and shown, otherwise None.

    Refuses strings longer than `most` characters, and strings with control characters,
    bidirectional
    overrides or lone surrogates: these break databases, headers and the text around them.
    """
    if not isinstance(value, str) or len(value) > most or _UNFIT.search(value):
        return None
    return value


def pluralize(number: int, one: str, many: str = "") -> str:
    """Return "1 letter" or "2 letters"; `many` is the plural when it is not `one` plus "s"."""
    return f"{number} {one if number == 1 else many or one + 's'}"
