"""Decide what the start of an onboarding has to do next: a pure function without a database.

`start` reads the person's latest onboarding of the flow, calls `decide_start`, carries the action
out, and repeats until there is an onboarding to continue with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from webapp.config.sites import Flow
from webapp.domain.onboarding import AWAITING_USER, Onboarding, Status
from webapp.journey.views import Visitor, next_of


class StartAction(Enum):
    """What `start` does next. `LOCKING` holds those that need a row lock."""

    CONTINUE = auto()  # lead the user to the onboarding as it is
    CREATE = auto()  # store a new onboarding
    EXPIRE = auto()  # poll: its time is up, and no job has polled it yet
    POLL = auto()  # poll before its address is used again
    CLAIM = auto()  # claim its create call, then call the gateway
    REOPEN = auto()  # submitted, but the user says that the capture is not finished
    OFFER_AGAIN = auto()  # interrupted: use the same address again
    REPLACE = auto()  # cancel it; a verified or a new onboarding takes its place


#: Actions that change the latest onboarding.
LOCKING = frozenset(
    {StartAction.CLAIM, StartAction.REOPEN, StartAction.OFFER_AGAIN, StartAction.REPLACE}
)


@dataclass(frozen=True)
class StartRequest:
    """What the user asks for.

    `consent` is the consent version shown on the page that the user confirmed. `unfinished`: the
    user says that they returned before the capture was done. `prepare_only`: store the onboarding,
    make no call to the gateway.
    """

    visitor: Visitor
    flow: Flow
    consent: str | None
    locale: str
    unfinished: bool = False
    prepare_only: bool = False


@dataclass(frozen=True)
class StartFacts:
    """What the decision may ask of the database; functions, since each costs a query."""

    is_verified: Callable[[], bool]  # the person has a verified onboarding of the flow
    has_consent: Callable[[], bool]  # consent to the flow's version is stored for the latest one
    attempts_used: Callable[[], int]  # onboardings that were submitted
    has_reached_limit: Callable[[], bool]  # too many processes within 24 hours


@dataclass(frozen=True)
class StartProgress:
    """What this request has done so far: the ids of the onboardings it acted on."""

    checked_id: str | None = None  # polled before reuse, or replaced
    lost_id: str | None = None  # the address of its process at the gateway is lost


def decide_start(
    latest: Onboarding | None,
    request: StartRequest,
    facts: StartFacts,
    progress: StartProgress,
    now: datetime,
) -> StartAction:
    """Return the next action for `latest`, the person's active onboarding or else the newest one.

    A verified one ranks before newer ones that ended (`Onboardings.latest`). `now` is aware UTC.
    """
    if latest is None:
        return StartAction.CREATE
    if not latest.active:
        return _after_the_end(latest, request, facts, progress)
    if latest.status in AWAITING_USER and (latest.id == progress.lost_id or facts.is_verified()):
        return StartAction.REPLACE
    if request.prepare_only or not _is_users_turn(latest, request):
        return StartAction.CONTINUE
    if progress.checked_id is None and latest.status in AWAITING_USER and now >= latest.expires_at:
        return StartAction.EXPIRE
    if latest.status is Status.CREATED:
        return _before_create(latest, request, facts, now)
    if progress.checked_id is None:
        return StartAction.POLL
    return _reuse(latest, facts)


def _after_the_end(
    latest: Onboarding, request: StartRequest, facts: StartFacts, progress: StartProgress
) -> StartAction:
    """A new one, unless the user has yet to see that it ended or may not try again."""
    if latest.id == progress.checked_id or next_of(latest, request.flow) == "done":
        return StartAction.CONTINUE
    if facts.attempts_used() >= request.flow.attempts or facts.has_reached_limit():
        return StartAction.CONTINUE
    return StartAction.CREATE


def _is_users_turn(latest: Onboarding, request: StartRequest) -> bool:
    return latest.status in AWAITING_USER or (
        request.unfinished and latest.status is Status.SUBMITTED
    )


def _before_create(
    latest: Onboarding, request: StartRequest, facts: StartFacts, now: datetime
) -> StartAction:
    version = request.flow.consent_version
    if now >= latest.expires_at:
        return StartAction.CONTINUE
    if version is None or request.consent == version or facts.has_consent():
        return StartAction.CLAIM
    return StartAction.CONTINUE


def _reuse(latest: Onboarding, facts: StartFacts) -> StartAction:
    if latest.status is Status.SUBMITTED:
        return StartAction.REOPEN
    if latest.adopted:  # the address of its hosted page is not known
        has_reached_limit = facts.has_reached_limit()
        return StartAction.CONTINUE if has_reached_limit else StartAction.REPLACE
    if latest.status is not Status.INTERRUPTED:
        return StartAction.CONTINUE
    if latest.interruptions <= 1 or facts.has_reached_limit():
        return StartAction.OFFER_AGAIN
    return StartAction.REPLACE
