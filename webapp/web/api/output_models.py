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
from webapp.journey.api_resources import (
    DataResource,
    DecisionResource,
    OnboardingResource,
    SubjectResource,
    TimelineEvent,
)

_STATUSES = ", ".join(f"`{each}`" for each in Status)
_REASONS = ", ".join(f"`{each}`" for each in ReasonCode)
_ERASURE_STATES = ", ".join(f"`{each}`" for each in ErasureState)
_ERASURE_PROBLEMS = ", ".join(f"`{each}`" for each in ErasureProblem)
_OPEN = "Further words may be added."
_DATE = "ISO 8601, or as the gateway writes it if that cannot be read."


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


class DocumentBody(ApiOutput):
    """The identity document. Null: the document has no such field, or the gateway shows none."""

    document_type: str | None
    personal_number: str | None
    document_number: str | None
    name: str | None
    surname: str | None
    first_surname: str | None
    second_surname: str | None
    gender: str | None
    nationality: str | None
    issuing_state: str | None
    date_of_issuing: str | None = Field(description=_DATE)
    date_of_birth: str | None = Field(description=_DATE)
    date_of_expiry: str | None = Field(description=_DATE)
    address: str | None
    city: str | None
    region: str | None
    city_of_birth: str | None
    region_of_birth: str | None
    state_of_birth_name: str | None
    state_of_birth_iso_code: str | None
    mrz: str | None


class ScoresBody(ApiOutput):
    """The gateway's scores as it writes them; the vendor states no scale."""

    face_matching: str | None
    face_liveness: str | None


class DataBody(ApiOutput):
    """A user's data, as the gateway shows it at this moment. This server stores none of it."""

    document: DocumentBody
    validations: dict[str, Any] = Field(description="The gateway's checks, with its own words.")
    scores: ScoresBody
    extra_parameters: dict[str, Any]
    decided_by: str | None = Field(description="Who decided, as the gateway says.")
    raw: dict[str, Any] = Field(description="The gateway's whole answer; its members may change.")


class OnboardingWithDataBody(OnboardingBody):
    """One identity verification, with the user's data if it was asked for."""

    data: DataBody | None = Field(
        None,
        description="With `include=data` only; null while the gateway shows none, or none any"
        " more.",
    )


class DecisionBody(ApiOutput):
    """A decision; what was sent with it is not returned."""

    onboarding: str = Field(description="The id of the onboarding.")
    kind: str = Field(description=f"`accept`, `reject` or `review`. {_OPEN}")
    state: str = Field(
        description="`open`: it is repeated until the gateway confirms it. `parked`: the gateway"
        " refuses this server's account the right. `dead`: the gateway neither takes it nor shows a"
        f" verdict; an operator has to act. `settled`: it has an outcome. {_OPEN}"
    )
    outcome: str | None = Field(
        description="`confirmed`; `differs` or `cannot_tell` about its corrections, while the"
        " verdict is confirmed; `overtaken`: a verdict came first; `refused` by the gateway;"
        f" `withdrawn`. {_OPEN}"
    )
    requested_at: Time
    attempts: int = Field(description="Calls to the gateway.")
    corrections: dict[str, str | None] = Field(
        description="Each corrected field with the result of its comparison, `confirmed`, `differs`"
        " or `cannot_tell`; null: not compared."
    )


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
    decision: str | None = None
    gateway_http_status: int | None = None


def onboarding_body(resource: OnboardingResource) -> dict[str, Any]:
    """Return the JSON object of an onboarding."""
    body: dict[str, Any] = {**vars(resource)}
    body["status"] = str(resource.status)
    body["reasons"] = [{**asdict(each), "code": str(each.code)} for each in resource.reasons]
    body["metadata"] = dict(resource.metadata)
    return _with_times(body)


def decision_body(resource: DecisionResource) -> dict[str, Any]:
    """Return the JSON object of a decision."""
    return _with_times({**vars(resource), "corrections": dict(resource.corrections)})


def data_body(resource: DataResource) -> dict[str, Any]:
    """Return the JSON object of a user's data."""
    return dict(vars(resource))


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
