"""A decision on an onboarding: what was requested, whether it is carried out, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

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
    """How a settled decision ended."""

    CONFIRMED = "confirmed"  # the gateway shows what was requested
    OVERTAKEN = "overtaken"  # another verdict, or another end, came first
    REFUSED = "refused"  # the gateway does not take this request
    WITHDRAWN = "withdrawn"  # another decision took its place


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
    """Who requested it: `claimed_name` is what the person says, `os_user` what the system says."""

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

    `case_version` is the onboarding's when the decision was made. `content` is None once settled.
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
    reply: GatewayReply = GatewayReply()
    unconfirmed_since: datetime | None = None

    def is_same_as(self, kind: DecisionKind, content: DecisionContent) -> bool:
        """Whether a request of `kind` with `content` repeats this decision."""
        return self.kind is kind and self.content == content

    def is_due(self, now: datetime) -> bool:
        """Whether it may be sent now."""
        return self.due_at is not None and self.due_at <= now


def outcome_of(decision: DecisionRecord, onboarding: Onboarding) -> DecisionOutcome | None:
    """Return how the decision has ended by the onboarding's status; None while undecided."""
    if onboarding.status is decision.kind.wanted:
        return DecisionOutcome.CONFIRMED
    if onboarding.status in decision.kind.possible_in:
        return None
    return DecisionOutcome.OVERTAKEN
