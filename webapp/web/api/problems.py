"""Answer a failed API call with problem+json (RFC 9457), which repeats no value that was sent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response
from flask.typing import ResponseReturnValue

from webapp.domain.errors import (
    ActiveOnboardingExists,
    CaseChanged,
    ChecksumMismatch,
    Conflict,
    DataAbsent,
    DecisionImpossible,
    DecisionInProgress,
    DecisionRefused,
    EvidenceAbsent,
    EvidenceBusy,
    EvidenceNotYet,
    EvidenceRefused,
    FlowUnknown,
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    RetentionRequired,
    ReturnUrlRefused,
    StepError,
)
from webapp.web import errors
from webapp.web.api.output_models import rfc3339
from webapp.web.errors import ErrorInfo
from webapp.web.problem_types import PROBLEM_TYPES

#: Error class → code of the problem, with `retry_after_seconds` of the error if it has that.
_CODES: Mapping[type[StepError], str] = {
    EvidenceAbsent: "evidence_absent",
    EvidenceNotYet: "evidence_not_yet",
    EvidenceBusy: "evidence_busy",
    EvidenceRefused: "evidence_refused",
    ChecksumMismatch: "pdf_checksum_differs",
    DataAbsent: "data_absent",
    IdempotencyKeyInFlight: "idempotency_key_in_flight",
    IdempotencyKeyReused: "idempotency_key_reused",
}


@dataclass(frozen=True)
class FieldError:
    """What is wrong with a field of the body or the query; `field` is a name of ours."""

    field: str
    problem: str


class Problem(Exception):
    """Ends an API call with this problem."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.headers = headers or {}
        self.members = members


class InvalidInput(Problem):
    """Fields of the body or the query are not acceptable."""

    def __init__(self, found: Sequence[FieldError]) -> None:
        listed = [{"field": each.field, "problem": each.problem} for each in found]
        super().__init__("invalid_input", errors=listed)


def problem(
    code: str,
    status: int | None = None,
    *,
    detail: str | None = None,
    retry_after: int | None = None,
    **members: object,
) -> Response:
    """Return the answer; `status` is the one of the problem's type unless it is given."""
    known = PROBLEM_TYPES[code]
    info = ErrorInfo(
        status or known.status, code, retry_after=retry_after, detail=detail, members=members
    )
    return errors.error_response(info)


def handle_problem(error: Problem) -> Response:
    """Return the answer to a call that a Problem has ended."""
    info = ErrorInfo(
        PROBLEM_TYPES[error.code].status,
        error.code,
        retry_after=error.retry_after,
        detail=error.detail,
        members=error.members,
    )
    answer = errors.error_response(info)
    answer.headers.extend(dict(error.headers))
    return answer


def handle_step_error(error: StepError) -> ResponseReturnValue:
    """Return the answer to a call that a step has refused."""
    if isinstance(error, FlowUnknown):
        names = ", ".join(error.flows)
        return handle_problem(InvalidInput([FieldError("flow", f"must be one of {names}")]))
    if isinstance(error, ReturnUrlRefused):
        what = "must be an address that return_urls of the site allows"
        return handle_problem(InvalidInput([FieldError("return_url", what)]))
    if isinstance(error, ActiveOnboardingExists):
        return problem(
            "active_onboarding_exists",
            onboarding=error.onboarding_id,
            onboarding_status=str(error.status),
        )
    if isinstance(error, RetentionRequired):
        return problem(
            "retention_required",
            onboarding=error.onboarding_id,
            ground="keep_at_least_days",
            flow=error.flow,
            keep_until=rfc3339(error.keep_until),
        )
    if isinstance(error, Conflict):
        return _conflict(error)
    if isinstance(error, DecisionRefused):
        return problem("gateway_refused", gateway_http_status=error.http_status)
    code = next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), None)
    if code is not None:
        seconds = getattr(error, "retry_after_seconds", None)
        return problem(code, retry_after=None if seconds is None else max(1, math.ceil(seconds)))
    return errors.handle_step_error(error)


def _conflict(error: Conflict) -> Response:
    status = str(error.status)
    if isinstance(error, DecisionInProgress):
        return problem("decision_in_progress", onboarding_status=status, decision=str(error.kind))
    if isinstance(error, CaseChanged):
        return problem("case_changed", onboarding_status=status)
    if isinstance(error, DecisionImpossible):
        return problem("decision_impossible", onboarding_status=status)
    return problem("onboarding_ended", onboarding_status=status)
