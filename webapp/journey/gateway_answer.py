"""Apply the gateway's answer to an onboarding: pure functions without a database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from webapp.domain import states, transitions
from webapp.domain.onboarding import AWAITING_USER, FINAL, Onboarding, Status
from webapp.domain.reasons import ReasonCode, of_rejection, reason
from webapp.domain.transitions import Verdict
from webapp.gateway.models import ProcessData

#: A process that the gateway showed before and does not show any more counts as lost after so many
#: polls and so long: a 401 may also be a passing fault of the gateway.
LOST_POLLS = 3
LOST_AFTER = timedelta(hours=24)
#: How far the gateway's clock may be off before its times are not believed.
CLOCK_SKEW = timedelta(minutes=5)
#: Characters kept of a gateway's word, as many as the column has.
MAX_WORD_CHARACTERS = 64
_CAN_EXPIRE = AWAITING_USER | {Status.SUBMITTED}


def word_of(answer: ProcessData | None) -> str | None:
    """Return the gateway's status word, cut to the length of its column."""
    word = answer.verification_result if answer else None
    return word[:MAX_WORD_CHARACTERS] if word else None


def count_unanswered(row: Onboarding, answer: ProcessData | None, now: datetime) -> Onboarding:
    """Count polls without an answer about a process that the gateway showed before."""
    silent = answer is None and row.gateway_status is not None and row.active
    if not silent and not row.unanswered_polls:
        return row
    return transitions.count_unanswered_poll(row, now, answered=not silent)


def is_lost(row: Onboarding, now: datetime) -> bool:
    """Whether the gateway has not shown the process for so long that it counts as lost."""
    since = row.unanswered_since
    return row.unanswered_polls >= LOST_POLLS and since is not None and now >= since + LOST_AFTER


def next_status(
    row: Onboarding, answer: ProcessData | None, now: datetime, *, only_verdict: bool
) -> Status:
    """Return the status that the answer, or the expiry, leads to.

    `only_verdict`: the person has another active onboarding, so this one must not become active.
    """
    status = states.after_answer(row.status, word_of(answer))
    if only_verdict and status not in FINAL:
        status = row.status
    return Status.EXPIRED if status in _CAN_EXPIRE and row.expires_at <= now else status


def apply_answer(
    row: Onboarding,
    status: Status,
    answer: ProcessData | None,
    now: datetime,
    reason_map: Mapping[str, str],
    reason_sent: ReasonCode | None = None,
) -> Onboarding:
    """Return `row` in `status` with the facts of the answer; `row` itself if nothing changed.

    `reason_sent` is the reason of our own rejection, for a gateway that returns no text.
    """
    word = states.newer_word(row.gateway_status, word_of(answer))
    if status is row.status and word == row.gateway_status:
        return row
    if status is row.status:
        return transitions.record_gateway_status(row, now, word)
    if status is Status.EXPIRED or answer is None:  # without an answer only the expiry changes it
        return transitions.expire(row, now, word)
    if status in FINAL:
        decided_at = _decision_time(answer, row, now)
        verdict = _verdict(status, answer, decided_at, reason_map, reason_sent)
        return transitions.record_verdict(row, now, status, word, verdict)
    return transitions.mark_undecided(row, now, status, word)


def _decision_time(answer: ProcessData, row: Onboarding, now: datetime) -> datetime:
    """Return when the gateway decided, or `now` where its time cannot be right.

    A time is believed from the onboarding's creation until now, with CLOCK_SKEW on both sides; of
    two meanings, in the double hour of a change to winter time, the first one that fits.
    """
    for time in answer.verification_times:
        if row.created_at - CLOCK_SKEW <= time <= now + CLOCK_SKEW:
            return time
    return now


def _verdict(
    status: Status,
    answer: ProcessData,
    decided_at: datetime,
    reason_map: Mapping[str, str],
    reason_sent: ReasonCode | None,
) -> Verdict:
    if status is Status.VERIFIED:
        return Verdict(decided_at, answer.agent)
    code = of_rejection(answer.rejection_reason, reason_map, reason_sent)
    return Verdict(decided_at, answer.agent, answer.rejection_reason, (reason(code),))
