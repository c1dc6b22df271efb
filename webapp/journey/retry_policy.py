"""Retry policy of failed polls: ever longer waits, and a dead letter after too many failures.

Decrypts no column: a row that none of DATA_KEYS decrypts must not stay due for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from webapp.domain.actors import Actor
from webapp.journey.dependencies import JourneyDependencies

#: Failures in a row, for a reason of our own, after which a poll becomes a dead letter.
DEAD_LETTER_AFTER = 8
#: The longest wait between polls of one onboarding while the gateway is unavailable.
LONGEST_UNAVAILABLE_DELAY = timedelta(minutes=30)
UNAVAILABLE_EVENT = "gateway_unavailable"


def postpone(
    deps: JourneyDependencies, onboarding_id: str, planned: datetime | None = None
) -> None:
    """Retry later a poll that the gateway did not answer or refused; never a dead letter.

    `planned` is when the failed poll was due (None: any that is due now). A poll that was planned
    anew meanwhile, above all by a notice, stays as planned.
    """
    now = deps.clock()
    with deps.database.writing() as work:
        site = work.onboardings.site_of(onboarding_id, for_update=True)
        times = work.failed_polls.record_failure(onboarding_id, UNAVAILABLE_EVENT, now)
        until = now + min(_wait(deps, times), LONGEST_UNAVAILABLE_DELAY)
        if work.onboardings.postpone_poll(onboarding_id, planned or now, until) and times == 1:
            work.timeline.add(
                now, UNAVAILABLE_EVENT, actor=Actor.SYSTEM, onboarding_id=onboarding_id, site=site
            )


def record_failure(
    deps: JourneyDependencies, onboarding_id: str, why: str, planned: datetime | None = None
) -> None:
    """Retry later a poll that failed with an unexpected error.

    `why` is the class of the error, `planned` as above. After DEAD_LETTER_AFTER failures in a row
    it is a dead letter: polled no more until a notice, a user or an operator makes it due.
    """
    now = deps.clock()
    with deps.database.writing() as work:
        site = work.onboardings.site_of(onboarding_id, for_update=True)
        times = work.failed_polls.record_failure(onboarding_id, why, now)
        is_dead = times >= DEAD_LETTER_AFTER
        until = None if is_dead else now + _wait(deps, times)
        work.onboardings.postpone_poll(onboarding_id, planned or now, until)
        if is_dead:
            work.failed_polls.dead_letter(onboarding_id, now)
        if is_dead or times == 1:
            event = "poll_dead_lettered" if is_dead else "poll_failed"
            work.timeline.add(
                now, event, actor=Actor.SYSTEM, onboarding_id=onboarding_id, site=site, why=why
            )


def _wait(deps: JourneyDependencies, times: int) -> timedelta:
    return deps.slow[min(times, len(deps.slow)) - 1]
