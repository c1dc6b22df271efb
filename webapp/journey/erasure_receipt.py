"""The receipt of an erasure: what the gateway answered, and what was deleted here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from webapp.domain.erasures import Erasure, GatewayAnswer, GatewayEvidence

#: What is deleted here with an onboarding; the words are part of the API.
DELETED_WITH_ONBOARDING = (
    "onboarding_data",
    "inputs",
    "consents",
    "links",
    "decision_contents",
    "evidence_hashes",
    "notice_bodies",
    "message_bodies",
    "timeline_details",
    "stored_api_answers",
)
DELETED_WITH_PERSON = ("person", "sessions")


def receipt_claims(erasure: Erasure) -> dict[str, Any]:
    """Return the claims about an erasure whose data has been deleted here."""
    return {
        "jti": f"{erasure.id}.{erasure.attempts}",
        "erasure": erasure.id,
        "onboarding": erasure.onboarding_id,
        "outcome": str(erasure.state),
        "problem": str(erasure.problem) if erasure.problem else None,
        "requested_at": _text(erasure.requested_at),
        "requested_by": erasure.actor,
        "gateway": gateway_json(erasure.evidence),
        "deleted_here_at": _text(erasure.erased_at),
        "deleted_here": deleted_here(erasure),
    }


def deleted_here(erasure: Erasure) -> list[str]:
    """Return the words for what was deleted here; empty before that."""
    if erasure.erased_at is None:
        return []
    return [*DELETED_WITH_ONBOARDING, *(DELETED_WITH_PERSON if erasure.is_person_erased else ())]


def gateway_json(evidence: GatewayEvidence | None) -> dict[str, Any] | None:
    """Return the gateway's answers as JSON; None if it never had a process."""
    if evidence is None:
        return None
    return {
        "method": evidence.method,
        "read_before": _answer(evidence.read_before),
        "delete": _answer(evidence.delete),
        "read_after": _answer(evidence.read_after),
        "other_process": _answer(evidence.other_process),
    }


def _answer(answer: GatewayAnswer | None) -> dict[str, Any] | None:
    return {"http_status": answer.http_status, "at": _text(answer.at)} if answer else None


def _text(time: datetime | None) -> str | None:
    if time is None:
        return None
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
