"""Why an onboarding ended as it did, in words every page can translate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ReasonCode(StrEnum):
    """The closed list; whatever the gateway says becomes one of these, its raw words kept."""

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


_FINAL_FOR_THE_USER = frozenset(
    {ReasonCode.UNDERAGE, ReasonCode.DOCUMENT_NOT_GENUINE, ReasonCode.DATA_MISMATCH}
)


@dataclass(frozen=True)
class Reason:
    """One reason, and whether trying again can help."""

    code: ReasonCode
    retry_allowed: bool


def reason(code: ReasonCode) -> Reason:
    """The reason of this code; a few codes leave nothing for the user to try again."""
    return Reason(code, retry_allowed=code not in _FINAL_FOR_THE_USER)


#: The hosted page's `error` parameter (contract 7.4), in the spellings seen.
_HOSTED_ERRORS = {
    "connectionerror": ReasonCode.CONNECTION_LOST,
    "hardwareerror": ReasonCode.CAMERA_UNAVAILABLE,
    "onboardingerror": ReasonCode.HOSTED_ERROR,
    "permissionerror": ReasonCode.PERMISSION_DENIED,
    "supporterror": ReasonCode.HOSTED_ERROR,
}


def of_hosted_error(error: str) -> ReasonCode:
    """The reason behind a hosted page's `error` value; any unknown one is `hosted_error`.

    The spelling of the time-out is not settled, so whatever begins with it counts (contract 7.4).
    """
    word = error.strip().casefold()
    if word.startswith("timeout"):
        return ReasonCode.TIMED_OUT
    return _HOSTED_ERRORS.get(word, ReasonCode.HOSTED_ERROR)


def of_rejection(rejection_reason: str | None, reason_map: dict[str, str]) -> ReasonCode:
    """The reason behind the gateway's free `rejectionReason`, through the flow's own map.

    Keys of `reason_map` are compared without case and surrounding space; without a match: `other`.
    """
    wanted = (rejection_reason or "").strip().casefold()
    for raw, code in reason_map.items():
        if raw.strip().casefold() == wanted and wanted:
            return ReasonCode(code)
    return ReasonCode.OTHER
