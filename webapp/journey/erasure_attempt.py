"""Carry out an erasure: delete the process at the gateway, prove it, then delete here.

One process at a time makes an attempt: the claim is a lease in the erasure's row. The gateway's 200
before the deletion is stored with the claim, so that a killed process does not lose the proof.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from webapp.domain import decision_transitions
from webapp.domain.decisions import DecisionOutcome
from webapp.domain.erasures import (
    TEMPORARY,
    Erasure,
    ErasureState,
    GatewayAnswer,
    GatewayEvidence,
    claim,
    record_attempt,
)
from webapp.domain.errors import GatewayForbidden, GatewayUnavailable
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.schedule import PollReason, delay
from webapp.domain.settle_reason import SettleReason
from webapp.gateway.client import Gateway
from webapp.gateway.errors import GatewayError, RequestRefused, StateConflict, Unauthorized
from webapp.http_transport.deadline import deadline
from webapp.journey.create_process import CREATE_LEASE
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.local_erasure import LocalErasure
from webapp.journey.process_deletion import ProcessDeletion
from webapp.journey.process_reader import ProcessReader
from webapp.store.errors import AlreadyExists
from webapp.store.unit_of_work import UnitOfWork

#: The alarm of erasures that the gateway refuses; it ends with the last of them.
ERASURES_BLOCKED = "erasures_blocked"
#: All gateway calls of one attempt together; less than the lease of the claim.
ATTEMPT_SECONDS = 15.0
#: Attempts without an answer to the read before the deletion, after which it is made all the same.
READS_BEFORE_DELETION = 3
#: The newest onboardings, of which those without an erasure are read.
_CANDIDATES = 20
#: Other processes that are read until one is found that the gateway shows.
_OTHER_PROCESSES = 3
_log = logging.getLogger(__name__)


class ErasureAttempt:
    """Makes attempts; only `GatewayPoll` calls it."""

    def __init__(self, deps: JourneyDependencies, gateway: Gateway) -> None:
        self._deps = deps
        self._gateway = gateway
        self._reader = ProcessReader(deps, gateway)
        self._deletion = ProcessDeletion(deps, gateway)
        self._local = LocalErasure(deps)

    def attempt(self, onboarding_id: str, *, is_forced: bool = False) -> None:
        """Make an attempt if it is due and no other process makes one.

        `is_forced`: also if it is not due. What the gateway answers is stored, never raised.
        """
        with self._deps.database.reading() as work:
            erasure, row = work.erasures.of(onboarding_id), work.onboardings.get(onboarding_id)
        if erasure is None or row is None or not self._is_due(erasure, row, is_forced=is_forced):
            self._postpone(onboarding_id)
            return
        with deadline(ATTEMPT_SECONDS):
            evidence, retry_after = self._read_before(erasure, row)
            claimed = self._claim(erasure, evidence, is_forced=is_forced)
            if claimed is None:
                return
            if _is_worth_deleting(claimed, evidence):
                evidence, retry_after = self._delete(evidence, row)
        self._store(claimed, evidence, retry_after)

    def _is_due(self, erasure: Erasure, row: Onboarding, *, is_forced: bool) -> bool:
        now = self._deps.clock()
        called_at = row.create_called_at
        if called_at is not None and now < called_at + CREATE_LEASE:
            return False  # the process may be created after its deletion
        return _may_begin(erasure, now, is_forced=is_forced)

    def _postpone(self, onboarding_id: str) -> None:
        """A notice, or another cause, made the poll due too early, or after the end."""
        with self._deps.database.writing() as work:
            row = work.onboardings.get(onboarding_id, for_update=True)
            if row is not None:
                self._plan_poll(work, row, work.erasures.of(onboarding_id))

    def _plan_poll(self, work: UnitOfWork, row: Onboarding, erasure: Erasure | None) -> None:
        """Plan the poll of the next attempt, and settle the notices, which change nothing."""
        now = self._deps.clock()
        notices = [notice.id for notice in work.inbox.unsettled(row.id)]
        work.inbox.settle(notices, SettleReason.ERASED, now)
        if row.status is Status.ERASED:
            work.erased_data.delete(row.id)
        decision = work.decisions.unsettled(row.id)
        if decision is not None:
            outcome = DecisionOutcome.WITHDRAWN
            work.decisions.save(decision_transitions.settle(decision, now, outcome))
        at = _next_attempt(erasure, row) if erasure else None
        work.onboardings.schedule_poll(row.id, at, PollReason.QUIET, 0)

    def _claim(
        self, before: Erasure, evidence: GatewayEvidence, *, is_forced: bool
    ) -> Erasure | None:
        now = self._deps.clock()
        with self._deps.database.writing() as work:
            row = work.onboardings.get(before.onboarding_id, for_update=True)
            stored = work.erasures.of(before.onboarding_id)
            if row is None or stored is None or stored.attempts != before.attempts:
                return None  # another process has made it meanwhile
            if not _may_begin(stored, now, is_forced=is_forced):
                return None
            claimed = claim(stored, now, evidence)
            work.erasures.save(claimed)
            self._plan_poll(work, row, claimed)
            return claimed

    def _read_before(self, erasure: Erasure, row: Onboarding) -> tuple[GatewayEvidence, timedelta]:
        """Read the process unless a 200 and the deletion's success are stored already."""
        known = erasure.evidence or GatewayEvidence(self._gateway.delete_method)
        known = replace(known, method=self._gateway.delete_method)
        after = known.read_after
        if after is not None and after.succeeded:  # still there: all over again
            known = GatewayEvidence(known.method, read_before=after)
        if known.read_before is not None and known.read_before.succeeded:
            return known, timedelta()
        answer, retry_after = self._answer(lambda: self._read(row.id, is_known=_is_known(row)))
        return replace(known, read_before=answer), retry_after

    def _delete(
        self, evidence: GatewayEvidence, row: Onboarding
    ) -> tuple[GatewayEvidence, timedelta]:
        """Delete the process, and collect the proof."""
        retry_after = timedelta()
        if evidence.delete is None or not evidence.delete.succeeded:
            answer, retry_after = self._answer(lambda: self._deletion.call(row.id))
            evidence = replace(evidence, delete=answer, read_after=None, other_process=None)
            if not (answer.succeeded or answer.is_not_shown):
                return evidence, retry_after
        after, _ = self._answer(lambda: self._read(row.id, is_known=False))
        evidence = replace(evidence, read_after=after, other_process=None)
        if after.is_not_shown:
            evidence = replace(evidence, other_process=self._read_other_process())
        return evidence, retry_after

    def _read_other_process(self) -> GatewayAnswer | None:
        """Read other processes until the gateway shows one; None if there is none to read."""
        with self._deps.database.reading() as work:
            newest = work.onboardings.newest_shown_by_gateway(_CANDIDATES)
            without_erasure = (each for each in newest if not work.erasures.exists(each))
            others = list(islice(without_erasure, _OTHER_PROCESSES))
        answer: GatewayAnswer | None = None
        for other in others:
            answer, _ = self._answer(lambda id_=other: self._read(id_, is_known=True))  # type: ignore[misc]
            if answer.succeeded:
                break
        return answer

    def _read(self, onboarding_id: str, *, is_known: bool) -> int | None:
        """Return the HTTP status of reading a process (contract 3.2)."""
        try:
            with self._deps.translate_gateway_errors(onboarding_id):
                answer = self._gateway.read(onboarding_id, is_known=is_known)
                self._reader.require_no_other_onboarding(onboarding_id, answer.other_scan_id)
        except (Unauthorized, RequestRefused, StateConflict) as cause:
            return cause.status
        return 200

    def _answer(self, call: Callable[[], int | None]) -> tuple[GatewayAnswer, timedelta]:
        """Make a call; return the answer, and how long the gateway asks to wait."""
        try:
            status, retry_after = call(), 0.0
        except GatewayForbidden as error:
            status, retry_after = _status(error), 0.0
        except GatewayUnavailable as error:
            status, retry_after = _status(error), error.retry_after_seconds
            if status is not None and status < 500 and status not in TEMPORARY:
                status = None  # answered with something unusable, or the log-in failed
        return GatewayAnswer(status, self._deps.clock()), timedelta(seconds=retry_after)

    def _store(self, claimed: Erasure, evidence: GatewayEvidence, retry_after: timedelta) -> None:
        for _ in range(2):
            try:
                self._try_to_store(claimed, evidence, retry_after)
            except AlreadyExists:  # the user started an onboarding at the same time
                continue
            return
        _log.warning("erasure_not_stored", extra={"onboarding": claimed.onboarding_id})

    def _try_to_store(
        self, claimed: Erasure, evidence: GatewayEvidence, retry_after: timedelta
    ) -> None:
        with self._deps.changing_status() as work:
            row = self._deps.lock_with_person(work, claimed.onboarding_id)
            stored = work.erasures.of(claimed.onboarding_id)
            if row is None or stored is None or stored.attempts != claimed.attempts:
                return  # it took longer than its lease
            now = self._deps.clock()
            pause = delay(PollReason.NOTICE, claimed.attempts, self._deps.slow)
            after = record_attempt(stored, now, evidence, now + max(pause, retry_after))
            self._record_outcome(work, row, stored, after)
            if row.status is not Status.ERASED and (evidence.is_deleted or after.is_settled):
                after = self._local.delete(work, row, after)
            else:
                after = self._local.sign(work, after)
            work.erasures.save(after)
            work.failed_polls.clear(row.id)
            current = work.onboardings.get(row.id)
            self._plan_poll(work, current or row, after)
            self._set_alarm(work, after)

    def _record_outcome(
        self, work: UnitOfWork, row: Onboarding, before: Erasure, after: Erasure
    ) -> None:
        if (before.state, before.problem) == (after.state, after.problem):
            return
        problem = str(after.problem) if after.problem else None
        if after.state is not ErasureState.CONFIRMED:
            _log.warning(
                "erasure_not_confirmed",
                extra={"onboarding": row.id, "state": str(after.state), "problem": problem},
            )
        self._deps.record_event(
            work, row, "erasure_attempted", outcome=str(after.state), problem=problem
        )

    def _set_alarm(self, work: UnitOfWork, after: Erasure) -> None:
        if after.state is ErasureState.BLOCKED:
            work.alarms.raise_alarm(ERASURES_BLOCKED, self._deps.clock(), str(after.problem))
        elif not work.erasures.has_blocked():
            work.alarms.clear(ERASURES_BLOCKED)


def _may_begin(erasure: Erasure, now: datetime, *, is_forced: bool) -> bool:
    if erasure.next_attempt_at is None:
        return False
    if erasure.claimed_until is not None and now < erasure.claimed_until:
        return False
    return is_forced or erasure.next_attempt_at <= now


def _next_attempt(erasure: Erasure, row: Onboarding) -> datetime | None:
    """Return when the next attempt can begin; None if none follows."""
    if erasure.next_attempt_at is None:
        return None
    called_at = row.create_called_at
    ends = (erasure.claimed_until, called_at + CREATE_LEASE if called_at else None)
    return max([erasure.next_attempt_at, *(end for end in ends if end is not None)])


def _is_known(row: Onboarding) -> bool:
    return row.gateway_status is not None


def _is_worth_deleting(claimed: Erasure, evidence: GatewayEvidence) -> bool:
    """Whether the gateway has answered the read, or has not for so often that it never may."""
    before = evidence.read_before
    answered = before is not None and before.http_status is not None and before.http_status < 500
    return answered or claimed.attempts >= READS_BEFORE_DELETION


def _status(error: GatewayUnavailable | GatewayForbidden) -> int | None:
    """Return the HTTP status of the answer about the process; None for none, or to a log-in."""
    cause = error.__cause__
    return cause.status if isinstance(cause, GatewayError) else None
