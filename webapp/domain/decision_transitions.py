"""Change a decision: one function per transition.

Each takes the stored decision and `now` (aware UTC, becomes `updated_at`) and returns the changed
one; the caller saves it while it holds the lock on the onboarding's row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from webapp.domain.corrections import CorrectionResult
from webapp.domain.decisions import DecisionOutcome, DecisionRecord, DecisionState, GatewayReply

#: Longer than the request to the gateway may take, so that a killed process delays it little.
SEND_LEASE = timedelta(seconds=15)
#: Pauses before the request is repeated after the gateway gave no usable reply; the last repeats.
RETRY_PAUSES = tuple(timedelta(seconds=s) for s in (2, 10, 60, 300, 1800))
#: The gateway took the decision but does not show it: when it is sent again.
RESEND_AFTER = timedelta(hours=1)
#: How long polls may show no verdict after the gateway replied with success, 401 or 409.
UNCONFIRMED_AFTER = timedelta(hours=24)


def claim_sending(decision: DecisionRecord, now: datetime) -> DecisionRecord:
    """Begin to send it; no other process sends it before the lease ends."""
    return replace(
        decision, attempts=decision.attempts + 1, due_at=now + SEND_LEASE, updated_at=now
    )


def count_undelivered(decision: DecisionRecord) -> DecisionRecord:
    """Count the attempt that has just ended as one that the gateway did not carry out."""
    return replace(decision, undelivered_attempts=decision.undelivered_attempts + 1)


def postpone_sending(
    decision: DecisionRecord, now: datetime, reply: GatewayReply, retry_after: timedelta
) -> DecisionRecord:
    """Send it again later, after growing pauses but not before the gateway's `Retry-After`."""
    pause = RETRY_PAUSES[min(decision.attempts, len(RETRY_PAUSES)) - 1]
    return _replied(decision, now, reply, now + max(pause, retry_after))


def postpone_unauthorized(
    decision: DecisionRecord, now: datetime, reply: GatewayReply
) -> DecisionRecord:
    """Send it again later: 401 may be a passing fault, or mean that the process is not ours."""
    return postpone_sending(_mark_unconfirmed(decision, now), now, reply, timedelta())


def park(decision: DecisionRecord, now: datetime, reply: GatewayReply) -> DecisionRecord:
    """Wait until the gateway grants our account the right; a rare attempt notices that."""
    return replace(
        decision,
        state=DecisionState.PARKED,
        due_at=now + RETRY_PAUSES[-1],
        reply=reply,
        updated_at=now,
    )


def release(decision: DecisionRecord, now: datetime) -> DecisionRecord:
    """Send a parked or dead decision again now."""
    return replace(
        decision, state=DecisionState.OPEN, due_at=now, unconfirmed_since=None, updated_at=now
    )


def acknowledge(decision: DecisionRecord, now: datetime, reply: GatewayReply) -> DecisionRecord:
    """The gateway took it: polls confirm it."""
    return _replied(_mark_unconfirmed(decision, now), now, reply, now + RESEND_AFTER)


def end_sending(decision: DecisionRecord, now: datetime, reply: GatewayReply) -> DecisionRecord:
    """The gateway answered 409: it is not sent again, polls show what was decided."""
    return _replied(_mark_unconfirmed(decision, now), now, reply, None)


def is_hopeless(decision: DecisionRecord, now: datetime) -> bool:
    """Whether polls have shown no verdict for too long after the gateway replied."""
    since = decision.unconfirmed_since
    return since is not None and now >= since + UNCONFIRMED_AFTER


def dead_letter(decision: DecisionRecord, now: datetime) -> DecisionRecord:
    """Stop to carry it out: the gateway neither takes it nor shows a verdict."""
    return replace(decision, state=DecisionState.DEAD, due_at=None, updated_at=now)


def settle(
    decision: DecisionRecord,
    now: datetime,
    outcome: DecisionOutcome,
    reply: GatewayReply | None = None,
    results: Mapping[str, CorrectionResult] | None = None,
) -> DecisionRecord:
    """End it, and delete what was sent; keep the results of comparing its corrections."""
    return replace(
        decision,
        state=DecisionState.SETTLED,
        outcome=outcome,
        content=None,
        corrected_fields=results or decision.corrected_fields,
        due_at=None,
        reply=reply or decision.reply,
        updated_at=now,
    )


def _mark_unconfirmed(decision: DecisionRecord, now: datetime) -> DecisionRecord:
    return replace(decision, unconfirmed_since=decision.unconfirmed_since or now)


def _replied(
    decision: DecisionRecord, now: datetime, reply: GatewayReply, due_at: datetime | None
) -> DecisionRecord:
    return replace(decision, state=DecisionState.OPEN, due_at=due_at, reply=reply, updated_at=now)
