"""What the API answers of an erasure."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from webapp.domain.erasures import Erasure, ErasureProblem, ErasureState
from webapp.journey import erasure_fixes, erasure_receipt
from webapp.web.api.output_models import OPEN, ApiOutput, Time, with_times

_STATES = ", ".join(f"`{each}`" for each in ErasureState)
_PROBLEMS = ", ".join(f"`{each}`" for each in ErasureProblem)


class GatewayAnswerBody(ApiOutput):
    """What the gateway answered to one call."""

    http_status: int | None = Field(description="Null: no usable answer.")
    at: Time


class ErasureGatewayBody(ApiOutput):
    """The gateway's answers before, to and after the deletion, and about another process."""

    method: str = Field(description="The HTTP method of the deletion.")
    read_before: GatewayAnswerBody | None
    delete: GatewayAnswerBody | None
    read_after: GatewayAnswerBody | None
    other_process: GatewayAnswerBody | None


class ErasureBody(ApiOutput):
    """The deletion of one onboarding."""

    id: str
    onboarding: str
    site: str
    status: str = Field(description=f"{_STATES}. {OPEN}")
    problem: str | None = Field(description=f"Why it is not confirmed: {_PROBLEMS}. {OPEN}")
    fix: str | None = Field(description="How to fix it, for the operator of this server.")
    requested_at: Time
    updated_at: Time
    attempts: int
    next_attempt_at: Time | None = Field(description="Null: no more attempts follow.")
    gateway: ErasureGatewayBody | None = Field(
        description="Null: the gateway never had a process, or has not been asked yet."
    )
    deleted_here_at: Time | None
    deleted_here: list[str]
    receipt: str | None = Field(
        description="A JWS (ES256) that /.well-known/jwks.json verifies; null until the data is"
        " deleted here."
    )


class ErasurePageBody(ApiOutput):
    """The erasures of a user's onboardings."""

    data: list[ErasureBody]


def erasure_body(erasure: Erasure) -> dict[str, Any]:
    """Return the JSON object of an erasure."""
    return with_times(
        {
            "id": erasure.id,
            "onboarding": erasure.onboarding_id,
            "site": erasure.site,
            "status": str(erasure.state),
            "problem": str(erasure.problem) if erasure.problem else None,
            "fix": erasure_fixes.fix_of(erasure.problem),
            "requested_at": erasure.requested_at,
            "updated_at": erasure.updated_at,
            "attempts": erasure.attempts,
            "next_attempt_at": erasure.next_attempt_at,
            "gateway": erasure_receipt.gateway_json(erasure.evidence),
            "deleted_here_at": erasure.erased_at,
            "deleted_here": erasure_receipt.deleted_here(erasure),
            "receipt": erasure.receipt,
        }
    )
