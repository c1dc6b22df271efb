"""The transition table: which status may follow which, and what each fact asks for.

Facts come from three sides and in any order. Only what the gateway itself answered
(`GatewaySaid`) can decide; what a browser says (`Returned`) is a hint that never
overwrites an answer. A move that the table does not know is not an error for a fact:
the fact is kept, the status stays.

    created ─► started ◄► submitted ─► deciding ─► in_review ─► verified | rejected
                 ▲│            ▲
                 │▼            │           expired, canceled: our own words;
              interrupted ─────┘           a late verdict still moves them on
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
    """The gateway's own words for `verificationResult` and notices (contract 5 and 9.1)."""

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
    """The status a gateway word asks for; None for no word, an unknown one, or mere evidence."""
    try:
        return _MEANING.get(GatewayWord((word or "").strip().upper()))
    except ValueError:
        return None


def may_become(current: Status, wanted: Status) -> bool:
    """Whether the table knows this move."""
    return wanted in TRANSITIONS[current]


def after_answer(current: Status, word: str | None) -> Status:
    """The status once the gateway has answered `word`; an impossible word changes nothing."""
    wanted = meaning(word)
    return wanted if wanted is not None and may_become(current, wanted) else current


def contradicts(current: Status, word: str | None) -> bool:
    """Whether the gateway now gives another verdict than before.

    A weaker word is no contradiction: it is an older answer that came late.
    """
    return current in FINAL and meaning(word) in FINAL - {current}


def after_return(current: Status, *, failed: bool) -> Status:
    """The status once the browser came back; `failed` when it carried an error.

    A hint: an answer of the gateway (`deciding` and later) is never touched. Nor does an error
    undo `submitted`: what was captured is not thrown away on a browser's word.
    """
    wanted = Status.INTERRUPTED if failed else Status.SUBMITTED
    return wanted if current in (Status.STARTED, Status.INTERRUPTED) else current


def newer_word(known: str | None, word: str | None) -> str | None:
    """Which of two answers to keep as the gateway's last: a weaker one is older and came late."""
    if not word:
        return known
    ranks = {Status.DECIDING: 1, Status.IN_REVIEW: 2, Status.VERIFIED: 3, Status.REJECTED: 3}
    was, now = (ranks.get(meaning(each) or Status.CREATED, 0) for each in (known, word))
    return known if 0 < now < was else word


def agrees(notice_word: str, answer_word: str | None) -> bool:
    """Whether the gateway's answer is at least as far as a notice said, so the notice is settled.

    Evidence marks and unknown words are settled by any answer: they change nothing.
    """
    said, answered = meaning(notice_word), meaning(answer_word)
    if said is None:
        return True
    if answered is None:
        return False
    return answered == said or may_become(said, answered)
