"""The problems that the host sites' API reports (RFC 9457), and where each is explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Below PUBLIC_URL; the code follows.
PATH = "/problems/"


@dataclass(frozen=True)
class ProblemType:
    """A problem code: HTTP status, a title that never changes, and what to do.

    `retry` says whether the same request may succeed later. `members` are those of the example
    beside the standard ones.
    """

    status: int
    title: str
    fix: str
    retry: bool = False
    members: Mapping[str, object] = field(default_factory=dict)


_EXAMPLE_ID = "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77"

PROBLEM_TYPES: Mapping[str, ProblemType] = {
    "bad_request": ProblemType(
        400, "The request is malformed", "Send it as the description of the API says."
    ),
    "malformed_json": ProblemType(
        400,
        "The body is no JSON object",
        "Send one JSON object in UTF-8, without repeated keys, and with Content-Type:"
        " application/json.",
    ),
    "api_key_missing": ProblemType(
        401,
        "The request carries no API key",
        "Send the key in the header Authorization: Bearer <key>.",
    ),
    "api_key_unknown": ProblemType(
        401,
        "The API key is not known",
        "Send the key as it was printed when it was made; the operator of this server can make a"
        " new one.",
    ),
    "api_key_expired": ProblemType(
        401, "The API key has expired", "Ask the operator of this server for a new key."
    ),
    "missing_scope": ProblemType(
        403,
        "The API key lacks the scope of this call",
        "Use a key with the scope that `scope` names.",
        members={"scope": "onboardings"},
    ),
    "not_found": ProblemType(
        404,
        "There is no such thing for this site",
        "Check the address and the id. What belongs to another site is reported alike.",
    ),
    "method_not_allowed": ProblemType(
        405, "The address does not take this method", "Use a method that the header Allow names."
    ),
    "active_onboarding_exists": ProblemType(
        409,
        "The user has an active onboarding with other options",
        "Go on with the onboarding that `onboarding` names, or cancel it first.",
        members={"onboarding": _EXAMPLE_ID, "onboarding_status": "started"},
    ),
    "onboarding_ended": ProblemType(
        409,
        "The onboarding has ended",
        "Read its status; create a new onboarding if the user has to start anew.",
        members={"onboarding_status": "verified"},
    ),
    "idempotency_key_in_flight": ProblemType(
        409,
        "The first request with this Idempotency-Key is being carried out",
        "Send the same request again after Retry-After.",
        retry=True,
    ),
    "conflict": ProblemType(
        409, "This is not possible in the present status", "Read the onboarding, then decide."
    ),
    "body_too_large": ProblemType(413, "The body is too large", "Send at most 64 KiB."),
    "unsupported_media_type": ProblemType(
        415, "The body is not application/json", "Send Content-Type: application/json."
    ),
    "invalid_input": ProblemType(
        422,
        "Fields of the request are not acceptable",
        "Correct the fields that `errors` names.",
        members={"errors": [{"field": "country", "problem": "must be like ESP"}]},
    ),
    "idempotency_key_reused": ProblemType(
        422,
        "The Idempotency-Key was used for another request",
        "Use a new key for each request; send the same body with the same key.",
    ),
    "too_many_requests": ProblemType(
        429,
        "Too many requests",
        "Send the request again after Retry-After; the header RateLimit says what is left.",
        retry=True,
    ),
    "internal_error": ProblemType(
        500,
        "The server has failed",
        "Send the request again, with the same Idempotency-Key; report `error_id` if it fails"
        " again.",
        retry=True,
        members={"error_id": "0f3b1c775f0c"},
    ),
    "gateway_forbidden": ProblemType(
        502,
        "The gateway refuses this server's account a right",
        "Only the operator of this server can fix it, with the vendor.",
    ),
    "gateway_unavailable": ProblemType(
        503,
        "The gateway cannot be asked just now",
        "Send the request again after Retry-After.",
        retry=True,
    ),
    "not_writable": ProblemType(
        503,
        "Nothing can be stored just now",
        "Send the request again after Retry-After.",
        retry=True,
    ),
}
