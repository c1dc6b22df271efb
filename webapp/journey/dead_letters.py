"""Dead letters: polls, notices and decisions that ended without success; list and replay them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from webapp.domain.actors import Actor
from webapp.domain.decisions import DecisionState
from webapp.domain.schedule import PollReason
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.parked_decisions import ParkedDecisions
from webapp.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class DeadLetter:
    """`kind` is `read` (polls failed for a reason of our own), `notice` (the gateway never
    confirmed it), `forward` (an older receiver never took the notice) or `decision` (the gateway
    neither took it nor showed a verdict). `why` is the class of the error, the notice's status
    word, why the last attempt failed, or the kind of decision.
    """

    onboarding_id: str
    kind: str
    why: str
    times: int
    since: datetime


class DeadLetters:
    """Lists dead letters, and has the work done again at an operator's request."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps
        self._parked = ParkedDecisions(deps)

    def list_all(self) -> list[DeadLetter]:
        """Return all, by kind; of each kind the longest waiting first."""
        with self._deps.database.reading() as work:
            return _dead_letters(work)

    def replay(self, onboarding_id: str) -> bool:
        """Make a poll of this onboarding due now; return whether it had a dead letter."""
        with self._deps.database.writing() as work:
            found = any(one.onboarding_id == onboarding_id for one in _dead_letters(work))
            if found:
                self._replay(work, onboarding_id)
        if found:
            self._parked.release(onboarding_id)
        return found

    def replay_all(self) -> list[str]:
        """Replay all, each in an own transaction; return the onboarding ids in order."""
        ids = sorted({letter.onboarding_id for letter in self.list_all()})
        return [each for each in ids if self.replay(each)]

    def _replay(self, work: UnitOfWork, onboarding_id: str) -> None:
        site = work.onboardings.site_of(onboarding_id)
        self._deps.schedule_poll_now(work, onboarding_id, PollReason.NOTICE)
        work.failed_polls.clear(onboarding_id)
        work.inbox.reopen(onboarding_id)
        work.notice_forwards.retry(onboarding_id, self._deps.clock())
        work.timeline.add(
            self._deps.clock(),
            "replayed",
            actor=Actor.OPERATOR,
            onboarding_id=onboarding_id,
            site=site,
        )


def _dead_letters(work: UnitOfWork) -> list[DeadLetter]:
    polls = [
        DeadLetter(one.onboarding_id, "read", one.error, one.failure_count, one.first_failed_at)
        for one in work.failed_polls.dead_lettered()
    ]
    notices = [
        DeadLetter(one.verification_id, "notice", one.status, one.times, one.first_seen_at)
        for one in work.inbox.unconfirmed()
    ]
    forwards = [
        DeadLetter(one.verification_id, "forward", one.error, one.attempts, one.first_seen_at)
        for one in work.notice_forwards.dead_lettered()
    ]
    decisions = [
        DeadLetter(one.onboarding_id, "decision", one.kind, one.attempts, one.created_at)
        for one in work.decisions.waiting(DecisionState.DEAD)
    ]
    return [*polls, *notices, *forwards, *decisions]
