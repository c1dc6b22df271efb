"""Decisions that wait until the gateway grants our account the right to decide (403)."""

from __future__ import annotations

from webapp.domain import decision_transitions
from webapp.domain.decisions import DecisionState
from webapp.domain.schedule import PollReason
from webapp.journey.dependencies import JourneyDependencies

#: The alarm of an account that may not decide; the next decision that the gateway takes ends it.
DECISIONS_FORBIDDEN = "decisions_forbidden"


class ParkedDecisions:
    """Raises and ends the alarm, and sends the parked decisions when it has ended."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps

    def raise_alarm(self) -> None:
        """The gateway answered 403 to a decision."""
        self._deps.raise_alarm(DECISIONS_FORBIDDEN)

    def release_all(self) -> None:
        """The gateway let our account decide: end the alarm, and make parked decisions due."""
        with self._deps.database.reading() as work:
            is_raised = DECISIONS_FORBIDDEN in work.alarms.active()
            parked = work.decisions.waiting(DecisionState.PARKED) if is_raised else []
        if not is_raised:
            return
        with self._deps.database.writing() as work:
            work.alarms.clear(DECISIONS_FORBIDDEN)
        for one in parked:
            self.release(one.onboarding_id)

    def release(self, onboarding_id: str) -> None:
        """Make the parked or dead decision of the onboarding due now, if it has one."""
        with self._deps.database.writing() as work:
            if work.onboardings.get(onboarding_id, for_update=True) is None:
                return
            decision = work.decisions.unsettled(onboarding_id)
            if decision is None or decision.state is DecisionState.OPEN:
                return
            released = decision_transitions.release(decision, self._deps.clock())
            work.decisions.save(released)
            self._deps.schedule_poll_now(work, onboarding_id, PollReason.NOTICE)
