"""Poll the gateway about one onboarding and move it by the answer, forward and never back.

Notices, browser returns, waiting pages and the slow schedule all end here. What they said does not
matter: only the gateway's own answer does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.domain import states, transitions
from webapp.domain.actors import Actor
from webapp.domain.decisions import (
    UNDECIDED,
    DecisionRecord,
    DecisionState,
)
from webapp.domain.evidence import next_recording_poll
from webapp.domain.onboarding import ACTIVE, Onboarding, Status
from webapp.domain.schedule import PollReason, is_slow, next_poll
from webapp.domain.settle_reason import SettleReason
from webapp.gateway.client import Gateway
from webapp.gateway.models import ProcessData
from webapp.journey import gateway_answer, retry_policy
from webapp.journey.decision_sender import DecisionSender, reason_sent, settle_by_answer
from webapp.journey.dependencies import MIXED_UP, UNREADABLE, JourneyDependencies
from webapp.journey.erasure_attempt import ErasureAttempt
from webapp.journey.expected_data import store_comparison
from webapp.journey.manual_review import ManualReview
from webapp.journey.parked_decisions import ParkedDecisions
from webapp.journey.process_deletion import ProcessDeletion, is_deletion_due
from webapp.journey.process_reader import FORBIDDEN, ProcessReader
from webapp.journey.recording_check import RecordingCheck, mark_evidence
from webapp.store.counters import MISSED_NOTICES_REPAIRED
from webapp.store.inbox import StoredNotice
from webapp.store.unit_of_work import UnitOfWork

#: After so many polls a notice that the gateway never confirms is settled as unconfirmed.
NOTICE_POLLS = 5
#: How long the alarm about mixed-up answers stays after the last such answer.
MIXED_UP_ALARM_LIFE = timedelta(hours=24)
#: How long the alarm about an unreadable answer stays after the last one, unless the same
#: onboarding is answered; longer than the longest pause between its polls.
UNREADABLE_ALARM_LIFE = timedelta(hours=1)
#: Events for `PollObserver`: a notice was confirmed (with the seconds since it came), and the slow
#: schedule found a change that no notice announced (with 0).
NOTICE_SETTLED, MISSED_NOTICE_REPAIRED = "notice_settled", "missed_notice_repaired"
PollObserver = Callable[[str, float], None]


@dataclass(frozen=True)
class _Stored:
    """The onboarding after an answer, and its decision that has no outcome yet."""

    row: Onboarding
    decision: DecisionRecord | None
    answered: bool
    #: Withdrawn or replaced, and the gateway has nothing from the user.
    is_unwanted: bool


class GatewayPoll:
    """The only code that moves an onboarding by what the gateway reports.

    It also carries out decisions: after each answer that shows no verdict, a due decision is sent,
    and the gateway is asked once more.
    """

    def __init__(
        self,
        deps: JourneyDependencies,
        gateway: Gateway,
        observe: PollObserver = lambda _event, _seconds: None,
    ) -> None:
        self._deps = deps
        self._gateway = gateway
        self._observe = observe
        self._reader = ProcessReader(deps, gateway)
        parked = ParkedDecisions(deps)
        self._manual_review = ManualReview(deps, gateway, parked)
        self._decisions = DecisionSender(deps, gateway, parked)
        self._deletion = ProcessDeletion(deps, gateway)
        self._erasure = ErasureAttempt(deps, gateway)
        self._recordings = RecordingCheck(gateway)

    def due_polls(self, limit: int = 200) -> list[tuple[str, datetime]]:
        """Return onboarding ids whose poll is due, each with its planned time (aware UTC)."""
        with self._deps.database.reading() as work:
            return work.onboardings.due(self._deps.clock(), limit)

    def last_request_id(self, onboarding_id: str) -> str | None:
        """Return the id of the last request that changed this onboarding, for the log."""
        with self._deps.database.reading() as work:
            return work.timeline.last_request(onboarding_id)

    def poll(self, onboarding_id: str, planned: datetime | None = None) -> None:
        """Ask the gateway once (contract 3.2) and store its answer.

        `planned` is when the poll was due (None: poll in any case). A poll that is not due any
        more, because it was made or planned anew meanwhile, is skipped. Raises GatewayUnavailable
        (nothing changed; the poll stays due) or GatewayForbidden.
        """
        with self._deps.database.reading() as work:
            before = work.onboardings.get(onboarding_id)
            is_being_erased = work.erasures.is_open(onboarding_id)
        if before is None or (planned and not _is_still_due(before, planned)):
            return
        if is_being_erased or before.status is Status.ERASED:
            self._erasure.attempt(onboarding_id, is_forced=planned is None)
            return
        answer = self._reader.read(before)
        has_recording = self._recordings.is_available(before, answer)
        stored = self._store_answer(before, answer, has_recording=has_recording)
        if stored is None:
            return
        if stored.is_unwanted:
            self._deletion.delete(onboarding_id)
            return
        decision = stored.decision
        if decision is not None and decision.state is not DecisionState.DEAD:
            if stored.answered and self._decisions.send_if_due(decision):
                self._poll_again(onboarding_id)
        elif stored.row.status is Status.DECIDING:
            self._manual_review.send_if_due(stored.row)

    def postpone(self, onboarding_id: str, planned: datetime | None = None) -> None:
        """Retry later a poll that the gateway did not answer: see `retry_policy.postpone`."""
        retry_policy.postpone(self._deps, onboarding_id, planned)

    def record_failure(self, onboarding_id: str, why: str, planned: datetime | None = None) -> None:
        """Retry later a poll that failed unexpectedly: see `retry_policy.record_failure`."""
        retry_policy.record_failure(self._deps, onboarding_id, why, planned)

    def _poll_again(self, onboarding_id: str) -> None:
        """Ask once more, for the verdict that the decision has led to."""
        with self._deps.database.reading() as work:
            before = work.onboardings.get(onboarding_id)
        if before is not None:
            self._store_answer(before, self._reader.read(before))

    def _store_answer(
        self, before: Onboarding, answer: ProcessData | None, *, has_recording: bool = False
    ) -> _Stored | None:
        word = gateway_answer.word_of(answer)
        with self._deps.changing_status() as work:
            row = work.onboardings.get(before.id, for_update=True)
            if row is None or row.status is Status.ERASED or work.erasures.is_open(row.id):
                return None
            self._clear_failures(work, row, answer)
            decision = work.decisions.unsettled(row.id) if row.status in UNDECIDED else None
            after = self._move(work, row, answer, decision)
            if decision is not None:
                after, decision = settle_by_answer(self._deps, work, after, decision, answer)
            notices = work.inbox.unsettled(row.id)
            settled = [n for n in notices if answer and states.agrees(n.status, word)]
            self._settle(work, settled, SettleReason.AGREED)
            words = (word, *(notice.status for notice in settled))
            if has_recording or any(map(states.marks_evidence, words)):
                after = mark_evidence(self._deps, work, after)
            unsettled = [n for n in notices if n not in settled]
            self._plan_next(work, before, row, after, unsettled, decision, word)
            repaired = _is_missed_notice(work, row, after, word)
            if repaired:
                work.counters.add_one(MISSED_NOTICES_REPAIRED)
        now = self._deps.clock()
        for notice in settled:
            self._observe(NOTICE_SETTLED, (now - notice.last_seen_at).total_seconds())
        if repaired:
            self._observe(MISSED_NOTICE_REPAIRED, 0.0)
        is_unwanted = word is None and is_deletion_due(after, now)
        return _Stored(after, decision, answer is not None, is_unwanted)

    def _clear_failures(
        self, work: UnitOfWork, row: Onboarding, answer: ProcessData | None
    ) -> None:
        work.failed_polls.clear(row.id)
        if answer is not None:
            work.alarms.clear(FORBIDDEN)
            since = self._deps.clock() - MIXED_UP_ALARM_LIFE
            work.alarms.clear(MIXED_UP, last_raised_before=since)
            since = self._deps.clock() - UNREADABLE_ALARM_LIFE
            work.alarms.clear(UNREADABLE, last_raised_before=since, about=row.id)

    def _move(
        self,
        work: UnitOfWork,
        stored: Onboarding,
        answer: ProcessData | None,
        decision: DecisionRecord | None,
    ) -> Onboarding:
        """Save what follows from the answer; return the row as it is then."""
        now, word = self._deps.clock(), gateway_answer.word_of(answer)
        row = gateway_answer.count_unanswered(stored, answer, now)
        if row is not stored:
            work.onboardings.save(row, was=row.version)
        if states.contradicts(row.status, word):
            self._deps.record_event(
                work, row, "gateway_contradicts", actor=Actor.GATEWAY, word=word
            )
        if gateway_answer.is_lost(row, now):
            lost = transitions.cancel_as_lost(row, now)
            return self._deps.save_transition(work, row, lost, "gateway_lost")
        revives = not row.active and states.after_answer(row.status, word) in ACTIVE
        only_verdict = revives and bool(work.onboardings.active(row.owner_id, row.flow))
        status = gateway_answer.next_status(row, answer, now, only_verdict=only_verdict)
        reason_map = self._deps.flow_of(row).reason_map
        code = reason_sent(decision)
        # Before the change is announced: the message has the result.
        match = store_comparison(work, row.id, answer, now)
        if match is not None:
            self._deps.record_event(work, row, "expected_data_compared", result=str(match))
        after = gateway_answer.apply_answer(row, status, answer, now, reason_map, code)
        if after is row and match is not None:
            after = transitions.record_facts(row, now)
            work.onboardings.save(after, was=row.version)
        elif after is not row:
            work.onboardings.save(after, was=row.version)
            self._deps.record_event(
                work,
                after,
                "moved",
                actor=Actor.GATEWAY,
                status=str(after.status),
                was=str(row.status),
                word=word,
                **_scan_id_detail(answer),
            )
            self._deps.announce_change(work, row, after)
        return after

    def _settle(
        self, work: UnitOfWork, notices: Iterable[StoredNotice], reason: SettleReason
    ) -> None:
        work.inbox.settle([notice.id for notice in notices], reason, self._deps.clock())

    def _plan_next(
        self,
        work: UnitOfWork,
        before: Onboarding,
        row: Onboarding,
        after: Onboarding,
        unsettled: list[StoredNotice],
        decision: DecisionRecord | None,
        word: str | None,
    ) -> None:
        """Plan the next poll, at the latest when the decision is sent. A plan made while the
        gateway was asked stays, unless it stopped the polls and the answer has made the onboarding
        active again."""
        revived = row.next_poll_at is None and after.status in ACTIVE
        if row.next_poll_at != before.next_poll_at and not revived:
            return
        reason, poll_count = row.poll_reason or PollReason.QUIET, row.poll_count + 1
        now = self._deps.clock()
        if word is None and is_deletion_due(after, now) and not unsettled:
            return  # it stays due until its process is deleted
        if after.status not in ACTIVE and (not unsettled or poll_count >= NOTICE_POLLS):
            self._settle(work, unsettled, SettleReason.UNCONFIRMED)
            recording_at = next_recording_poll(after, now, is_new=not row.final)
            reason = PollReason.QUIET if recording_at else reason
            work.onboardings.schedule_poll(row.id, recording_at, reason, poll_count)
            return
        at = next_poll(reason, poll_count, self._deps.slow, now, after.expires_at)
        if decision is not None and decision.due_at is not None and decision.due_at > now:
            at = min(at, decision.due_at)
        work.onboardings.schedule_poll(row.id, at, reason, poll_count)


def _scan_id_detail(answer: ProcessData | None) -> dict[str, str]:
    return {"scan_id": answer.other_scan_id} if answer and answer.other_scan_id else {}


def _is_still_due(onboarding: Onboarding, planned: datetime) -> bool:
    return onboarding.next_poll_at is not None and onboarding.next_poll_at <= planned


def _is_missed_notice(
    work: UnitOfWork, row: Onboarding, after: Onboarding, word: str | None
) -> bool:
    """Whether the slow schedule found a change that the gateway should have sent a notice about."""
    moved = after.status is not row.status and after.status is not Status.EXPIRED
    slow = is_slow(row.poll_reason or PollReason.QUIET, row.poll_count)
    return bool(word) and moved and slow and not work.inbox.contains(row.id, str(word))
