"""announce: write a message for the host site, in the transaction that changes the status.

The outbox row commits with the change: neither exists without the other. The jobs process sends it
(`message_delivery`).
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from webapp.domain.messages import EVIDENCE_AVAILABLE, PING, Message, MessageState
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.onboarding_inputs import NOT_CHECKED
from webapp.domain.states import known_word
from webapp.hostsite.signed_results import ResultClaims, ResultSigner
from webapp.store.message_facts import MessageFacts
from webapp.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class AnnounceContext:
    """What a message needs besides the onboarding.

    `now` is aware UTC. Without a receiver (`webhook_url`) the message is stored for the API only.
    """

    now: datetime
    has_receiver: bool
    signer: ResultSigner


def announce(
    unit_of_work: UnitOfWork,
    onboarding: Onboarding,
    previous_status: Status | None,
    context: AnnounceContext,
    facts: MessageFacts | None = None,
) -> Message:
    """Write `onboarding.<status>` to the outbox; `previous_status` is None for a new onboarding.

    `facts` are read unless the caller knows them. `onboarding` is saved already, and its row locked
    by this transaction: the lock keeps `sequence` without gaps. Call it through
    `JourneyDependencies.announce_change` or `announce_new`.
    """
    type_ = f"onboarding.{onboarding.status}"
    facts = facts or unit_of_work.message_facts.of(onboarding.id, onboarding.owner_id)
    return _write(unit_of_work, onboarding, type_, previous_status, context, facts)


def announce_evidence(
    unit_of_work: UnitOfWork, onboarding: Onboarding, context: AnnounceContext
) -> Message:
    """Write `onboarding.evidence_available` to the outbox, as `announce`."""
    facts = unit_of_work.message_facts.of(onboarding.id, onboarding.owner_id)
    previous = onboarding.status
    return _write(unit_of_work, onboarding, EVIDENCE_AVAILABLE, previous, context, facts)


def new_ping(site: str, now: datetime, *, livemode: bool) -> Message:
    """Return a message that tests the receiver of a site; it belongs to no onboarding."""
    data = {"site": site, "livemode": livemode}
    return new_message(site, PING, data, now, has_receiver=True)


def _write(
    work: UnitOfWork,
    row: Onboarding,
    type_: str,
    previous: Status | None,
    context: AnnounceContext,
    facts: MessageFacts,
) -> Message:
    sequence = facts.last_sequence + 1
    # Never before the message that precedes it, although the clocks of nodes differ.
    at = max(context.now, facts.last_created_at or context.now)
    data = message_data(row, previous, facts, context.signer)
    message = replace(
        new_message(row.site, type_, data, at, has_receiver=context.has_receiver),
        onboarding_id=row.id,
        sequence=sequence,
    )
    work.messages.add(message)
    return message


def erased_body(row: Onboarding, context: AnnounceContext, sequence: int, at: datetime) -> str:
    """Return the body that takes the place of an earlier message about an erased onboarding."""
    facts = replace(MessageFacts.of_new(None, {}), last_sequence=sequence - 1)
    return _body(f"onboarding.{row.status}", message_data(row, None, facts, context.signer), at)


def message_data(
    row: Onboarding, previous: Status | None, facts: MessageFacts, signer: ResultSigner
) -> dict[str, Any]:
    """Return `data` of the message that follows the one of `facts`."""
    claims = ResultClaims(row.site, facts.subject, row.id, str(row.status))
    return {
        "id": row.id,
        "site": row.site,
        "subject": facts.subject,
        "flow": row.flow,
        "status": str(row.status),
        "previous_status": str(previous) if previous else None,
        "gateway_status": known_word(row.gateway_status),
        "final": row.final,
        "reasons": [{"code": str(r.code), "retry_allowed": r.retry_allowed} for r in row.reasons],
        "attempt": row.attempt,
        "sequence": facts.last_sequence + 1,
        "expected_match": facts.expected_match or NOT_CHECKED,
        "metadata": dict(facts.metadata),
        "livemode": row.livemode,
        "result": signer.sign(claims),
    }


def new_message(
    site: str, type_: str, data: dict[str, Any], at: datetime, *, has_receiver: bool
) -> Message:
    """Return a message that was written at `at` and belongs to no onboarding yet."""
    return Message(
        id=f"msg_{uuid.uuid4().hex}",
        site=site,
        onboarding_id=None,
        sequence=None,
        type=type_,
        body=_body(type_, data, at),
        created_at=at,
        state=MessageState.PENDING if has_receiver else MessageState.UNSENT,
        next_attempt_at=at if has_receiver else None,
    )


def _body(type_: str, data: dict[str, Any], at: datetime) -> str:
    timestamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    content = {"type": type_, "timestamp": timestamp, "data": data}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
