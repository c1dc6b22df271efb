"""Reason codes of an ended onboarding, and how gateway texts map to them."""

from __future__ import annotations

import re
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


#: A rejection comment of this server: a code, then what the operator has written.
_OUR_COMMENT = re.compile(rf"\s*({'|'.join(ReasonCode)})\s*:", re.IGNORECASE)


@dataclass(frozen=True)
class Reason:
    """One reason, and whether a new attempt can succeed."""

    code: ReasonCode
    retry_allowed: bool


def reason(code: ReasonCode) -> Reason:
    """Return the reason of `code`; a few codes allow no new attempt."""
    return Reason(code, retry_allowed=code not in _NOT_RETRYABLE)


def rejection_comment(comment: str, code: ReasonCode | None) -> str:
    """Return the comment of a rejection as the gateway is sent it: `code: comment`.

    The gateway returns it as `rejectionReason` (contract 3.9), and `of_rejection` finds the code.
    """
    return f"{code}: {comment}" if code else comment


def of_rejection(
    rejection_reason: str | None,
    reason_map: Mapping[str, str],
    sent: ReasonCode | None = None,
) -> ReasonCode:
    """Map the gateway's free `rejectionReason` to a code.

    A text of `rejection_comment` names its code. Others are mapped by the flow's `reason_map`, from
    texts to codes; texts are compared without case and surrounding space. Without a text it is
    `sent`, the reason that the gateway was sent; without a match `other`. Raises ValueError for a
    code of the map that does not exist.
    """
    wanted = (rejection_reason or "").strip().casefold()
    for raw, code in reason_map.items():
        if raw.strip().casefold() == wanted and wanted:
            return ReasonCode(code)
    if found := _OUR_COMMENT.match(wanted):
        return ReasonCode(found[1])
    return (sent if not wanted else None) or ReasonCode.OTHER
