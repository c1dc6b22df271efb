"""An erasure: the deletion of an onboarding at the gateway and here, and how far it is proven."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

#: HTTP statuses that say that the gateway does not show a process (contract 4-P).
NOT_SHOWN = frozenset({401, 404, 410})
#: HTTP statuses below 500 after which a call may be repeated.
TEMPORARY = frozenset({408, 425, 429})
#: The other process must be readable this soon after the deleted one was not.
PROOF_WITHIN = timedelta(minutes=1)
#: How long an unproven erasure is tried to be proven.
UNPROVEN_AFTER = timedelta(days=7)
#: Longer than an attempt may take, so that a killed process delays the next one little.
ATTEMPT_LEASE = timedelta(seconds=20)


class ErasureState(StrEnum):
    """The words that the column `erasures.state` holds."""

    PENDING = "pending"  # the gateway has not deleted the process yet
    CONFIRMED = "confirmed"  # deleted, and proven (or the gateway never had a process)
    UNPROVEN = "unproven"  # deleted as far as is known; `problem` names what the proof lacks
    BLOCKED = "blocked"  # the gateway refuses; `problem` names what has to be fixed


class ErasureProblem(StrEnum):
    """Why an erasure is not confirmed; the words that the column `erasures.problem` holds."""

    NOT_TRIED = "not_tried"  # no attempt yet
    GATEWAY_UNAVAILABLE = "gateway_unavailable"
    STATE_REFUSED = "state_refused"  # 409
    RIGHT_MISSING = "right_missing"  # 403
    METHOD_REFUSED = "method_refused"  # 405
    REQUEST_REFUSED = "request_refused"  # 400 and other refusals
    NOT_DELETED = "not_deleted"  # 401 or 404 to the deletion of a process that is still shown
    STILL_SHOWN = "still_shown"  # success, and the process is still shown
    NOT_SHOWN_BEFORE = "not_shown_before"  # no 200 before the deletion
    NOT_ACKNOWLEDGED = "not_acknowledged"  # the deletion was not answered with success
    NOT_READ_AFTER = "not_read_after"  # no 401 or 404 after it
    NO_OTHER_PROCESS = "no_other_process"  # the account has no other process to compare with
    ACCOUNT_SHOWS_NOTHING = "account_shows_nothing"  # the other process was not readable either


@dataclass(frozen=True)
class GatewayAnswer:
    """What the gateway answered to one call: HTTP status (None: nothing usable), and when."""

    http_status: int | None
    at: datetime

    @property
    def succeeded(self) -> bool:
        """Whether the status is a 2xx."""
        return self.http_status is not None and 200 <= self.http_status < 300

    @property
    def is_not_shown(self) -> bool:
        """Whether the status says that the gateway does not show the process."""
        return self.http_status in NOT_SHOWN


@dataclass(frozen=True)
class GatewayEvidence:
    """The gateway's answers: before, to and after the deletion, and about another process.

    `method` is the HTTP method of the deletion (MOBBSCAN_DELETE_METHOD).
    """

    method: str
    read_before: GatewayAnswer | None = None
    delete: GatewayAnswer | None = None
    read_after: GatewayAnswer | None = None
    other_process: GatewayAnswer | None = None

    @property
    def is_deleted(self) -> bool:
        """Whether nothing shows that the gateway still has the process."""
        if self.delete is None or not (self.delete.succeeded or self.delete.is_not_shown):
            return False
        return self.read_after is None or not self.read_after.succeeded


@dataclass(frozen=True)
class Erasure:
    """A stored erasure; all times are aware UTC. Holds ids, words and times, no personal data.

    `evidence` is None if the gateway never had a process. `next_attempt_at` is None once settled.
    `claimed_until` is set while an attempt is in flight. `erased_at` is when the data was deleted
    here, `is_person_erased` whether the person's record and sessions were too: a person with other
    onboardings stays. `receipt` is a compact JWS, from then on.
    """

    id: str
    onboarding_id: str
    site: str
    actor: str
    state: ErasureState
    requested_at: datetime
    updated_at: datetime
    problem: ErasureProblem | None = None
    evidence: GatewayEvidence | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    claimed_until: datetime | None = None
    erased_at: datetime | None = None
    is_person_erased: bool = False
    receipt: str | None = field(default=None, repr=False)

    @property
    def is_settled(self) -> bool:
        """Whether no more attempts follow."""
        return self.next_attempt_at is None


def judge(evidence: GatewayEvidence) -> tuple[ErasureState, ErasureProblem | None]:
    """Return what the gateway's answers prove.

    A 401 is no proof by itself, since an account that has lost all rights gets it too. So
    `confirmed` needs 200 before, 2xx to the deletion, 401 or 404 after it, and 200 for another
    process within PROOF_WITHIN.
    """
    refusal = _refusal(evidence)
    if refusal is not None:
        return refusal
    lacking = _lacking(evidence)
    return (ErasureState.UNPROVEN, lacking) if lacking else (ErasureState.CONFIRMED, None)


def _refusal(evidence: GatewayEvidence) -> tuple[ErasureState, ErasureProblem] | None:
    """Return why the gateway has not deleted the process; None if it may have."""
    delete, after = evidence.delete, evidence.read_after
    status = delete.http_status if delete else None
    if delete is None or status is None or status >= 500 or status in TEMPORARY:
        return ErasureState.PENDING, ErasureProblem.GATEWAY_UNAVAILABLE
    if status == 409:
        return ErasureState.PENDING, ErasureProblem.STATE_REFUSED
    if delete.is_not_shown and after is not None and after.succeeded:
        return ErasureState.BLOCKED, ErasureProblem.NOT_DELETED
    if delete.succeeded or delete.is_not_shown:
        return None
    refused = {403: ErasureProblem.RIGHT_MISSING, 405: ErasureProblem.METHOD_REFUSED}
    return ErasureState.BLOCKED, refused.get(status, ErasureProblem.REQUEST_REFUSED)


def _lacking(evidence: GatewayEvidence) -> ErasureProblem | None:
    """Return what the proof lacks."""
    before, delete, after, other = (
        evidence.read_before,
        evidence.delete,
        evidence.read_after,
        evidence.other_process,
    )
    if after is not None and after.succeeded:
        return ErasureProblem.STILL_SHOWN
    if after is None or not after.is_not_shown:
        return ErasureProblem.NOT_READ_AFTER
    if before is None or not before.succeeded:
        return ErasureProblem.NOT_SHOWN_BEFORE
    if delete is None or not delete.succeeded:
        return ErasureProblem.NOT_ACKNOWLEDGED
    if other is None:
        return ErasureProblem.NO_OTHER_PROCESS
    is_in_time = abs(other.at - after.at) <= PROOF_WITHIN
    return None if other.succeeded and is_in_time else ErasureProblem.ACCOUNT_SHOWS_NOTHING


def claim(erasure: Erasure, now: datetime, evidence: GatewayEvidence) -> Erasure:
    """Begin an attempt; no other process makes one before the lease ends."""
    return replace(
        erasure,
        attempts=erasure.attempts + 1,
        claimed_until=now + ATTEMPT_LEASE,
        evidence=evidence,
        updated_at=now,
    )


def record_attempt(
    erasure: Erasure, now: datetime, evidence: GatewayEvidence, retry_at: datetime
) -> Erasure:
    """End an attempt: store the answers and what they prove, and plan the next one.

    No other attempt follows when it is confirmed, or unproven for UNPROVEN_AFTER.
    """
    state, problem = judge(evidence)
    is_over = state is ErasureState.CONFIRMED or (
        state is ErasureState.UNPROVEN and now >= erasure.requested_at + UNPROVEN_AFTER
    )
    return replace(
        erasure,
        state=state,
        problem=problem,
        evidence=evidence,
        next_attempt_at=None if is_over else retry_at,
        claimed_until=None,
        updated_at=now,
    )


def hurry(erasure: Erasure, now: datetime) -> Erasure:
    """Plan the next attempt for now; one in flight goes on."""
    return replace(erasure, next_attempt_at=now)


def reopen(erasure: Erasure, now: datetime) -> Erasure:
    """Begin anew: the gateway has created the process after its deletion."""
    return replace(
        erasure,
        state=ErasureState.PENDING,
        problem=ErasureProblem.NOT_TRIED,
        evidence=None,
        attempts=erasure.attempts + 1,  # what an attempt in flight reports no longer counts
        claimed_until=None,
        receipt=None,
        next_attempt_at=now,
        updated_at=now,
    )
