"""decision: the host site or an operator accepts, rejects, or sends an onboarding to review.

A decision is stored first; polls carry it out (`decision_sender`) until the gateway shows it, so
neither an outage nor a killed process loses it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from webapp.domain import transitions
from webapp.domain.actors import Actor
from webapp.domain.decisions import (
    TAKEN,
    DecisionContent,
    DecisionKind,
    DecisionOutcome,
    DecisionRecord,
    DecisionRequester,
    DecisionState,
)
from webapp.domain.errors import (
    CaseChanged,
    DecisionImpossible,
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
from webapp.http_transport.deadline import deadline
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
    """The onboarding, and the decision while the gateway has not confirmed it (None: it has).

    `is_forbidden`: the gateway refuses our account a right (403).
    """

    onboarding: Onboarding
    decision: DecisionRecord | None = None
    is_forbidden: bool = False


@dataclass(frozen=True)
class DecisionRequest:
    """What is decided, by whom, and on which version of the case (None: not compared)."""

    kind: DecisionKind
    content: DecisionContent
    actor: Actor
    requester: DecisionRequester
    case_version: int | None


class Decision:
    """Each method stores the decision and gives the gateway ten seconds to confirm it.

    `case_version` is the version of the case that the decision was made on (None: not compared).
    The same decision made again joins the first one, and is sent at once if that is parked or dead.
    Raises NotFound; ValueError for content that cannot be sent; DecisionImpossible with the present
    status when the status does not allow it or another verdict came first, CaseChanged,
    DecisionInProgress while another decision is carried out; DecisionRefused with the gateway's
    reply.
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
        content = DecisionContent(corrections=dict(personal_data or {}))
        request = DecisionRequest(DecisionKind.ACCEPT, content, actor, requester, case_version)
        return self.decide(onboarding_id, request)

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
        content = DecisionContent(comment=comment, reason=reason)
        request = DecisionRequest(DecisionKind.REJECT, content, actor, requester, case_version)
        return self.decide(onboarding_id, request)

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
        content = DecisionContent(corrections=dict(personal_data or {}))
        request = DecisionRequest(DecisionKind.REVIEW, content, actor, requester, case_version)
        return self.decide(onboarding_id, request)

    def decide(
        self, onboarding_id: str, request: DecisionRequest, *, wait: bool = True
    ) -> DecisionResult:
        """Make the decision of `request`; without `wait` the jobs process alone carries it out."""
        _check_content(request)
        decision = self._store(onboarding_id, request)
        if decision is None:
            return DecisionResult(self._row(onboarding_id))
        if not wait:
            return DecisionResult(self._row(onboarding_id), decision)
        end = time.monotonic() + self._confirmation_seconds
        try:
            # What the deadline cuts off counts as a lost answer: the next poll reads first.
            with deadline(self._confirmation_seconds):
                self._gateway_poll.poll(onboarding_id)
        except GatewayUnavailable:
            pass  # the jobs process polls again
        except GatewayForbidden:
            return DecisionResult(self._row(onboarding_id), decision, is_forbidden=True)
        return self._result(onboarding_id, self._wait(decision, end), request)

    def _store(self, onboarding_id: str, request: DecisionRequest) -> DecisionRecord | None:
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
        request: DecisionRequest,
        open_one: DecisionRecord | None,
    ) -> DecisionRecord | None:
        if row.status is request.kind.wanted and not request.content.corrections:
            return None
        if row.status not in request.kind.possible_in:
            raise DecisionImpossible(row.status)
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

    def _record(self, request: DecisionRequest, row: Onboarding) -> DecisionRecord:
        now = self._deps.clock()
        return DecisionRecord(
            id=str(uuid.uuid4()),
            onboarding_id=row.id,
            kind=request.kind,
            case_version=row.case_version,
            actor=request.actor,
            requester=request.requester,
            content=request.content,
            corrected_fields=dict.fromkeys(request.content.corrections),
            state=DecisionState.OPEN,
            created_at=now,
            updated_at=now,
            due_at=now,
        )

    def _wait(self, decision: DecisionRecord, end: float) -> DecisionRecord:
        """Return the decision once it is settled, or as it is at `end` (monotonic seconds)."""
        while True:
            with self._deps.database.reading() as work:
                stored = work.decisions.get(decision.id) or decision
            if stored.outcome or stored.state in _NOT_WAITED_FOR or time.monotonic() >= end:
                return stored
            time.sleep(_CHECK_SECONDS)

    def _result(
        self, onboarding_id: str, decision: DecisionRecord, request: DecisionRequest
    ) -> DecisionResult:
        row = self._row(onboarding_id)
        if decision.outcome is None:
            is_forbidden = decision.state is DecisionState.PARKED
            return DecisionResult(row, decision, is_forbidden=is_forbidden)
        if decision.outcome is DecisionOutcome.REFUSED:
            raise DecisionRefused(decision.reply.http_status, decision.reply.text)
        # The requested verdict was given already; corrections have not been carried out then.
        is_done = row.status is request.kind.wanted and not request.content.corrections
        if decision.outcome in TAKEN or is_done:
            return DecisionResult(row)
        raise DecisionImpossible(row.status)

    def _row(self, onboarding_id: str) -> Onboarding:
        with self._deps.database.reading() as work:
            row = work.onboardings.get(onboarding_id)
        if row is None:
            raise NotFound("no such onboarding")
        return row


def _may_withdraw(open_one: DecisionRecord, kind: DecisionKind) -> bool:
    """Whether a decision of `kind` takes the place of the open one."""
    if open_one.state is DecisionState.DEAD:
        return True
    return open_one.kind is DecisionKind.REVIEW and kind is not DecisionKind.REVIEW


def _check_content(request: DecisionRequest) -> None:
    """Raises ValueError for content that cannot be sent."""
    to_wire_names(request.content.corrections)
    if request.kind is DecisionKind.REJECT:
        comment = require_json_text(request.content.comment, "the comment")
        if not comment.strip():
            raise ValueError("the comment must give a reason")
