"""decision: the host site or an operator accepts, rejects, or sends an onboarding to review.

A decision is stored first; polls carry it out (`decision_sender`) until the gateway shows it, so
neither an outage nor a killed process loses it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from webapp.domain import transitions
from webapp.domain.actors import Actor
from webapp.domain.decisions import (
    DecisionContent,
    DecisionKind,
    DecisionOutcome,
    DecisionRecord,
    DecisionRequester,
    DecisionState,
)
from webapp.domain.errors import (
    CaseChanged,
    Conflict,
    DecisionInProgress,
    DecisionRefused,
    GatewayForbidden,
    GatewayUnavailable,
    NotFound,
)
from webapp.domain.onboarding import Onboarding
from webapp.domain.reasons import ReasonCode
from webapp.domain.schedule import PollReason
from webapp.gateway.personal_data import require_json_text, to_wire_names
from webapp.journey.decision_sender import settle
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.gateway_poll import GatewayPoll
from webapp.journey.parked_decisions import ParkedDecisions
from webapp.store.errors import AlreadyExists
from webapp.store.unit_of_work import UnitOfWork

#: How long a caller waits for the gateway's confirmation.
CONFIRMATION_SECONDS = 10.0
#: The caller does not name who decides.
UNNAMED = DecisionRequester()
_CHECK_SECONDS = 0.1
_NOT_WAITED_FOR = frozenset({DecisionState.PARKED, DecisionState.DEAD})


@dataclass(frozen=True)
class DecisionResult:
    """The onboarding, and the decision while the gateway has not confirmed it (None: it has)."""

    onboarding: Onboarding
    decision: DecisionRecord | None = None


class Decision:
    """Each method stores the decision and waits up to ten seconds for the gateway to confirm it.

    `case_version` is the version of the case that the decision was made on (None: not compared).
    The same decision made again joins the first one, and is sent at once if that is parked or dead.
    Raises NotFound; ValueError for content that cannot be sent; Conflict with the present status
    when the decision is impossible or another verdict came first, CaseChanged, DecisionInProgress
    while another decision is carried out; DecisionRefused with the gateway's reply.
    """

    def __init__(
        self,
        deps: JourneyDependencies,
        gateway_poll: GatewayPoll,
        confirmation_seconds: float = CONFIRMATION_SECONDS,
    ) -> None:
        self._deps = deps
        self._gateway_poll = gateway_poll
        self._parked = ParkedDecisions(deps)
        self._confirmation_seconds = confirmation_seconds

    def accept(
        self,
        onboarding_id: str,
        *,
        actor: Actor,
        requester: DecisionRequester = UNNAMED,
        personal_data: Mapping[str, str] | None = None,
        case_version: int | None = None,
    ) -> DecisionResult:
        """Make it `verified`, finally (contract 3.8). Withdraws an open review.

        `personal_data` corrects the user's data; its keys are those of `WIRE_NAMES`.
        """
        content = DecisionContent(corrections=_checked(personal_data))
        return self._decide(
            onboarding_id, _Request(DecisionKind.ACCEPT, content, actor, requester, case_version)
        )

    def reject(
        self,
        onboarding_id: str,
        *,
        actor: Actor,
        comment: str,
        requester: DecisionRequester = UNNAMED,
        reason: ReasonCode | None = None,
        case_version: int | None = None,
    ) -> DecisionResult:
        """Make it `rejected`, finally (contract 3.9). Withdraws an open review.

        Only operators see `comment`; the user reads the text of `reason` (None: `other`).
        """
        if not require_json_text(comment, "the comment").strip():
            raise ValueError("the comment must give a reason")
        content = DecisionContent(comment=comment, reason=reason)
        return self._decide(
            onboarding_id, _Request(DecisionKind.REJECT, content, actor, requester, case_version)
        )

    def review(
        self,
        onboarding_id: str,
        *,
        actor: Actor,
        requester: DecisionRequester = UNNAMED,
        personal_data: Mapping[str, str] | None = None,
        case_version: int | None = None,
    ) -> DecisionResult:
        """Send it to the gateway's reviewers (contract 3.10)."""
        content = DecisionContent(corrections=_checked(personal_data))
        return self._decide(
            onboarding_id, _Request(DecisionKind.REVIEW, content, actor, requester, case_version)
        )

    def _decide(self, onboarding_id: str, request: _Request) -> DecisionResult:
        decision = self._store(onboarding_id, request)
        if decision is None:
            return DecisionResult(self._row(onboarding_id))
        with suppress(GatewayUnavailable, GatewayForbidden):  # the jobs process polls again
            self._gateway_poll.poll(onboarding_id)
        return self._result(onboarding_id, self._wait(decision))

    def _store(self, onboarding_id: str, request: _Request) -> DecisionRecord | None:
        """Store the decision, or join the one that is carried out; None: decided so already."""
        try:
            with self._deps.database.writing() as work:
                row = work.onboardings.get(onboarding_id, for_update=True)
                if row is None:
                    raise NotFound("no such onboarding")
                open_one = work.decisions.unsettled(row.id)
                if open_one is None or not open_one.is_same_as(request.kind, request.content):
                    return self._add(work, row, request, open_one)
        except AlreadyExists:  # another caller's decision was faster: join it, or conflict with it
            return self._store(onboarding_id, request)
        self._parked.release(onboarding_id)
        return open_one

    def _add(
        self,
        work: UnitOfWork,
        row: Onboarding,
        request: _Request,
        open_one: DecisionRecord | None,
    ) -> DecisionRecord | None:
        if row.status is request.kind.wanted:
            return None
        if row.status not in request.kind.possible_in:
            raise Conflict(row.status)
        if request.case_version not in (None, row.case_version):
            raise CaseChanged(row.status, "the onboarding has changed meanwhile")
        before = row
        if open_one is not None:
            if not _may_withdraw(open_one, request.kind):
                raise DecisionInProgress(row.status, open_one.kind)
            row = settle(self._deps, work, row, open_one, DecisionOutcome.WITHDRAWN)
        decision = self._record(request, before)
        work.decisions.add(decision)
        decided = transitions.record_decision(row, self._deps.clock())
        work.onboardings.save(decided, was=row.version)
        reason = decision.content.reason if decision.content else None
        self._deps.record_event(
            work,
            decided,
            "decision_requested",
            actor=request.actor,
            kind=str(request.kind),
            **({"reason": str(reason)} if reason else {}),
        )
        self._deps.schedule_poll_now(work, row.id, PollReason.NOTICE)
        return decision

    def _record(self, request: _Request, row: Onboarding) -> DecisionRecord:
        now = self._deps.clock()
        return DecisionRecord(
            id=str(uuid.uuid4()),
            onboarding_id=row.id,
            kind=request.kind,
            case_version=row.case_version,
            actor=request.actor,
            requester=request.requester,
            content=request.content,
            state=DecisionState.OPEN,
            created_at=now,
            updated_at=now,
            due_at=now,
        )

    def _wait(self, decision: DecisionRecord) -> DecisionRecord:
        """Return the decision once it is settled, or as it is when the time is up."""
        end = time.monotonic() + self._confirmation_seconds
        while True:
            with self._deps.database.reading() as work:
                stored = work.decisions.get(decision.id) or decision
            if stored.outcome or stored.state in _NOT_WAITED_FOR or time.monotonic() >= end:
                return stored
            time.sleep(_CHECK_SECONDS)

    def _result(self, onboarding_id: str, decision: DecisionRecord) -> DecisionResult:
        row = self._row(onboarding_id)
        if decision.outcome is DecisionOutcome.CONFIRMED:
            return DecisionResult(row)
        if decision.outcome is DecisionOutcome.REFUSED:
            raise DecisionRefused(decision.reply.http_status, decision.reply.text)
        if decision.outcome is not None:
            raise Conflict(row.status)
        return DecisionResult(row, decision)

    def _row(self, onboarding_id: str) -> Onboarding:
        with self._deps.database.reading() as work:
            row = work.onboardings.get(onboarding_id)
        if row is None:
            raise NotFound("no such onboarding")
        return row


@dataclass(frozen=True)
class _Request:
    """The arguments of one call."""

    kind: DecisionKind
    content: DecisionContent
    actor: Actor
    requester: DecisionRequester
    case_version: int | None


def _may_withdraw(open_one: DecisionRecord, kind: DecisionKind) -> bool:
    """Whether a decision of `kind` takes the place of the open one."""
    if open_one.state is DecisionState.DEAD:
        return True
    return open_one.kind is DecisionKind.REVIEW and kind is not DecisionKind.REVIEW


def _checked(personal_data: Mapping[str, str] | None) -> dict[str, str]:
    """Return the corrections. Raises ValueError for keys and values that cannot be sent."""
    to_wire_names(personal_data)
    return dict(personal_data or {})
