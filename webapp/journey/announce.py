"""announce: write a message for the host site, in the transaction that changes the status.

The outbox row commits with the change: neither exists without the other. The jobs process sends it
(`message_delivery`).
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from webapp.domain.messages import EVIDENCE_AVAILABLE, PING, Message, MessageState
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.states import known_word
from webapp.store.unit_of_work import UnitOfWork


def announce(
    unit_of_work: UnitOfWork,
    onboarding: Onboarding,
    previous_status: Status | None,
    *,
    now: datetime,
    has_receiver: bool,
) -> Message:
    """Write `onboarding.<status>` to the outbox; `previous_status` is None for a new onboarding.

    `onboarding` is saved already, and its row locked by this transaction: the lock keeps
    `sequence` without gaps. Without a receiver the message is stored for the API only.
    """
    type_ = f"onboarding.{onboarding.status}"
    return _write(unit_of_work, onboarding, type_, previous_status, now, has_receiver=has_receiver)


def announce_evidence(
    unit_of_work: UnitOfWork, onboarding: Onboarding, *, now: datetime, has_receiver: bool
) -> Message:
    """Write `onboarding.evidence_available` to the outbox, as `announce`."""
    previous = onboarding.status
    return _write(
        unit_of_work, onboarding, EVIDENCE_AVAILABLE, previous, now, has_receiver=has_receiver
    )


def new_ping(site: str, now: datetime, *, livemode: bool) -> Message:
    """Return a message that tests the receiver of a site; it belongs to no onboarding."""
    body = _body(PING, now, {"site": site, "livemode": livemode})
    return _message(site, PING, body, now, has_receiver=True)


def _write(
    work: UnitOfWork,
    row: Onboarding,
    type_: str,
    previous: Status | None,
    now: datetime,
    *,
    has_receiver: bool,
) -> Message:
    last = work.messages.last_of(row.id) if previous else None  # a new onboarding has none
    sequence = last[0] + 1 if last else 1
    # Never before the message that precedes it, although the clocks of nodes differ.
    at = max(context.now, last[1]) if last else context.now
    subject = work.people.get(row.person_id).subject
    claims = ResultClaims(row.site, subject, row.id, str(row.status))
    data: dict[str, Any] = {
        "id": row.id,
        "site": row.site,
        "subject": person.subject,
        "flow": row.flow,
        "status": str(row.status),
        "previous_status": str(previous) if previous else None,
        "gateway_status": known_word(row.gateway_status),
        "final": row.final,
        "reasons": [{"code": str(r.code), "retry_allowed": r.retry_allowed} for r in row.reasons],
        "attempt": row.attempt,
        "sequence": sequence,
        "expected_match": "not_checked",
        "metadata": {},
        "livemode": row.livemode,
        "result": None,
    }


def _body(type_: str, at: datetime, data: dict[str, Any]) -> str:
    timestamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    content = {"type": type_, "timestamp": timestamp, "data": data}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _message(
    site: str, type_: str, body: str, at: datetime, *, has_receiver: bool, **more: Any
) -> Message:
    return Message(
        id=f"msg_{uuid.uuid4().hex}",
        site=site,
        onboarding_id=more.get("onboarding_id"),
        sequence=more.get("sequence"),
        type=type_,
        body=body,
        created_at=at,
        state=MessageState.PENDING if has_receiver else MessageState.UNSENT,
        next_attempt_at=at if has_receiver else None,
    )
