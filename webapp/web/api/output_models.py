"""What the API answers. Lists of words are open: a client must accept words it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from webapp.domain.erasures import Erasure, ErasureProblem, ErasureState
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.journey import erasure_fixes, erasure_receipt
from webapp.journey.api_resources import OnboardingResource, SubjectResource, TimelineEvent

_STATUSES = ", ".join(f"`{each}`" for each in Status)
_REASONS = ", ".join(f"`{each}`" for each in ReasonCode)
_ERASURE_STATES = ", ".join(f"`{each}`" for each in ErasureState)
_ERASURE_PROBLEMS = ", ".join(f"`{each}`" for each in ErasureProblem)
_OPEN = "Further words may be added."


def rfc3339(time: datetime) -> str:
    """Return the time in UTC, to the microsecond."""
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


Time = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
StatusWord = Annotated[str, Field(description=f"{_STATUSES}. {_OPEN}")]


class ApiOutput(BaseModel):
    """The base of all answers."""

    model_config = ConfigDict(from_attributes=True)


class ReasonBody(ApiOutput):
    """Why an onboarding ended, and whether a new attempt can succeed."""

    code: str = Field(description=f"{_REASONS}. {_OPEN}")
    retry_allowed: bool


class OnboardingBody(ApiOutput):
    """One identity verification."""

    id: str
    site: str
    subject: str | None = Field(description="Your id of the user; null once it is erased.")
    flow: str
    status: StatusWord
    gateway_status: str | None = Field(description="The gateway's own word.")
    final: bool = Field(description="Whether the gateway has decided.")
    reasons: list[ReasonBody]
    attempt: int
    previous_id: str | None
    replaced_by: str | None
    link: str | None = Field(
        description="The one-time address for your user: in answers that make one, else null."
    )
    link_expires_at: Time | None
    created_at: Time
    updated_at: Time
    decided_at: Time | None
    expires_at: Time
    expected_match: str = Field(
        description=f"`match`, `partial`, `mismatch` or `not_checked`. {_OPEN}"
    )
    result: str = Field(
        description="The signed result: a JWS (ES256) that /.well-known/jwks.json verifies."
    )
    metadata: dict[str, str]
    livemode: bool
    version: int = Field(description="Moves with status, facts and decisions.")


class OnboardingPageBody(ApiOutput):
    """A page of onboardings."""

    data: list[OnboardingBody]
    next_cursor: str | None = Field(
        description="For the next page, and for `changed_after` later. Null with an empty page:"
        " keep the one before."
    )


class TimelineEventBody(ApiOutput):
    """One event of an onboarding."""

    at: Time
    event: str
    actor: str
    detail: dict[str, Any]


class TimelineBody(ApiOutput):
    """The events of an onboarding, oldest first."""

    data: list[TimelineEventBody]


class SubjectBody(ApiOutput):
    """Where a user stands: verified once, else by the active or the newest onboarding."""

    subject: str
    status: StatusWord
    onboarding: str = Field(description="The id of the onboarding that says so.")
    verified_at: Time | None


class MessageBody(ApiOutput):
    """A message as it was, or will be, sent to your receiver."""

    id: str = Field(description="The header webhook-id.")
    type: str
    timestamp: Time
    data: dict[str, Any]


class MessagePageBody(ApiOutput):
    """A page of messages."""

    data: list[MessageBody]
    next_cursor: str | None = Field(
        description="For `after`. Null with an empty page: keep the one before."
    )


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
    status: str = Field(description=f"{_ERASURE_STATES}. {_OPEN}")
    problem: str | None = Field(
        description=f"Why it is not confirmed: {_ERASURE_PROBLEMS}. {_OPEN}"
    )
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


class FieldErrorBody(ApiOutput):
    """What is wrong with one field."""

    field: str
    problem: str


class ProblemBody(ApiOutput):
    """RFC 9457. `type` is the address of a page that explains the problem."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    request_id: str | None = None
    error_id: str | None = None
    errors: list[FieldErrorBody] | None = None
    scope: str | None = None
    onboarding: str | None = None
    onboarding_status: str | None = None
    ground: str | None = None
    flow: str | None = None
    keep_until: str | None = None


def onboarding_body(resource: OnboardingResource) -> dict[str, Any]:
    """Return the JSON object of an onboarding."""
    body: dict[str, Any] = {**vars(resource)}
    body["status"] = str(resource.status)
    body["reasons"] = [{**asdict(each), "code": str(each.code)} for each in resource.reasons]
    body["metadata"] = dict(resource.metadata)
    return _with_times(body)


def timeline_body(events: list[TimelineEvent]) -> dict[str, Any]:
    """Return the JSON object of a timeline."""
    return {"data": [_with_times({**vars(each), "detail": dict(each.detail)}) for each in events]}


def subject_body(subject: SubjectResource) -> dict[str, Any]:
    """Return the JSON object of a user."""
    return _with_times({**vars(subject), "status": str(subject.status)})


def erasure_body(erasure: Erasure) -> dict[str, Any]:
    """Return the JSON object of an erasure."""
    return _with_times(
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


def _with_times(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: rfc3339(value) if isinstance(value, datetime) else value
        for name, value in body.items()
    }
