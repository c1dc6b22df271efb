"""One onboarding: what is kept about it, and what may be told about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from webapp.domain.reasons import Reason


class Status(StrEnum):
    """Where an onboarding stands; the only words pages, API and messages use."""

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


#: A person has at most one onboarding of a flow in these (a database constraint keeps it so).
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
#: Decided by the gateway; nothing but erasure follows.
FINAL = frozenset({Status.VERIFIED, Status.REJECTED})
#: The user still has something to do at the gateway's page.
AWAITING_USER = frozenset({Status.CREATED, Status.STARTED, Status.INTERRUPTED})
#: The user is done and somebody else is at work.
AWAITING_RESULT = frozenset({Status.SUBMITTED, Status.DECIDING, Status.IN_REVIEW})


@dataclass(frozen=True)
class Onboarding:
    """One process at the gateway; `id` is the gateway's `scanId` and `verificationId` (a UUID).

    All times are aware UTC. `hosted_url` and `onboarding_token` are secrets of the owner
    and stay out of `repr`. `poll_count` counts the reads since the last sign of life and is the
    position on the schedule of `domain.schedule`; `next_poll_at` is when the gateway is asked next.
    """

    id: str
    person_id: str
    site: str
    flow: str
    status: Status
    attempt: int
    mode: str
    locale: str
    livemode: bool
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    version: int = 1
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
    poll_reason: str | None = None
    poll_count: int = 0
    deciding_at: datetime | None = None
    unanswered_polls: int = 0
    unanswered_since: datetime | None = None

    def __repr__(self) -> str:
        return f"<Onboarding {self.id} {self.status} v{self.version}>"

    @property
    def final(self) -> bool:
        """Whether the gateway has decided."""
        return self.status in FINAL

    @property
    def active(self) -> bool:
        """Whether it is the one its person goes on with."""
        return self.status in ACTIVE

    def changed(self, now: datetime, **fields: object) -> Onboarding:
        """The same onboarding with `fields` and a new version; `now` becomes `updated_at`."""
        return replace(self, updated_at=now, version=self.version + 1, **fields)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Person:
    """Somebody a site vouches for: the site's id and the site's own stable user id."""

    id: str
    site: str
    subject: str
    name: str | None = None
    locale: str | None = None

    def __repr__(self) -> str:
        return f"<Person {self.id} of {self.site}>"


@dataclass(frozen=True)
class Consent:
    """What was agreed to, in which language and when."""

    version: str
    locale: str
    agreed_at: datetime
