"""Data classes that steps return to pages, without secrets of other users."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from webapp.config.sites import Flow, Site
from webapp.domain.onboarding import (
    AWAITING_RESULT,
    AWAITING_USER,
    Onboarding,
    Person,
    Status,
)
from webapp.domain.reasons import Reason

Next = Literal["continue", "wait", "retry", "done"]
Kind = Literal["consent", "preparing", "frame", "redirect", "waiting", "result"]
Action = Literal["start", "continue", "see", "retry"]


@dataclass(frozen=True)
class Visitor:
    """A signed-in user. `return_url`, `state`: where and how the host site wants them back.

    `flow_is_given`: the host site chose the flow, and the user may not choose another. `via` is
    `oidc`, `handoff`, `link` or `embed`. The session is over at `expires_at` at the latest
    (`domain.session_life`).
    """

    session_id: str = field(repr=False)
    person: Person
    site: Site
    flow: str
    via: str
    expires_at: datetime
    flow_is_given: bool = False
    return_url: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class OnboardingView:
    """What the owner of an onboarding may see of it. Times are aware UTC.

    `has_completion_notice`: a notice says that the user is done; see `completion_notices`.
    """

    id: str
    flow: str
    status: Status
    reasons: tuple[Reason, ...]
    attempt: int
    version: int
    created_at: datetime
    updated_at: datetime
    decided_at: datetime | None
    expires_at: datetime
    next: Next
    has_completion_notice: bool = False

    @property
    def shown_status(self) -> Status:
        """The status whose texts the user sees."""
        return Status.SUBMITTED if self.has_completion_notice else self.status


@dataclass(frozen=True)
class Page:
    """What `GET /onboardings/{id}` shows; `kind` chooses the template.

    `hosted_url`, `hosted_origin` and `onboarding_token` are set for `frame` and `redirect` only.
    `agreed`: the flow's consent is stored already, or the flow asks for none. `allow` is the
    frame's permission list; `return_url` is where the host site wants its user back, with the
    signed result.
    """

    onboarding: OnboardingView
    kind: Kind
    site: Site
    flow: Flow
    person: Person
    allow: str = ""
    hosted_url: str | None = field(default=None, repr=False)
    hosted_origin: str | None = None
    onboarding_token: str | None = field(default=None, repr=False)
    agreed: bool = False
    return_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Home:
    """What `GET /` shows to a signed-in user; `action` is the one next action.

    `return_url` is where the host site wants its user back, with the signed result of `current`.
    """

    person: Person
    site: Site
    flow: Flow
    onboardings: list[OnboardingView]
    current: OnboardingView | None
    action: Action
    return_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Returned:
    """A browser is back from the gateway's page; holds no data about the person.

    `error_note` names the texts that explain the error (`domain/hosted_errors.py`).
    """

    onboarding_id: str
    site: Site
    error_note: str | None


def next_of(onboarding: Onboarding, flow: Flow) -> Next:
    """Return what the user does next: `continue`, `wait`, `retry` (start anew), or `done`."""
    if onboarding.status in AWAITING_USER:
        return "continue"
    if onboarding.status in AWAITING_RESULT:
        return "wait"
    if onboarding.status in (Status.VERIFIED, Status.ERASED):
        return "done"
    retry_allowed = all(reason.retry_allowed for reason in onboarding.reasons)
    is_used_up = onboarding.submitted_at is not None and onboarding.attempt >= flow.attempts
    return "retry" if retry_allowed and not is_used_up else "done"


def onboarding_view(
    onboarding: Onboarding, flow: Flow, *, has_notice: bool = False
) -> OnboardingView:
    """Return what the owner may see of an onboarding; see `completion_notices`."""
    return OnboardingView(
        id=onboarding.id,
        flow=onboarding.flow,
        status=onboarding.status,
        reasons=onboarding.reasons,
        attempt=onboarding.attempt,
        version=onboarding.version,
        created_at=onboarding.created_at,
        updated_at=onboarding.updated_at,
        decided_at=onboarding.decided_at,
        expires_at=onboarding.expires_at,
        next="wait" if has_notice else next_of(onboarding, flow),
        has_completion_notice=has_notice,
    )
