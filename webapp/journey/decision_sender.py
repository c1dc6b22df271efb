"""Send the decision on an onboarding to the gateway, and store what the gateway replied.

One process at a time sends it: the claim is a lease in the decision's row. A killed process leaves
the lease behind; when it ends, the next poll reads first and sends again only while the gateway
shows no verdict.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from webapp.domain import decision_transitions, transitions
from webapp.domain.corrections import CorrectionResult
from webapp.domain.decisions import (
    DecisionKind,
    DecisionOutcome,
    DecisionRecord,
    DecisionState,
    GatewayReply,
    outcome_of,
    outcome_of_corrections,
)
from webapp.domain.errors import GatewayForbidden, GatewayUnavailable
from webapp.domain.onboarding import Onboarding
from webapp.domain.reasons import ReasonCode, rejection_comment
from webapp.gateway.client import Gateway
from webapp.gateway.errors import (
    Forbidden,
    GatewayError,
    RequestRefused,
    StateConflict,
    Unauthorized,
    Unavailable,
)
from webapp.gateway.models import ProcessData
from webapp.gateway.reply_text import reply_text
from webapp.journey.corrections import compare_with_answer
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.parked_decisions import ParkedDecisions
from webapp.store.unit_of_work import UnitOfWork

_SUCCESS = 200
_log = logging.getLogger(__name__)


class DecisionSender:
    """Sends decisions; only `GatewayPoll` calls it, right after it has read the process."""

    def __init__(
        self, deps: JourneyDependencies, gateway: Gateway, parked: ParkedDecisions
    ) -> None:
        self._deps = deps
        self._gateway = gateway
        self._parked = parked

    def send_if_due(self, decision: DecisionRecord) -> bool:
        """Send it if it is due and no other process does; return whether a poll may now show more.

        What the gateway replies is stored, never raised. Raises ValueError for content that cannot
        be sent.
        """
        claimed = self._claim(decision)
        if claimed is None:
            return False
        error = self._call(claimed)
        self._store_reply(claimed, error)
        if isinstance(error, Forbidden):
            self._parked.raise_alarm()
        elif error is None or isinstance(error, RequestRefused | StateConflict):
            self._parked.release_all()
        return error is None or isinstance(error, StateConflict)

    def _claim(self, decision: DecisionRecord) -> DecisionRecord | None:
        now = self._deps.clock()
        if not decision.is_due(now):
            return None
        with self._deps.database.writing() as work:
            row = work.onboardings.get(decision.onboarding_id, for_update=True)
            stored = work.decisions.unsettled(decision.onboarding_id)
            if row is None or stored is None or stored.id != decision.id or not stored.is_due(now):
                return None
            if outcome_of(stored, row) is not None:
                return None
            claimed = decision_transitions.claim_sending(stored, now)
            work.decisions.save(claimed)
            # Or the schedule decides how long the decision of a killed process waits: up to a day.
            if claimed.due_at is not None:
                work.onboardings.poll_by(row.id, claimed.due_at)
            return claimed

    def _call(self, decision: DecisionRecord) -> GatewayError | None:
        """Return the gateway's error; None after a success."""
        try:
            with self._deps.translate_gateway_errors(decision.onboarding_id):
                self._request(decision)
        except GatewayError as error:
            return error
        except (GatewayUnavailable, GatewayForbidden) as error:
            if isinstance(error.__cause__, GatewayError):
                return error.__cause__
            raise
        return None

    def _request(self, decision: DecisionRecord) -> None:
        content, process_id = decision.content, decision.onboarding_id
        if content is None:
            raise ValueError("a decision without content cannot be sent")
        if decision.kind is DecisionKind.ACCEPT:
            self._gateway.accept(process_id, content.corrections)
        elif decision.kind is DecisionKind.REJECT:
            comment = rejection_comment(content.comment or "", content.reason)
            self._gateway.reject(process_id, comment)
        else:
            self._gateway.send_to_review(process_id, content.corrections)

    def _store_reply(self, sent: DecisionRecord, error: GatewayError | None) -> None:
        if error is not None:
            _log.warning(
                "decision_not_taken",
                extra={
                    "onboarding": sent.onboarding_id,
                    "error": type(error).__name__,
                    "status": error.status,
                },
            )
        with self._deps.database.writing() as work:
            row = work.onboardings.get(sent.onboarding_id, for_update=True)
            stored = work.decisions.unsettled(sent.onboarding_id)
            if row is None or stored is None or stored.id != sent.id:
                return  # settled or withdrawn meanwhile
            if isinstance(error, RequestRefused):
                reply = _reply(error)
                settle(self._deps, work, row, stored, DecisionOutcome.REFUSED, reply)
                return
            after = self._after(stored, error)
            work.decisions.save(after)
            self._record(work, row, after, error)
            if after.due_at is not None:
                work.onboardings.poll_by(row.id, after.due_at)

    def _after(self, stored: DecisionRecord, error: GatewayError | None) -> DecisionRecord:
        now = self._deps.clock()
        if _is_undelivered(error):
            stored = decision_transitions.count_undelivered(stored)
        if error is None:
            return decision_transitions.acknowledge(stored, now, GatewayReply(_SUCCESS))
        reply = _reply(error)
        if isinstance(error, StateConflict):
            return decision_transitions.end_sending(stored, now, reply)
        if isinstance(error, Forbidden):
            return decision_transitions.park(stored, now, reply)
        if isinstance(error, Unauthorized):
            return decision_transitions.postpone_unauthorized(stored, now, reply)
        seconds = error.retry_after_seconds if isinstance(error, Unavailable) else None
        return decision_transitions.postpone_sending(
            stored, now, reply, timedelta(seconds=seconds or 0)
        )

    def _record(
        self,
        work: UnitOfWork,
        row: Onboarding,
        decision: DecisionRecord,
        error: GatewayError | None,
    ) -> None:
        if error is None:
            self._deps.record_event(work, row, "decision_sent", kind=str(decision.kind))
        elif decision.attempts == 1:
            self._deps.record_event(
                work,
                row,
                "decision_not_taken",
                kind=str(decision.kind),
                why=type(error).__name__,
                http_status=error.status,
            )


def settle(
    deps: JourneyDependencies,
    work: UnitOfWork,
    row: Onboarding,
    decision: DecisionRecord,
    outcome: DecisionOutcome,
    reply: GatewayReply | None = None,
    results: Mapping[str, CorrectionResult] | None = None,
) -> Onboarding:
    """End the decision in the caller's transaction; return the onboarding with its new version.

    `results` are those of its corrected fields.
    """
    now = deps.clock()
    work.decisions.save(decision_transitions.settle(decision, now, outcome, reply, results))
    after = transitions.record_decision(row, now)
    work.onboardings.save(after, was=row.version)
    deps.record_event(
        work, after, "decision_settled", kind=str(decision.kind), outcome=str(outcome)
    )
    return after


def settle_by_answer(
    deps: JourneyDependencies,
    work: UnitOfWork,
    row: Onboarding,
    decision: DecisionRecord,
    answer: ProcessData | None,
) -> tuple[Onboarding, DecisionRecord | None]:
    """Settle the decision if the status shows how it ended, or dead-letter it if it is hopeless.

    `row` has the status that follows from `answer`, with which corrections are compared. Returns
    the onboarding, and the decision that still has no outcome.
    """
    outcome = outcome_of(decision, row)
    if outcome is DecisionOutcome.CONFIRMED and decision.content is not None:
        results = compare_with_answer(decision.content.corrections, answer)
        outcome = outcome_of_corrections(results.values())
        return settle(deps, work, row, decision, outcome, results=results), None
    if outcome is not None:
        return settle(deps, work, row, decision, outcome), None
    now = deps.clock()
    if decision.state is DecisionState.OPEN and decision_transitions.is_hopeless(decision, now):
        decision = decision_transitions.dead_letter(decision, now)
        work.decisions.save(decision)
        deps.record_event(work, row, "decision_dead_lettered", kind=str(decision.kind))
    return row, decision


def reason_sent(decision: DecisionRecord | None) -> ReasonCode | None:
    """Return the reason of a rejection that the gateway may have received."""
    if decision is None or decision.content is None or not decision.may_be_delivered:
        return None
    return decision.content.reason


def _is_undelivered(error: GatewayError | None) -> bool:
    """Whether the gateway has certainly not carried the request out."""
    if isinstance(error, Unavailable):
        return not error.maybe_sent
    return isinstance(error, StateConflict | Unauthorized | Forbidden)


def _reply(error: GatewayError) -> GatewayReply:
    return GatewayReply(error.status, reply_text(error))
