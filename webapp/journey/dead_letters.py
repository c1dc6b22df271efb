"""dead letters: what was tried again and again and then given up, and trying it once more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from webapp.domain.schedule import PollReason
from webapp.journey.dependencies import JourneyDependencies
from webapp.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class DeadLetter:
    """`what` is `read` (reading the gateway back failed for a reason of our own) or `notice` (the
    gateway never confirmed it). `why` is the kind of the error, or the notice's word.
    """

    onboarding_id: str
    what: str
    why: str
    times: int
    since: datetime


class DeadLetters:
    """The list of what has been given up; an operator may have it all done again."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps

    def letters(self) -> list[DeadLetter]:
        """All of them: reads first, each kind with the longest first."""
        with self._deps.database.reading() as work:
            return _letters(work)

    def replay(self, onboarding_id: str) -> bool:
        """Have the gateway asked about it at once; whether anything of it had been given up."""
        with self._deps.database.writing() as work:
            letters = [one for one in _letters(work) if one.onboarding_id == onboarding_id]
            if letters:
                self._again(work, onboarding_id)
            return bool(letters)

    def replay_all(self) -> list[str]:
        """The same for all; their ids, in order, and one transaction for each."""
        ids = sorted({letter.onboarding_id for letter in self.letters()})
        return [each for each in ids if self.replay(each)]

    def _again(self, work: UnitOfWork, onboarding_id: str) -> None:
        row_site = work.onboardings.site_of(onboarding_id)
        self._deps.schedule_poll_now(work, onboarding_id, PollReason.NOTICE)
        work.failed_polls.ended(onboarding_id)
        work.inbox.reopen(onboarding_id)
        work.timeline.add(
            self._deps.clock(),
            "replayed",
            actor="operator",
            onboarding_id=onboarding_id,
            site=row_site,
        )


def _letters(work: UnitOfWork) -> list[DeadLetter]:
    reads = [
        DeadLetter(one.onboarding_id, "read", one.error, one.failure_count, one.first_failed_at)
        for one in work.failed_polls.given_up()
    ]
    notices = [
        DeadLetter(one.verification_id, "notice", one.status, one.times, one.first_seen_at)
        for one in work.inbox.unconfirmed()
    ]
    return [*reads, *notices]
