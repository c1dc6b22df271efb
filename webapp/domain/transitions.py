"""Change an onboarding: one function per transition.

Each takes the stored onboarding and `now` (aware UTC, becomes `updated_at`) and returns the changed
one with the next version; the caller saves it. `case_version` moves only where status, facts or
decision change. None of them checks the transition table: the caller asks `domain.states` first.
`count_unanswered_poll` and `plan_poll` keep version and time, since users never see its fields.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.reasons import Reason, ReasonCode, reason
from webapp.domain.schedule import PollReason

#: The language of an erased onboarding (BCP 47, RFC 5646 2.2.1).
UNDETERMINED = "und"


@dataclass(frozen=True)
class PollPlan:
    """When the gateway is polled next (aware UTC; None: never), why, and after how many polls."""

    at: datetime | None
    reason: PollReason
    count: int = 0


@dataclass(frozen=True)
class Verdict:
    """What the gateway reports with `verified` or `rejected`."""

    decided_at: datetime
    decided_by: str | None
    rejection_reason: str | None = None
    reasons: tuple[Reason, ...] = ()


def claim_create_call(row: Onboarding, now: datetime) -> Onboarding:
    """Begin one more create call; the caller that saves this may make the call."""
    return replace(_next(row, now), create_calls=row.create_calls + 1, create_called_at=now)


def release_create_call(row: Onboarding, now: datetime) -> Onboarding:
    """End a create call that brought no process, so that the next request may call again."""
    return replace(_next(row, now), create_called_at=None)


def mark_started(
    row: Onboarding, now: datetime, hosted_url: str, onboarding_token: str, poll: PollPlan | None
) -> Onboarding:
    """Store the gateway's process. A notice may have moved the status on already: it stays.

    `poll` replaces the poll plan; None keeps it.
    """
    is_new = row.status is Status.CREATED
    started = replace(
        _next_case(row, now) if is_new else _next(row, now),
        status=Status.STARTED if is_new else row.status,
        hosted_url=hosted_url,
        onboarding_token=onboarding_token,
        started_at=now,
        create_called_at=None,
    )
    return started if poll is None else plan_poll(started, poll)


def keep_untrusted_page(
    row: Onboarding, now: datetime, hosted_url: str, onboarding_token: str
) -> Onboarding:
    """End a create call whose process has its page on an origin that is not configured.

    The status stays: the address is used once the origin is trusted.
    """
    return replace(
        _next(row, now),
        hosted_url=hosted_url,
        onboarding_token=onboarding_token,
        create_called_at=None,
    )


def cancel_as_refused(row: Onboarding, now: datetime) -> Onboarding:
    """Cancel after the gateway refused the create call: the flow's settings are wrong."""
    canceled = _cancel(row, now, ReasonCode.GATEWAY_REFUSED)
    return replace(canceled, create_called_at=None, next_poll_at=None)


def cancel_as_lost(row: Onboarding, now: datetime) -> Onboarding:
    """Cancel after the gateway stopped to show the process."""
    return _cancel(row, now, ReasonCode.GATEWAY_LOST)


def cancel_as_withdrawn(row: Onboarding, now: datetime) -> Onboarding:
    """Cancel on behalf of the host site; polls go on, since a verdict may still come."""
    return _cancel(row, now, ReasonCode.WITHDRAWN)


def cancel_as_replaced(row: Onboarding, now: datetime) -> Onboarding:
    """Cancel because another onboarding takes its place; see `link_replacement`."""
    return replace(_cancel(row, now, ReasonCode.REPLACED), next_poll_at=None)


def erase(row: Onboarding, now: datetime) -> Onboarding:
    """Return the tombstone: ids, site, flow and the times of creation and erasure stay."""
    return Onboarding(
        id=row.id,
        person_id=None,
        site=row.site,
        flow=row.flow,
        status=Status.ERASED,
        attempt=row.attempt,
        mode=row.mode,
        locale=UNDETERMINED,
        livemode=row.livemode,
        created_at=row.created_at,
        updated_at=now,
        expires_at=row.expires_at,
        version=row.version + 1,
        case_version=row.case_version + 1,
        create_calls=row.create_calls,
        next_poll_at=row.next_poll_at,
        poll_reason=row.poll_reason,
        poll_count=row.poll_count,
    )


def plan_poll(row: Onboarding, poll: PollPlan) -> Onboarding:
    """Replace the poll plan; version and time stay, since users never see it."""
    return replace(row, next_poll_at=poll.at, poll_reason=poll.reason, poll_count=poll.count)


def link_replacement(row: Onboarding, now: datetime, replacement_id: str) -> Onboarding:
    """Name the onboarding that takes its place."""
    return replace(_next(row, now), replaced_by=replacement_id)


def reopen_unfinished(row: Onboarding, now: datetime) -> Onboarding:
    """Return `submitted` to `started`: the user says that the capture is not finished."""
    return replace(_next_case(row, now), status=Status.STARTED, submitted_at=None)


def offer_again(row: Onboarding, now: datetime) -> Onboarding:
    """Return `interrupted` to `started` with the same address."""
    return replace(_next_case(row, now), status=Status.STARTED, reasons=())


def mark_interrupted(row: Onboarding, now: datetime, code: ReasonCode) -> Onboarding:
    """Record that the browser returned with an error."""
    return replace(
        _next_case(row, now),
        status=Status.INTERRUPTED,
        reasons=(reason(code),),
        interruptions=row.interruptions + 1,
    )


def mark_submitted(row: Onboarding, now: datetime) -> Onboarding:
    """Record that the browser returned without an error."""
    return replace(
        _next_case(row, now),
        status=Status.SUBMITTED,
        reasons=(),
        submitted_at=row.submitted_at or now,
    )


def record_gateway_status(row: Onboarding, now: datetime, gateway_status: str | None) -> Onboarding:
    """Store the gateway's word; the status stays."""
    return replace(_next_case(row, now), gateway_status=gateway_status)


def expire(row: Onboarding, now: datetime, gateway_status: str | None) -> Onboarding:
    """End it because the user did not finish in time."""
    return replace(_next_case(row, now), status=Status.EXPIRED, gateway_status=gateway_status)


def mark_undecided(
    row: Onboarding, now: datetime, status: Status, gateway_status: str | None
) -> Onboarding:
    """Store that the gateway has the capture: `deciding` or `in_review`."""
    return replace(
        _next_case(row, now),
        status=status,
        gateway_status=gateway_status,
        submitted_at=row.submitted_at or now,
        deciding_at=now if status is Status.DECIDING else row.deciding_at,
        reasons=(),
    )


def record_verdict(
    row: Onboarding, now: datetime, status: Status, gateway_status: str | None, verdict: Verdict
) -> Onboarding:
    """Store the gateway's verdict: `verified` or `rejected`."""
    return replace(
        _next_case(row, now),
        status=status,
        gateway_status=gateway_status,
        submitted_at=row.submitted_at or now,
        decided_at=verdict.decided_at,
        decided_by=verdict.decided_by,
        rejection_reason=verdict.rejection_reason,
        reasons=verdict.reasons,
    )


def mark_evidence_available(row: Onboarding, now: datetime) -> Onboarding:
    """Record that the gateway has the recording of the capture; the status stays."""
    return replace(_next(row, now), evidence_available_at=now)


def mark_overdue(row: Onboarding, now: datetime) -> Onboarding:
    """Record that the host site has not decided in time; the status stays."""
    return replace(_next(row, now), overdue_at=now)


def record_decision(row: Onboarding, now: datetime) -> Onboarding:
    """Record that a decision was requested or settled; the status stays."""
    return _next_case(row, now)


def record_facts(row: Onboarding, now: datetime) -> Onboarding:
    """Record that facts outside this row have changed; the status stays."""
    return _next_case(row, now)


def count_unanswered_poll(row: Onboarding, now: datetime, *, answered: bool) -> Onboarding:
    """Count one poll without an answer, or reset the count after an answer."""
    if answered:
        return replace(row, unanswered_polls=0, unanswered_since=None)
    return replace(
        row,
        unanswered_polls=row.unanswered_polls + 1,
        unanswered_since=row.unanswered_since or now,
    )


def _cancel(row: Onboarding, now: datetime, code: ReasonCode) -> Onboarding:
    return replace(_next_case(row, now), status=Status.CANCELED, reasons=(reason(code),))


def _next_case(row: Onboarding, now: datetime) -> Onboarding:
    return replace(_next(row, now), case_version=row.case_version + 1)


def _next(row: Onboarding, now: datetime) -> Onboarding:
    return replace(row, updated_at=now, version=row.version + 1)
