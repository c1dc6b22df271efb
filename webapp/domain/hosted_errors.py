"""Words by which the hosted page names an error, and what each means for the user.

One table for both ways in which a word arrives: as parameter `error` of the return address
(contract 7.4), and in an `Error` message to the page around the frame (contract 7.2, 7.7 and its
additions of 2026-11-30). A note is the name of the texts that explain the error: a reason code, or
one of the names in `_REASONS`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from webapp.domain.reasons import ReasonCode

#: Beginnings of words, as `_letters` writes them, in the order in which they are compared.
NOTES: Mapping[str, str] = {
    "permission": "permission_denied",
    "hardware": "camera_unavailable",
    "connection": "connection_lost",
    "timeout": "timed_out",  # the contract spells it in two ways
    "onboarding": "hosted_error",
    "support": "hosted_error",
    "webcamnotsupported": "camera_not_hd",
    "webcampermission": "permission_denied",
    "webcamnotallowed": "permission_denied",
    "webcam": "camera_unavailable",
    "protocol": "page_not_secure",
    "documentnotclassified": "document_unreadable",
    "facedocumentnotdetected": "document_unreadable",
    "wrongdocumenttype": "document_type_not_accepted",
    "documentalreadyscanned": "document_already_scanned",
    "maxfilesizetoscan": "file_too_large",
    "scanprocessisnotvalid": "checks_failed",
    "validation": "checks_failed",
    "scanprocess": "hosted_error",
    "wrongoperationmode": "hosted_error",
    "placeholdernotconfigured": "hosted_error",
    "usercancelled": "hosted_error",
}

#: Parts of the names in `scanProcessFailedValidations` (contract 9.3): they refine `checks_failed`.
FAILED_CHECKS: Mapping[str, str] = {
    "documentnotexpired": "document_expired",
    "legalage": "underage",
    "facialmatching": "face_mismatch",
    "liveness": "liveness_failed",
    "mrz": "document_unreadable",
}

#: All notes, each once.
NOTE_NAMES = tuple(dict.fromkeys((*NOTES.values(), *FAILED_CHECKS.values())))

#: The reason of each note that is no reason code itself.
_REASONS = {
    "camera_not_hd": ReasonCode.CAMERA_UNAVAILABLE,
    "page_not_secure": ReasonCode.HOSTED_ERROR,
    "document_already_scanned": ReasonCode.DOCUMENT_UNREADABLE,
    "file_too_large": ReasonCode.DOCUMENT_UNREADABLE,
    "checks_failed": ReasonCode.HOSTED_ERROR,
}

# What scripts and templates write where there is no value.
_NO_VALUES = frozenset({"", "undefined", "null", "none", "nil", "nan", "n/a", "false", "0", "-"})
_QUOTES = " \t\"'()[]{}"


@dataclass(frozen=True)
class HostedError:
    """What the user is shown (`note`), and what is stored (`reason`)."""

    note: str
    reason: ReasonCode


def hosted_error(word: str) -> HostedError:
    """Return the meaning of an error word; an unknown one is a `hosted_error`.

    `PermissionError`, `PERMISSION_ERROR` and `ERROR_PERMISSION` are the same word.
    """
    letters = _letters(word)
    note = next((name for start, name in NOTES.items() if letters.startswith(start)), None)
    if note is None:
        return HostedError(str(ReasonCode.HOSTED_ERROR), ReasonCode.HOSTED_ERROR)
    return HostedError(note, _REASONS.get(note) or ReasonCode(note))


def is_no_error(word: str) -> bool:
    """Return whether the value of `error` is the literal text of a missing value."""
    return word.strip(_QUOTES).casefold() in _NO_VALUES


def _letters(word: str) -> str:
    return re.sub("[^a-z]", "", word.casefold()).removeprefix("error")
