"""A decision on an onboarding: what was requested, whether it is carried out, and how it ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from webapp.domain.corrections import CorrectionResult
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.reasons import ReasonCode

#: Statuses in which the gateway waits for a decision.
UNDECIDED = frozenset({Status.DECIDING, Status.IN_REVIEW})


class DecisionKind(StrEnum):
    """What is requested of the gateway (contract 3.8 to 3.10)."""

    ACCEPT = "accept"
    REJECT = "reject"
    REVIEW = "review"

    @property
    def wanted(self) -> Status:
        """The status that the decision leads to."""
        return _WANTED[self]

    @property
    def possible_in(self) -> frozenset[Status]:
        """The statuses in which the decision can still be carried out."""
        return frozenset({Status.DECIDING}) if self is DecisionKind.REVIEW else UNDECIDED


_WANTED = {
    DecisionKind.ACCEPT: Status.VERIFIED,
    DecisionKind.REJECT: Status.REJECTED,
    DecisionKind.REVIEW: Status.IN_REVIEW,
}


class DecisionState(StrEnum):
    """Whether a decision is still carried out; an onboarding has one `open` or `parked` one."""

    OPEN = "open"  # polls carry it out
    PARKED = "parked"  # our account lacks the right; sent again once the gateway grants it
    DEAD = "dead"  # the gateway neither takes it nor shows a verdict: an operator has to act
    SETTLED = "settled"  # has an outcome


class DecisionOutcome(StrEnum):
    """How a settled decision ended; see `TAKEN`."""

    CONFIRMED = "confirmed"  # the gateway shows what was requested
    DIFFERS = "differs"  # it shows the verdict, and a corrected field with another value
    CANNOT_TELL = "cannot_tell"  # it shows the verdict, and no corrected field
    OVERTAKEN = "overtaken"  # a verdict, or another end, came before the gateway got the request
    REFUSED = "refused"  # the gateway does not take this request
    WITHDRAWN = "withdrawn"  # another decision took its place


#: The gateway has taken the decision, whatever became of its corrections.
TAKEN = frozenset({DecisionOutcome.CONFIRMED, DecisionOutcome.DIFFERS, DecisionOutcome.CANNOT_TELL})


@dataclass(frozen=True)
class DecisionContent:
    """What the gateway is sent, and the reason that the user reads; contains personal data.

    `corrections` maps our names of `gateway.personal_data` to texts.
    """

    comment: str | None = None
    corrections: Mapping[str, str] = field(default_factory=dict)
    reason: ReasonCode | None = None

    def __repr__(self) -> str:
        return "<DecisionContent>"


@dataclass(frozen=True)
class DecisionRequester:
    """Who requested it: `claimed_name` is what the person says, `os_user` what the system says.

    By API, `claimed_name` is the label of the API key.
    """

    claimed_name: str | None = None
    os_user: str | None = None

    def __repr__(self) -> str:
        return "<DecisionRequester>"


@dataclass(frozen=True)
class GatewayReply:
    """The gateway's last reply to the request: HTTP status (None: no reply), and its text."""

    http_status: int | None = None
    text: str | None = None

    def __repr__(self) -> str:
        return f"<GatewayReply {self.http_status}>"


@dataclass(frozen=True)
class DecisionRecord:
    """A stored decision; all times are aware UTC.

    `case_version` is the onboarding's when the decision was made. `content` is None once settled;
    `corrected_fields` stays: the name of each corrected field, with the result of its comparison
    (None: not compared). `undelivered_attempts` counts those of `attempts` that the gateway has
    certainly not carried out.
    `due_at` is when it is sent next (None: it is only polled for); while a call is in flight, when
    the lease of the call ends. `unconfirmed_since` is when the gateway first replied (with success,
    401 or 409) without showing a verdict afterwards.
    """

    id: str
    onboarding_id: str
    kind: DecisionKind
    case_version: int
    actor: str
    requester: DecisionRequester
    content: DecisionContent | None
    state: DecisionState
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None
    outcome: DecisionOutcome | None = None
    attempts: int = 0
    undelivered_attempts: int = 0
    corrected_fields: Mapping[str, CorrectionResult | None] = field(default_factory=dict)
    reply: GatewayReply = GatewayReply()
    unconfirmed_since: datetime | None = None

    def is_same_as(self, kind: DecisionKind, content: DecisionContent) -> bool:
        """Whether a request of `kind` with `content` repeats this decision."""
        return self.kind is kind and self.content == content

    @property
    def may_be_delivered(self) -> bool:
        """Whether the gateway may have carried out an attempt."""
        return self.attempts > self.undelivered_attempts

    def is_due(self, now: datetime) -> bool:
        """Whether it may be sent now."""
        return self.due_at is not None and self.due_at <= now


def outcome_of(decision: DecisionRecord, onboarding: Onboarding) -> DecisionOutcome | None:
    """Return how the decision has ended by the onboarding's status; None while undecided.

    The requested verdict without a delivered request was given by the vendor's reviewers.
    """
    if onboarding.status is decision.kind.wanted and decision.may_be_delivered:
        return DecisionOutcome.CONFIRMED
    if onboarding.status in decision.kind.possible_in:
        return None
    return DecisionOutcome.OVERTAKEN


def outcome_of_corrections(results: Collection[CorrectionResult]) -> DecisionOutcome:
    """Return the outcome of a confirmed decision by the results of its corrected fields.

    The request arrives as a whole: one confirmed field speaks for those that cannot be compared.
    """
    if CorrectionResult.DIFFERS in results:
        return DecisionOutcome.DIFFERS
    if results and CorrectionResult.CONFIRMED not in results:
        return DecisionOutcome.CANNOT_TELL
    return DecisionOutcome.CONFIRMED
