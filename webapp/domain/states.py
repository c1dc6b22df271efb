"""The transition table: which status may follow which, and what each event leads to.

Gateway answers and browser returns come in any order. Only an answer of the gateway can decide;
a return of the browser is a hint that never overwrites an answer. An event whose transition the
table does not allow is no error: the event is recorded, the status stays.

    created ─► started ◄► submitted ─► deciding ─► in_review ─► verified | rejected
                 ▲│            ▲
                 │▼            │           expired, canceled: set by us;
              interrupted ─────┘           a late verdict still replaces them
"""

from __future__ import annotations

from enum import StrEnum

from webapp.domain.onboarding import FINAL, Status

_VERDICTS = frozenset({Status.DECIDING, Status.IN_REVIEW, Status.VERIFIED, Status.REJECTED})
_ENDS = frozenset({Status.EXPIRED, Status.CANCELED, Status.ERASED})

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.CREATED: frozenset({Status.STARTED}) | _VERDICTS | _ENDS,
    Status.STARTED: frozenset({Status.INTERRUPTED, Status.SUBMITTED}) | _VERDICTS | _ENDS,
    Status.INTERRUPTED: frozenset({Status.STARTED, Status.SUBMITTED}) | _VERDICTS | _ENDS,
    Status.SUBMITTED: frozenset({Status.STARTED}) | _VERDICTS | _ENDS,
    Status.DECIDING: frozenset({Status.IN_REVIEW, Status.VERIFIED, Status.REJECTED}) | _ENDS,
    Status.IN_REVIEW: frozenset({Status.VERIFIED, Status.REJECTED}) | _ENDS,
    Status.VERIFIED: frozenset({Status.ERASED}),
    Status.REJECTED: frozenset({Status.ERASED}),
    Status.EXPIRED: _VERDICTS | {Status.ERASED},
    Status.CANCELED: _VERDICTS | {Status.ERASED},
    Status.ERASED: frozenset(),
}


class GatewayWord(StrEnum):
    """The values of `verificationResult` and of a notice's `status` (contract 5 and 9.1)."""

    PENDING_VALIDATION = "PENDING_VALIDATION"
    PENDING_VERIFICATION = "PENDING_VERIFICATION"
    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    NOT_VERIFIED = "NOT_VERIFIED"
    VIDEO_AVAILABLE = "VIDEO_AVAILABLE"


_MEANING = {
    GatewayWord.PENDING_VALIDATION: Status.DECIDING,
    GatewayWord.PENDING_VERIFICATION: Status.IN_REVIEW,
    GatewayWord.PENDING: Status.IN_REVIEW,
    GatewayWord.VERIFIED: Status.VERIFIED,
    GatewayWord.NOT_VERIFIED: Status.REJECTED,
}


def meaning(word: str | None) -> Status | None:
    """Map a gateway word to a status; None for no word, an unknown one, or an evidence mark."""
    try:
        return _MEANING.get(GatewayWord((word or "").strip().upper()))
    except ValueError:
        return None


def known_word(word: str | None) -> str | None:
    """Return the gateway's word as the contract writes it, `unknown` for any other one."""
    if word is None:
        return None
    try:
        return str(GatewayWord(word.strip().upper()))
    except ValueError:
        return "unknown"


def marks_evidence(word: str | None) -> bool:
    """Whether the word says that the recording of the capture is available."""
    return known_word(word) == GatewayWord.VIDEO_AVAILABLE


def may_become(current: Status, wanted: Status) -> bool:
    """Whether the table allows this transition."""
    return wanted in TRANSITIONS[current]


def after_answer(current: Status, word: str | None) -> Status:
    """Return the status after the gateway answered `word`; `current` if it is impossible."""
    wanted = meaning(word)
    return wanted if wanted is not None and may_become(current, wanted) else current


def contradicts(current: Status, word: str | None) -> bool:
    """Whether the gateway now reports another verdict than before.

    A word before the verdict is no contradiction: it is an older answer that arrived late.
    """
    return current in FINAL and meaning(word) in FINAL - {current}


def after_return(current: Status, *, failed: bool) -> Status:
    """Return the status after the browser returned; `failed` when it carried an error.

    Never changes an answer of the gateway (`deciding` and later). An error does not undo
    `submitted`: a browser's parameter must not discard a capture.
    """
    wanted = Status.INTERRUPTED if failed else Status.SUBMITTED
    return wanted if current in (Status.STARTED, Status.INTERRUPTED) else current


def newer_word(known: str | None, word: str | None) -> str | None:
    """Return which of two words to store as the gateway's last: the one closer to a verdict.

    Answers can arrive out of order; an earlier stage after a later one is the older answer.
    """
    if not word:
        return known
    ranks = {Status.DECIDING: 1, Status.IN_REVIEW: 2, Status.VERIFIED: 3, Status.REJECTED: 3}
    was, now = (ranks.get(meaning(each) or Status.CREATED, 0) for each in (known, word))
    return known if 0 < now < was else word


def agrees(notice_word: str, answer_word: str | None) -> bool:
    """Whether the answer is at least as far as the notice, which settles the notice.

    Any answer settles evidence marks and unknown words: they change nothing.
    """
    announced, answered = meaning(notice_word), meaning(answer_word)
    if announced is None:
        return True
    if answered is None:
        return False
    return answered == announced or may_become(announced, answered)
