"""progress: the gateway is read, and the state machine moves forward, never back.

A notice, a return, a waiting page and the slow schedule all end here. What they said does
not matter any more: only the gateway's own answer does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from webapp.domain import states
from webapp.domain.errors import GatewayForbidden
from webapp.domain.onboarding import ACTIVE, AWAITING_USER, Onboarding, Status
from webapp.domain.reasons import ReasonCode, of_rejection, reason
from webapp.domain.schedule import PollReason, is_slow, next_poll
from webapp.gateway.client import Gateway
from webapp.gateway.errors import RequestRefused, StateConflict, Unauthorized
from webapp.gateway.models import ProcessData
from webapp.journey import retry_policy
from webapp.journey.dependencies import MIXED_UP, JourneyDependencies
from webapp.store.counters import MISSED_NOTICES_REPAIRED
from webapp.store.inbox import UNCONFIRMED, Kept
from webapp.store.unit_of_work import UnitOfWork

#: After this many reads a notice that the gateway itself never confirms is left as unconfirmed.
NOTICE_READS = 5
#: A process the gateway knew and does not show any more is given up after so many reads,
#: and not before so long: a 401 may also be a passing fault of theirs.
LOST_READS = 3
LOST_AFTER = timedelta(hours=24)
GATEWAY_LOST = ReasonCode.GATEWAY_LOST
#: Characters kept of a gateway's word.
MAX_WORD_CHARACTERS = 64
#: The alarm of an account that lacks a right; the next answer that comes ends it.
FORBIDDEN = "gateway_forbidden"
#: So long after its last time an answer about another process goes on ringing.
MIXED_UP_RINGS = timedelta(hours=24)
#: What is told to whoever counts: a notice confirmed (and seconds since it came), and a change
#: that the slow schedule found although no notice has told of it.
NOTICE_SETTLED, MISSED_NOTICE_REPAIRED = "notice_settled", "missed_notice_repaired"
PollObserver = Callable[[str, float], None]
_CAN_EXPIRE = AWAITING_USER | {Status.SUBMITTED}
_log = logging.getLogger(__name__)


class GatewayPoll:
    """The one place that moves an onboarding by what the gateway says."""

    def __init__(
        self,
        deps: JourneyDependencies,
        gateway: Gateway,
        observe: PollObserver = lambda _what, _seconds: None,
    ) -> None:
        self._deps = deps
        self._gateway = gateway
        self._observe = observe

    def due_polls(self, limit: int = 200) -> list[tuple[str, datetime]]:
        """Ids whose next read is due, with the time it was planned for (aware UTC)."""
        with self._deps.database.reading() as work:
            return work.onboardings.due(self._deps.clock(), limit)

    def last_request_id(self, onboarding_id: str) -> str | None:
        """The request because of which this onboarding is asked about, as far as it is known."""
        with self._deps.database.reading() as work:
            return work.timeline.last_request(onboarding_id)

    def poll(self, onboarding_id: str, planned: datetime | None = None) -> None:
        """Ask the gateway once and take in its answer.

        `planned`: for when the read was due (None: whenever). One that is not due any more, since
        somebody has made it or has set the clock anew, is not made.
        Raises GatewayUnavailable (nothing changed; the read stays due) or GatewayForbidden.
        """
        with self._deps.database.reading() as work:
            before = work.onboardings.get(onboarding_id)
        if before is None or (planned and not _still_due(before, planned)):
            return
        if before.status is Status.ERASED:
            self._leave_alone(before)
            return
        after = self._take_in(before, self._ask(before))
        if after is not None and after.status is Status.DECIDING:
            self._see_to_a_decision(after)

    def _leave_alone(self, onboarding: Onboarding) -> None:
        """What has been erased is not asked about, whatever still speaks of it."""
        now = self._deps.clock()
        with self._deps.database.writing() as work:
            notices = work.inbox.unsettled(onboarding.id)
            work.inbox.settle([notice.id for notice in notices], "erased", now)
            work.onboardings.plan(onboarding.id, None, PollReason.QUIET, 0)

    def postpone(self, onboarding_id: str, planned: datetime | None = None) -> None:
        """The gateway could not be asked, or does not let us: see `giving_up.postpone`."""
        retry_policy.postpone(self._deps, onboarding_id, planned)

    def record_failure(self, onboarding_id: str, why: str, planned: datetime | None = None) -> None:
        """A read ended as nobody had thought of: see `giving_up.fail`."""
        retry_policy.record_failure(self._deps, onboarding_id, why, planned)

    def _ask(self, onboarding: Onboarding) -> ProcessData | None:
        """None: the gateway knows nothing yet, or will not say (contract 3.2, 401; register P)."""
        if not onboarding.create_calls:
            return None
        try:
            with self._deps.translate_gateway_errors(onboarding.id):
                return self._gateway.read(onboarding.id)
        except GatewayForbidden:
            self._deps.raise_alarm(FORBIDDEN)
            raise
        except (Unauthorized, RequestRefused, StateConflict) as cause:
            if onboarding.status not in (Status.CREATED, Status.STARTED):
                _log.warning(
                    "process_not_shown",
                    extra={"onboarding": onboarding.id, "error": type(cause).__name__},
                )
            return None

    def _take_in(self, before: Onboarding, answer: ProcessData | None) -> Onboarding | None:
        with self._deps.database.writing() as work:
            row = work.onboardings.get(before.id, for_update=True)
            if row is None:
                return None
            word = _word(answer)
            work.failed_polls.ended(row.id)
            if answer is not None:
                work.alarms.clear(FORBIDDEN)
                work.alarms.clear(MIXED_UP, unanswered_since=self._deps.clock() - MIXED_UP_RINGS)
            after = self._moved(work, self._counted(work, row, answer), answer)
            notices = work.inbox.unsettled(row.id)
            settled = [n for n in notices if answer and states.agrees(n.status, word)]
            work.inbox.settle([n.id for n in settled], "agreed", self._deps.clock())
            waiting = [n for n in notices if n not in settled]
            self._plan(work, before, row, after, waiting)
            silence = _heard_by_asking(work, row, after, word)
            if silence:
                work.counters.add_one(MISSED_NOTICES_REPAIRED)
        now = self._deps.clock()
        for notice in settled:
            self._observe(NOTICE_SETTLED, (now - notice.last_seen_at).total_seconds())
        if silence:
            self._observe(MISSED_NOTICE_REPAIRED, 0.0)
        return after

    def _counted(self, work: UnitOfWork, row: Onboarding, answer: ProcessData | None) -> Onboarding:
        """Count reads that stay unanswered although the gateway knew the process before."""
        silent = answer is None and row.gateway_status is not None and row.active
        if not silent and not row.unanswered_polls:
            return row
        reads, since = (row.unanswered_polls + 1, row.unanswered_since or self._deps.clock())
        counted = replace(
            row, unanswered_polls=reads if silent else 0, unanswered_since=since if silent else None
        )
        work.onboardings.save(counted, was=row.version)
        return counted

    def _moved(self, work: UnitOfWork, row: Onboarding, answer: ProcessData | None) -> Onboarding:
        now = self._deps.clock()
        word = _word(answer)
        status = states.after_answer(row.status, word)
        if status in ACTIVE and not row.active and self._place_taken(work, row):
            status = row.status  # only a verdict can still move what has been replaced
        if states.contradicts(row.status, word):
            self._deps.record_event(work, row, "gateway_contradicts", actor="gateway", word=word)
        if status in _CAN_EXPIRE and row.expires_at <= now:
            status = Status.EXPIRED
        if _lost(row, now):
            return self._deps.move(
                work, row, Status.CANCELED, "gateway_lost", reasons=(reason(GATEWAY_LOST),)
            )
        kept = states.newer_word(row.gateway_status, word)
        news: dict[str, object] = {"status": status, "gateway_status": kept}
        if status is not row.status and status is not Status.EXPIRED and answer is not None:
            news |= self._facts(row, status, answer, now)
        if all(getattr(row, name) == value for name, value in news.items()):
            return row
        moved = row.changed(now, **news)
        work.onboardings.save(moved, was=row.version)
        self._deps.record_event(
            work,
            moved,
            "moved",
            actor="gateway",
            status=str(status),
            was=str(row.status),
            word=word,
        )
        return moved

    def _place_taken(self, work: UnitOfWork, row: Onboarding) -> bool:
        return work.onboardings.active(row.person_id, row.flow) is not None

    def _facts(
        self, row: Onboarding, status: Status, answer: ProcessData, now: datetime
    ) -> dict[str, object]:
        """What comes with a new status; all of it is replaced together."""
        facts: dict[str, object] = {"submitted_at": row.submitted_at or now, "reasons": ()}
        if status is Status.DECIDING:
            facts["deciding_at"] = now
        if status in (Status.VERIFIED, Status.REJECTED):
            facts["decided_at"] = answer.verification_time or now
            facts["decided_by"] = answer.agent
        if status is Status.REJECTED:
            code = of_rejection(answer.rejection_reason, dict(self._deps.flow_of(row).reason_map))
            facts["reasons"] = (reason(code),)
            facts["rejection_reason"] = answer.rejection_reason
        return facts

    def _plan(
        self,
        work: UnitOfWork,
        before: Onboarding,
        row: Onboarding,
        after: Onboarding,
        waiting: list[Kept],
    ) -> None:
        """When to ask again. Whoever set the clock while we were asking is not overruled, unless
        they stopped it for good and it is under way again by our answer."""
        revived = row.next_poll_at is None and after.status in ACTIVE
        if row.next_poll_at != before.next_poll_at and not revived:
            return
        now = self._deps.clock()
        cause = PollReason(row.poll_reason or PollReason.QUIET)
        poll_count = row.poll_count + 1
        if after.status not in ACTIVE and (not waiting or poll_count >= NOTICE_READS):
            work.inbox.settle([n.id for n in waiting], UNCONFIRMED, now)
            work.onboardings.plan(row.id, None, cause, poll_count)
            return
        at = next_poll(cause, poll_count, self._deps.slow, now, after.expires_at)
        work.onboardings.plan(row.id, at, cause, poll_count)

    def _see_to_a_decision(self, onboarding: Onboarding) -> None:
        """Nothing waits for nobody: review at once, or when the host's time is up.

        Until rules can be given, `decide = "rules"` is review too.
        """
        flow = self._deps.flow_of(onboarding)
        if flow.decide == "host":
            began_at = onboarding.deciding_at or onboarding.updated_at
            up_at = began_at + timedelta(minutes=flow.decide_within_minutes)
            if self._deps.clock() < up_at:
                self._look_by(onboarding, up_at)
                return
        self._hand_to_review(onboarding)

    def _look_by(self, onboarding: Onboarding, latest: datetime) -> None:
        with self._deps.database.writing() as work:
            row = work.onboardings.get(onboarding.id, for_update=True)
            if row is not None and (row.next_poll_at is None or row.next_poll_at > latest):
                work.onboardings.plan(
                    row.id, latest, row.poll_reason or PollReason.QUIET, row.poll_count
                )

    def _hand_to_review(self, onboarding: Onboarding) -> None:
        """Contract 3.10. A refusal means that it was decided meanwhile: the next read tells."""
        try:
            with self._deps.translate_gateway_errors(onboarding.id):
                self._gateway.send_to_review(onboarding.id)
        except (StateConflict, RequestRefused, Unauthorized) as cause:
            _log.info(
                "review_not_taken",
                extra={"onboarding": onboarding.id, "error": type(cause).__name__},
            )
            return
        with self._deps.database.writing() as work:
            if work.timeline.has(onboarding.id, "sent_to_review"):
                return  # the gateway lags behind: asked again by the schedule, not at once
            self._deps.record_event(work, onboarding, "sent_to_review")
            work.onboardings.plan(onboarding.id, self._deps.clock(), PollReason.WAITING, 1)


def _still_due(onboarding: Onboarding, planned: datetime) -> bool:
    return onboarding.next_poll_at is not None and onboarding.next_poll_at <= planned


def _heard_by_asking(
    work: UnitOfWork, row: Onboarding, after: Onboarding, word: str | None
) -> bool:
    """Whether the slow schedule found what the gateway should have told us long ago."""
    moved = after.status is not row.status and after.status is not Status.EXPIRED
    slow = is_slow(PollReason(row.poll_reason or PollReason.QUIET), row.poll_count)
    return bool(word) and moved and slow and not work.inbox.has_had(row.id, str(word))


def _lost(row: Onboarding, now: datetime) -> bool:
    since = row.unanswered_since
    return row.unanswered_polls >= LOST_READS and since is not None and now >= since + LOST_AFTER


def _word(answer: ProcessData | None) -> str | None:
    """The gateway's word; an unknown one is kept as far as there is room for it."""
    word = answer.verification_result if answer else None
    return word[:MAX_WORD_CHARACTERS] if word else None
