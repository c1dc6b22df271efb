"""What the API answers. Lists of words are open: a client must accept words it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, RootModel, WithJsonSchema

from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.journey.api_resources import (
    OnboardingResource,
    SubjectResource,
    TimelineEvent,
)

_STATUSES = ", ".join(f"`{each}`" for each in Status)
_REASONS = ", ".join(f"`{each}`" for each in ReasonCode)
OPEN = "Further words may be added."


def rfc3339(time: datetime) -> str:
    """Return the time in UTC, to the microsecond."""
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


Time = Annotated[
    datetime,
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
StatusWord = Annotated[str, Field(description=f"{_STATUSES}. {OPEN}")]


class ApiOutput(BaseModel):
    """The base of all answers."""

    model_config = ConfigDict(from_attributes=True)


class ReasonBody(ApiOutput):
    """Why an onboarding ended, and whether a new attempt can succeed."""

    code: str = Field(description=f"{_REASONS}. {OPEN}")
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
        description=f"`match`, `partial`, `mismatch` or `not_checked`. {OPEN}"
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


class EvidenceBody(ApiOutput):
    """A file that the gateway has of an onboarding."""

    kind: str = Field(description=f"`image`, `recording`, `pdf` or `zip`. {OPEN}")
    type: str | None = Field(description="The gateway's word for an image or recording.")
    href: str = Field(description="Where to read it, with the same key.")


class EvidenceListBody(RootModel[list[EvidenceBody]]):
    """What the gateway has of an onboarding now."""


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
    decision: str | None = None
    gateway_http_status: int | None = None


def onboarding_body(resource: OnboardingResource) -> dict[str, Any]:
    """Return the JSON object of an onboarding."""
    body: dict[str, Any] = {**vars(resource)}
    body["status"] = str(resource.status)
    body["reasons"] = [{**asdict(each), "code": str(each.code)} for each in resource.reasons]
    body["metadata"] = dict(resource.metadata)
    return with_times(body)


def timeline_body(events: list[TimelineEvent]) -> dict[str, Any]:
    """Return the JSON object of a timeline."""
    return {"data": [with_times({**vars(each), "detail": dict(each.detail)}) for each in events]}


def subject_body(subject: SubjectResource) -> dict[str, Any]:
    """Return the JSON object of a user."""
    return with_times({**vars(subject), "status": str(subject.status)})


def with_times(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object with its times as texts."""
    return {
        name: rfc3339(value) if isinstance(value, datetime) else value
        for name, value in body.items()
    }
