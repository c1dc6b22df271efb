"""Data classes of an onboarding, its person and its consent, and the sets of statuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from webapp.domain.reasons import Reason
from webapp.domain.schedule import PollReason


class Status(StrEnum):
    """The status of an onboarding; pages, API and messages use these words only."""

    CREATED = "created"
    STARTED = "started"
    INTERRUPTED = "interrupted"
    SUBMITTED = "submitted"
    DECIDING = "deciding"
    IN_REVIEW = "in_review"
    VERIFIED = "verified"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELED = "canceled"
    ERASED = "erased"


class Mode(StrEnum):
    """How the gateway's hosted page is shown to the user."""

    IFRAME = "iframe"
    REDIRECT = "redirect"


class DecideBy(StrEnum):
    """Who decides an onboarding that the gateway leaves open (`decide` of a flow)."""

    REVIEW = "review"  # the gateway's reviewers
    RULES = "rules"  # treated as REVIEW until rules can be configured
    HOST = "host"  # the host site, within `decide_within_minutes`


class OnDeadline(StrEnum):
    """What happens when the host site has not decided in time (`on_deadline` of a flow)."""

    REVIEW = "review"  # the gateway's reviewers decide
    STAY = "stay"  # it waits for the host site, overdue


#: Statuses of which a person has at most one onboarding per flow (a unique index enforces it).
ACTIVE = frozenset(
    {
        Status.CREATED,
        Status.STARTED,
        Status.INTERRUPTED,
        Status.SUBMITTED,
        Status.DECIDING,
        Status.IN_REVIEW,
    }
)
#: Decided by the gateway; only erasure can follow.
FINAL = frozenset({Status.VERIFIED, Status.REJECTED})
#: The user still has steps to do on the gateway's page.
AWAITING_USER = frozenset({Status.CREATED, Status.STARTED, Status.INTERRUPTED})
#: The user is done; the gateway, the host site or a reviewer has to act.
AWAITING_RESULT = frozenset({Status.SUBMITTED, Status.DECIDING, Status.IN_REVIEW})


@dataclass(frozen=True)
class Onboarding:
    """One process at the gateway; `id` is the gateway's `scanId` and `verificationId` (a UUID).

    All times are aware UTC. `hosted_url` and `onboarding_token` are secrets of the owner and stay
    out of `repr`. `create_called_at` is set while a create call is in flight. `next_poll_at` is
    when the gateway is polled next (None: never); `poll_count` counts the polls since
    `poll_reason` was set and is the position on the schedule of `domain.schedule`. `version` moves
    with every change, `case_version` only with the status, the gateway's facts and decisions.
    `evidence_available_at` is when the gateway first reported that the recording is available.
    `person_id` is None once it is erased. `overdue_at` is when the host site's time to decide had
    passed, with `on_deadline = "stay"`. `adopted`: another system created the process, so the
    address of its hosted page is not known. Change it through `domain.transitions` only.
    """

    id: str
    person_id: str | None
    site: str
    flow: str
    status: Status
    attempt: int
    mode: Mode
    locale: str
    livemode: bool
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    version: int = 1
    case_version: int = 1
    gateway_status: str | None = None
    reasons: tuple[Reason, ...] = ()
    hosted_url: str | None = None
    onboarding_token: str | None = None
    create_calls: int = 0
    create_called_at: datetime | None = None
    started_at: datetime | None = None
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    rejection_reason: str | None = None
    interruptions: int = 0
    previous_id: str | None = None
    replaced_by: str | None = None
    next_poll_at: datetime | None = None
    poll_reason: PollReason | None = None
    poll_count: int = 0
    deciding_at: datetime | None = None
    overdue_at: datetime | None = None
    unanswered_polls: int = 0
    unanswered_since: datetime | None = None
    evidence_available_at: datetime | None = None
    adopted: bool = False

    def __repr__(self) -> str:
        return f"<Onboarding {self.id} {self.status} v{self.version}>"

    @property
    def owner_id(self) -> str:
        """The id of its person. Raises LookupError for an erased onboarding, which has none."""
        if self.person_id is None:
            raise LookupError("an erased onboarding has no person")
        return self.person_id

    @property
    def final(self) -> bool:
        """Whether the gateway has decided."""
        return self.status in FINAL

    @property
    def active(self) -> bool:
        """Whether the person continues with this onboarding instead of a new one."""
        return self.status in ACTIVE


@dataclass(frozen=True)
class Person:
    """A user of a host site: `subject` is the site's own stable user id."""

    id: str
    site: str
    subject: str
    name: str | None = None
    locale: str | None = None

    def __repr__(self) -> str:
        return f"<Person {self.id} of {self.site}>"


@dataclass(frozen=True)
class Consent:
    """The consent version a user agreed to, the language it was shown in, and when (aware UTC)."""

    version: str
    locale: str
    agreed_at: datetime
