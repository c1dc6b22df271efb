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


def _(text: str) -> str:
    """Mark a text that the pages translate; answers of the API are in English."""
    return text


_EXAMPLE_ID = "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77"

PROBLEM_TYPES: Mapping[str, ProblemType] = {
    "bad_request": ProblemType(
        400, _("The request is malformed"), _("Send it as the description of the API says.")
    ),
    "malformed_json": ProblemType(
        400,
        _("The body is no JSON object"),
        _(
            "Send one JSON object in UTF-8, without repeated keys, and with Content-Type:"
            " application/json."
        ),
    ),
    "api_key_missing": ProblemType(
        401,
        _("The request carries no API key"),
        _("Send the key in the header Authorization: Bearer <key>."),
    ),
    "api_key_unknown": ProblemType(
        401,
        _("The API key is not known"),
        _(
            "Send the key as it was printed when it was made; the operator of this server can make"
            " a new one."
        ),
    ),
    "api_key_expired": ProblemType(
        401, _("The API key has expired"), _("Ask the operator of this server for a new key.")
    ),
    "missing_scope": ProblemType(
        403,
        _("The API key lacks the scope of this call"),
        _("Use a key with the scope that `scope` names."),
        members={"scope": "onboardings"},
    ),
    "not_found": ProblemType(
        404,
        _("There is no such thing for this site"),
        _("Check the address and the id. What belongs to another site is reported alike."),
    ),
    "data_absent": ProblemType(
        404,
        _("The gateway has no data of the user"),
        _("Repeat the request once the user has finished. Deleted data does not come back."),
    ),
    "evidence_absent": ProblemType(
        404,
        _("The gateway has no such evidence of this onboarding"),
        _("List the evidence to see what there is."),
    ),
    "evidence_not_yet": ProblemType(
        404,
        _("The gateway does not have the recording yet"),
        _(
            "Send the request again after Retry-After, or wait for the message"
            " onboarding.evidence_available."
        ),
        retry=True,
    ),
    "method_not_allowed": ProblemType(
        405,
        _("The address does not take this method"),
        _("Use a method that the header Allow names."),
    ),
    "active_onboarding_exists": ProblemType(
        409,
        _("The user has an active onboarding with other options"),
        _("Go on with the onboarding that `onboarding` names, or cancel it first."),
        members={"onboarding": _EXAMPLE_ID, "onboarding_status": "started"},
    ),
    "onboarding_ended": ProblemType(
        409,
        _("The onboarding has ended"),
        _("Read its status; create a new onboarding if the user has to start anew."),
        members={"onboarding_status": "verified"},
    ),
    "retention_required": ProblemType(
        409,
        _("The onboarding must be kept for longer"),
        _("Send the request again after `keep_until`; `ground` is the setting that requires it."),
        members={
            "onboarding": _EXAMPLE_ID,
            "ground": "keep_at_least_days",
            "flow": "default",
            "keep_until": "2031-11-30T12:00:00.000000Z",
        },
    ),
    "decision_impossible": ProblemType(
        409,
        _("The status of the onboarding does not allow this decision"),
        _(
            "Read the onboarding: the user has not finished, or there is a verdict already, perhaps"
            " by the vendor's reviewers."
        ),
        members={"onboarding_status": "rejected"},
    ),
    "decision_in_progress": ProblemType(
        409,
        _("Another decision on the onboarding is being carried out"),
        _(
            "Read the decision until it is settled. An accept or a reject takes the place of an"
            " open review only."
        ),
        members={"onboarding_status": "in_review", "decision": "accept"},
    ),
    "case_changed": ProblemType(
        409,
        _("The onboarding has another version than the decision names"),
        _("Read the onboarding, and decide on its present `version`."),
        members={"onboarding_status": "in_review"},
    ),
    "idempotency_key_in_flight": ProblemType(
        409,
        _("The first request with this Idempotency-Key is being carried out"),
        _("Send the same request again after Retry-After."),
        retry=True,
    ),
    "conflict": ProblemType(
        409, _("This is not possible in the present status"), _("Read the onboarding, then decide.")
    ),
    "body_too_large": ProblemType(413, _("The body is too large"), _("Send at most 64 KiB.")),
    "unsupported_media_type": ProblemType(
        415, _("The body is not application/json"), _("Send Content-Type: application/json.")
    ),
    "invalid_input": ProblemType(
        422,
        _("Fields of the request are not acceptable"),
        _("Correct the fields that `errors` names."),
        members={"errors": [{"field": "country", "problem": "must be like ESP"}]},
    ),
    "idempotency_key_reused": ProblemType(
        422,
        _("The Idempotency-Key was used for another request"),
        _("Use a new key for each request; send the same body with the same key."),
    ),
    "gateway_refused": ProblemType(
        422,
        _("The gateway refuses the decision"),
        _(
            "Check the corrections and decide again; the operator of this server can read the"
            " gateway's answer."
        ),
        members={"gateway_http_status": 400},
    ),
    "too_many_requests": ProblemType(
        429,
        _("Too many requests"),
        _("Send the request again after Retry-After; the header RateLimit says what is left."),
        retry=True,
    ),
    "internal_error": ProblemType(
        500,
        _("The server has failed"),
        _(
            "Send the request again, with the same Idempotency-Key; report `error_id` if it fails"
            " again."
        ),
        retry=True,
        members={"error_id": "0f3b1c775f0c"},
    ),
    "gateway_forbidden": ProblemType(
        502,
        _("The gateway refuses this server's account a right"),
        _("Only the operator of this server can fix it, with the vendor."),
    ),
    "evidence_refused": ProblemType(
        502,
        _("The gateway refuses to send the evidence"),
        _("Report `request_id` to the operator of this server, who can ask the vendor."),
    ),
    "pdf_checksum_differs": ProblemType(
        502,
        _("The report is not the one of the gateway's checksum"),
        _("Do not rely on the report. The operator of this server is informed."),
    ),
    "evidence_busy": ProblemType(
        503,
        _("The server is sending as much evidence as it can"),
        _("Send the request again after Retry-After."),
        retry=True,
    ),
    "gateway_unavailable": ProblemType(
        503,
        _("The gateway cannot be asked just now"),
        _("Send the request again after Retry-After."),
        retry=True,
    ),
    "not_writable": ProblemType(
        503,
        _("Nothing can be stored just now"),
        _("Send the request again after Retry-After."),
        retry=True,
    ),
}
