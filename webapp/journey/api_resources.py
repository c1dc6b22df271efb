"""What the host sites' API shows of onboardings and people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from webapp.domain.corrections import CorrectionResult
from webapp.domain.decisions import (
    DecisionKind,
    DecisionOutcome,
    DecisionRecord,
    DecisionState,
)
from webapp.domain.errors import NotFound
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.onboarding_inputs import NOT_CHECKED
from webapp.domain.reasons import Reason
from webapp.domain.states import known_word
from webapp.hostsite.signed_results import ResultClaims, ResultSigner
from webapp.journey.links import NewLink
from webapp.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class OnboardingResource:
    """An onboarding as its host site sees it. Times are aware UTC.

    `subject` is None once it is erased. `link` is a new one-time address for the user; None where
    none was made. `version` is the case version. `result` is the signed result, a compact JWS
    without an expiry.
    """

    id: str
    site: str
    subject: str | None = field(repr=False)
    flow: str
    status: Status
    gateway_status: str | None
    final: bool
    reasons: tuple[Reason, ...]
    attempt: int
    previous_id: str | None
    replaced_by: str | None
    link: str | None = field(repr=False)
    link_expires_at: datetime | None
    created_at: datetime
    updated_at: datetime
    decided_at: datetime | None
    expires_at: datetime
    expected_match: str
    result: str = field(repr=False)
    metadata: Mapping[str, str] = field(repr=False)
    livemode: bool
    version: int


@dataclass(frozen=True)
class ResourcePage:
    """One page of a listing; `position` is the change number of its last row, None if empty."""

    data: Sequence[OnboardingResource]
    position: int | None


@dataclass(frozen=True)
class TimelineEvent:
    """One event; `detail` holds words and ids, no personal data. `at` is aware UTC."""

    at: datetime
    event: str
    actor: str
    detail: Mapping[str, object]


@dataclass(frozen=True)
class DecisionResource:
    """A decision without its content. `requested_at` is aware UTC.

    `attempts` counts the calls to the gateway. `corrections` has the name of each corrected field,
    with the result of its comparison (None: not compared, or not yet).
    """

    onboarding: str
    kind: DecisionKind
    state: DecisionState
    outcome: DecisionOutcome | None
    requested_at: datetime
    attempts: int
    corrections: Mapping[str, CorrectionResult | None]


@dataclass(frozen=True)
class DataResource:
    """What the gateway knows of a user, read for one answer and not stored.

    `document` has the fields of the identity document without scores, None for empty ones; dates
    are ISO 8601 where they can be read. `scores` are texts on the gateway's scale. `raw` is the
    gateway's answer without the token of the user's process.
    """

    document: Mapping[str, str | None] = field(repr=False)
    validations: Mapping[str, Any] = field(repr=False)
    scores: Mapping[str, str | None] = field(repr=False)
    extra_parameters: Mapping[str, Any] = field(repr=False)
    decided_by: str | None = field(repr=False)
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class SubjectResource:
    """Where a user stands: `onboarding` is the id of the onboarding that says so.

    `verified_at` is set if the status is `verified`, aware UTC.
    """

    subject: str = field(repr=False)
    status: Status
    onboarding: str
    verified_at: datetime | None


def require_own(row: Onboarding | None, site: str) -> Onboarding:
    """Return the row. Raises NotFound without one, and for one of another site."""
    if row is None or row.site != site:
        raise NotFound("no such onboarding")
    return row


def decision_resource(decision: DecisionRecord) -> DecisionResource:
    """Return what the API shows of a decision."""
    return DecisionResource(
        onboarding=decision.onboarding_id,
        kind=decision.kind,
        state=decision.state,
        outcome=decision.outcome,
        requested_at=decision.created_at,
        attempts=decision.attempts,
        corrections=decision.corrected_fields,
    )


def resources(
    work: UnitOfWork, rows: Sequence[Onboarding], signer: ResultSigner
) -> list[OnboardingResource]:
    """Return what the API shows of these rows, in their order, without links."""
    subjects = work.people.subjects([row.person_id for row in rows if row.person_id])
    inputs = work.inputs.listed([row.id for row in rows])
    return [
        _resource(row, subjects.get(row.person_id or ""), *inputs.get(row.id, ({}, None)), signer)
        for row in rows
    ]


def resource(
    work: UnitOfWork, row: Onboarding, signer: ResultSigner, link: NewLink | None = None
) -> OnboardingResource:
    """Return what the API shows of this row, with a new link if one was made."""
    subject = work.people.get(row.person_id).subject if row.person_id else None
    metadata, match = work.inputs.listed([row.id]).get(row.id, ({}, None))
    return _resource(row, subject, metadata, match, signer, link)


def _resource(
    row: Onboarding,
    subject: str | None,
    metadata: Mapping[str, str],
    match: str | None,
    signer: ResultSigner,
    link: NewLink | None = None,
) -> OnboardingResource:
    return OnboardingResource(
        id=row.id,
        site=row.site,
        subject=subject,
        flow=row.flow,
        status=row.status,
        gateway_status=known_word(row.gateway_status),
        final=row.final,
        reasons=row.reasons,
        attempt=row.attempt,
        previous_id=row.previous_id,
        replaced_by=row.replaced_by,
        link=link.url if link else None,
        link_expires_at=link.expires_at if link else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
        decided_at=row.decided_at,
        expires_at=row.expires_at,
        expected_match=match or NOT_CHECKED,
        result=signer.sign(ResultClaims(row.site, subject, row.id, str(row.status))),
        metadata=metadata,
        livemode=row.livemode,
        version=row.case_version,
    )
