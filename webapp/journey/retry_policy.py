"""giving up: a read that came to nothing is made again, ever more seldom, and perhaps no more.

Nothing sealed is opened here: a row that none of DATA_KEYS opens must not stay due for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from webapp.journey.dependencies import JourneyDependencies

#: A read that fails for a reason of our own is given up after so many times in a row.
DEAD_LETTER_AFTER = 8
#: While the gateway is away, it is asked about each onboarding at least so often.
AWAY_LONGEST = timedelta(minutes=30)
AWAY = "gateway_away"


def postpone(
    deps: JourneyDependencies, onboarding_id: str, planned: datetime | None = None
) -> None:
    """The gateway could not be asked, or does not let us. That is no reason to give up.

    `planned`: for when the read was due that came to nothing (None: any that is due now). What
    has set the clock since, a notice above all, is not overruled.
    """
    now = deps.clock()
    with deps.database.writing() as work:
        site = work.onboardings.site_of(onboarding_id, for_update=True)
        times = work.failed_polls.failed(onboarding_id, AWAY, now)
        until = now + min(_rest(deps, times), AWAY_LONGEST)
        if work.onboardings.put_off(onboarding_id, planned or now, until) and times == 1:
            work.timeline.add(now, AWAY, actor="system", onboarding_id=onboarding_id, site=site)


def record_failure(
    deps: JourneyDependencies, onboarding_id: str, why: str, planned: datetime | None = None
) -> None:
    """A read ended as nobody had thought of; `why` is the kind of the error, `planned` as above.

    Given up after GIVE_UP_AFTER times in a row: then `DeadLetters` lists it. Whatever wakes the
    onboarding later has it tried once more.
    """
    now = deps.clock()
    with deps.database.writing() as work:
        site = work.onboardings.site_of(onboarding_id, for_update=True)
        times = work.failed_polls.failed(onboarding_id, why, now)
        over = times >= DEAD_LETTER_AFTER
        until = None if over else now + _rest(deps, times)
        work.onboardings.put_off(onboarding_id, planned or now, until)
        if over:
            work.failed_polls.give_up(onboarding_id, now)
        if over or times == 1:
            event = "read_given_up" if over else "read_failed"
            work.timeline.add(
                now, event, actor="system", onboarding_id=onboarding_id, site=site, why=why
            )


def _rest(deps: JourneyDependencies, times: int) -> timedelta:
    return deps.slow[min(times, len(deps.slow)) - 1]
