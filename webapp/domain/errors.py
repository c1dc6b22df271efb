"""Errors that a step of the journey raises.

StepError
├── NotFound                 unknown, malformed, or another user's: one answer for all three
│   └── DataAbsent           the gateway shows no data of the user, or none any more
├── Conflict                 impossible in the present status; carries the status
│   ├── DecisionImpossible   the status does not allow the decision, or another verdict came first
│   ├── DecisionInProgress   another decision on the onboarding is being carried out
│   ├── CaseChanged          the decision was made on an older version of the case
│   ├── ActiveOnboardingExists  the user has an active onboarding with other options
│   └── RetentionRequired    the flow keeps decided onboardings for longer; carries until when
├── FlowUnknown              the site has no such flow; carries the names of its flows
├── ReturnUrlRefused         the site's settings do not allow the return URL
├── IdempotencyKeyReused     the key was used for another request
├── IdempotencyKeyInFlight   the key's request is being carried out; carries when to retry
│   └── LeaseLost            it took too long, and another request carries it out
├── DecisionRefused          the gateway does not take a decision; carries its reply
├── HandoffNotAccepted       the host site's token is not accepted; carries code and fix
├── AnotherPersonSignedIn    a hand-off or login of one user meets the session of another
├── LinkGone                 a one-time link that has been used or has expired
├── ReferenceTampered        a return reference that this server did not sign
├── ReferenceExpired         a return reference of this server that has expired
├── UnreadableNotice         a notice that cannot be parsed; carries the reason
├── GatewayUnavailable       no answer, a late answer or an invalid one; carries when to retry
│   ├── GatewayMixedUp       the gateway answered about another process; nothing was stored
│   └── GatewayUnreadable    the gateway answered, and the answer cannot be read
├── GatewayForbidden         our account at the gateway lacks a right
├── EvidenceAbsent           the gateway has no such evidence
│   └── EvidenceNotYet       it may still come; carries when to retry
├── EvidenceBusy             too many files are being sent; carries when to retry
├── EvidenceRefused          the gateway refuses to send a file
├── ChecksumMismatch         a report is not the one of its checksum; nothing was sent
├── HostedPageUntrusted      the hosted page is on an origin that is not configured
└── NotWritable              the database accepts no write at the moment
"""

from __future__ import annotations

from datetime import datetime

from webapp.domain.decisions import DecisionKind
from webapp.domain.onboarding import Status


class StepError(Exception):
    """Base class of the errors of the journey."""


class NotFound(StepError):
    """The object does not exist or belongs to another user; the two look the same on purpose."""


class DataAbsent(NotFound):
    """The gateway shows no data of the onboarding: not yet, or not any more."""


class Conflict(StepError):
    """The step is impossible now; `status` is the present status of the onboarding."""

    def __init__(self, status: Status, why: str = "") -> None:
        super().__init__(why or f"not possible while {status}")
        self.status = status


class DecisionImpossible(Conflict):
    """The present status does not allow the decision: too early, or decided otherwise."""


class DecisionInProgress(Conflict):
    """Another decision is being carried out; `kind` is its kind."""

    def __init__(self, status: Status, kind: DecisionKind) -> None:
        super().__init__(status, f"another decision ({kind}) is in progress")
        self.kind = kind


class CaseChanged(Conflict):
    """The onboarding has changed since the version that the decision names."""


class ActiveOnboardingExists(Conflict):
    """The user has an active onboarding with other options; `onboarding_id` names it."""

    def __init__(self, status: Status, onboarding_id: str | None) -> None:
        super().__init__(status, "an active onboarding has other options")
        self.onboarding_id = onboarding_id


class RetentionRequired(Conflict):
    """`keep_at_least_days` of the flow forbids the erasure until `keep_until` (aware UTC)."""

    def __init__(self, status: Status, onboarding_id: str, flow: str, keep_until: datetime) -> None:
        super().__init__(
            status,
            f"{onboarding_id} must be kept until {keep_until:%Y-%m-%dT%H:%M:%SZ} "
            f"(keep_at_least_days of the flow {flow})",
        )
        self.onboarding_id = onboarding_id
        self.flow = flow
        self.keep_until = keep_until


class FlowUnknown(StepError):
    """The request names no flow of the site; `flows` are the names of those that it has."""

    def __init__(self, flows: tuple[str, ...]) -> None:
        super().__init__("no such flow")
        self.flows = flows


class ReturnUrlRefused(StepError):
    """The site's settings do not allow the return URL, or it cannot be parsed."""


class IdempotencyKeyReused(StepError):
    """The Idempotency-Key was used for another request within its life."""


class IdempotencyKeyInFlight(StepError):
    """The key's first request is being carried out; retry after `retry_after_seconds`."""

    def __init__(self, retry_after_seconds: float = 1.0) -> None:
        super().__init__("the key's first request is being carried out")
        self.retry_after_seconds = retry_after_seconds


class LeaseLost(IdempotencyKeyInFlight):
    """The request took longer than its lease; nothing was stored."""


class DecisionRefused(StepError):
    """The gateway does not take the decision; `http_status` and `reply` are what it answered."""

    def __init__(self, http_status: int | None, reply: str | None) -> None:
        super().__init__("the gateway refused the decision")
        self.http_status = http_status
        self.reply = reply


class HandoffNotAccepted(StepError):
    """`code` is a stable word, `fix` a sentence for the host site's developer.

    `site_id` is the site that the token claims to come from, verified or not.
    """

    def __init__(self, code: str, fix: str, site_id: str | None = None) -> None:
        super().__init__(f"hand-off not accepted ({code}): {fix}")
        self.code = code
        self.fix = fix
        self.site_id = site_id


class AnotherPersonSignedIn(StepError):
    """Carries the names for the page that asks which account to use; the message has none."""

    def __init__(self, current_name: str, incoming_name: str, site_name: str) -> None:
        super().__init__("another person is signed in")
        self.current_name = current_name
        self.incoming_name = incoming_name
        self.site_name = site_name


class LinkGone(StepError):
    """The one-time link has been used or has expired."""


class ReferenceTampered(StepError):
    """The return reference does not carry our signature."""


class ReferenceExpired(StepError):
    """The return reference is ours and has expired; `site_id` is its site, where that is known."""

    def __init__(self, site_id: str | None = None) -> None:
        super().__init__("the return reference is too old")
        self.site_id = site_id


class UnreadableNotice(StepError):
    """`why` names what is wrong with the body, never its content."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class GatewayUnavailable(StepError):
    """The gateway gave no usable answer; a retry makes sense after `retry_after_seconds`."""

    def __init__(self, retry_after_seconds: float = 10.0) -> None:
        super().__init__("the gateway cannot be asked just now")
        self.retry_after_seconds = retry_after_seconds


class GatewayMixedUp(GatewayUnavailable):
    """The gateway answered about another person's process: refused, and an alarm is raised."""


class GatewayUnreadable(GatewayUnavailable):
    """The gateway answered with something that cannot be read: an alarm is raised."""


class HostedPageUntrusted(StepError):
    """The hosted page is on an origin that MOBBSCAN_HOSTED_ORIGINS lacks: an alarm is raised."""


class GatewayForbidden(StepError):
    """The gateway refuses our account: it lacks a right (contract 3.8 to 3.11, 403)."""


class EvidenceAbsent(StepError):
    """The gateway has no such evidence of this onboarding."""


class EvidenceNotYet(EvidenceAbsent):
    """A recording may still come; a retry makes sense after `retry_after_seconds`."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__("the gateway does not have it yet")
        self.retry_after_seconds = retry_after_seconds


class EvidenceBusy(StepError):
    """This process sends as many files as it may; retry after `retry_after_seconds`."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__("too many files are being sent")
        self.retry_after_seconds = retry_after_seconds


class EvidenceRefused(StepError):
    """The gateway refuses to send the file in every documented form."""


class ChecksumMismatch(StepError):
    """The report is not the one of the gateway's checksum; an alarm is raised, nothing was sent."""


class NotWritable(StepError):
    """Nothing was stored; the sender should retry."""
