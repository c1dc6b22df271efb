"""What others tell us about a person: one rule for host sites and identity providers."""

from __future__ import annotations

import re

#: Of an id, a name or a locale. OIDC Core 2 sets it for `sub`.
MOST_CHARACTERS = 255
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def fit_text(value: object, most: int = MOST_CHARACTERS) -> str | None:
    """`value` if it is a text that can be stored, sent and shown; otherwise None.

    Control characters, changes of direction and lone surrogates are in no name; they break
    databases, headers, and the sentence around them.
    """
    if not isinstance(value, str) or len(value) > most or _UNFIT.search(value):
        return None
    return value
