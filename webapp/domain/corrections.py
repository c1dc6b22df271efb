"""Compare the corrections of a decision with the data that the gateway shows afterwards.

Pure functions; the values are neither kept nor logged.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum


class CorrectionResult(StrEnum):
    """Whether the gateway shows a corrected field as it was sent."""

    CONFIRMED = "confirmed"
    DIFFERS = "differs"
    CANNOT_TELL = "cannot_tell"  # the gateway shows no such field, or one that cannot be read


#: Fields whose lines and groups the gateway may join or part.
_WITHOUT_BLANKS = frozenset({"mrz", "document_number", "personal_number"})


def compare_corrections(
    corrections: Mapping[str, str], shown: Mapping[str, str | None]
) -> dict[str, CorrectionResult]:
    """Return the result of each corrected field.

    `shown` holds the fields of the gateway's document, None for an empty one; dates are ISO 8601 on
    both sides. Texts are compared without case and blanks around words, but with accents.
    """
    return {name: _compare(name, value, shown) for name, value in corrections.items()}


def _compare(name: str, sent: str, shown: Mapping[str, str | None]) -> CorrectionResult:
    if name not in shown:
        return CorrectionResult.CANNOT_TELL
    if _normalized(name, sent) == _normalized(name, shown[name] or ""):
        return CorrectionResult.CONFIRMED
    return CorrectionResult.DIFFERS


def _normalized(name: str, text: str) -> str:
    blank = "" if name in _WITHOUT_BLANKS else " "
    return blank.join(unicodedata.normalize("NFC", text).split()).casefold()
