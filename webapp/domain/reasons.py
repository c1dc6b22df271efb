"""Reason codes of an ended onboarding, and how gateway texts map to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ReasonCode(StrEnum):
    """The closed list of reasons. Texts of the gateway map to these; the raw text is stored too."""

    DOCUMENT_EXPIRED = "document_expired"
    DOCUMENT_UNREADABLE = "document_unreadable"
    DOCUMENT_TYPE_NOT_ACCEPTED = "document_type_not_accepted"
    DOCUMENT_NOT_GENUINE = "document_not_genuine"
    FACE_MISMATCH = "face_mismatch"
    LIVENESS_FAILED = "liveness_failed"
    DATA_MISMATCH = "data_mismatch"
    UNDERAGE = "underage"
    PERMISSION_DENIED = "permission_denied"
    CAMERA_UNAVAILABLE = "camera_unavailable"
    CONNECTION_LOST = "connection_lost"
    TIMED_OUT = "timed_out"
    HOSTED_ERROR = "hosted_error"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    GATEWAY_REFUSED = "gateway_refused"
    GATEWAY_LOST = "gateway_lost"
    OTHER = "other"


_NOT_RETRYABLE = frozenset(
    {ReasonCode.UNDERAGE, ReasonCode.DOCUMENT_NOT_GENUINE, ReasonCode.DATA_MISMATCH}
)


@dataclass(frozen=True)
class Reason:
    """One reason, and whether a new attempt can succeed."""

    code: ReasonCode
    retry_allowed: bool


def reason(code: ReasonCode) -> Reason:
    """Return the reason of `code`; a few codes allow no new attempt."""
    return Reason(code, retry_allowed=code not in _NOT_RETRYABLE)


def of_rejection(rejection_reason: str | None, reason_map: Mapping[str, str]) -> ReasonCode:
    """Map the gateway's free `rejectionReason` to a code through the flow's `reason_map`.

    `reason_map` maps texts to codes; texts are compared without case and surrounding space.
    Returns `other` without a match. Raises ValueError for a code that does not exist.
    """
    wanted = (rejection_reason or "").strip().casefold()
    for raw, code in reason_map.items():
        if raw.strip().casefold() == wanted and wanted:
            return ReasonCode(code)
    return ReasonCode.OTHER
