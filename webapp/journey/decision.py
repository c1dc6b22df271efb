"""decision: the host site or an operator accepts, rejects, or sends an onboarding to review.

The gateway keeps the decision. This step requests it and then polls: a lost answer, and a decision
that another party made first, both show in the gateway's next answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from webapp.domain.actors import Actor
from webapp.domain.errors import Conflict, GatewayUnavailable, NotFound
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.schedule import PollReason
from webapp.gateway import errors as gateway_errors
from webapp.gateway.client import Gateway
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.gateway_poll import GatewayPoll

_UNDECIDED = frozenset({Status.DECIDING, Status.IN_REVIEW})


class Decision:
    """Each method returns the onboarding once the gateway has confirmed the decision.

    Raises NotFound; Conflict with the present status when the decision is impossible or another one
    was made first; GatewayUnavailable when the outcome is unknown (a poll is due soon);
    GatewayForbidden when our account lacks the right.
    """

    def __init__(
        self, deps: JourneyDependencies, gateway: Gateway, gateway_poll: GatewayPoll
    ) -> None:
        self._deps = deps
        self._gateway = gateway
        self._gateway_poll = gateway_poll

    def accept(
        self, onboarding_id: str, *, actor: Actor, personal_data: Mapping[str, str] | None = None
    ) -> Onboarding:
        """Make it `verified`, finally (contract 3.8)."""
        return self._decide(
            onboarding_id,
            Status.VERIFIED,
            _UNDECIDED,
            actor,
            lambda: self._gateway.accept(onboarding_id, personal_data),
        )

    def reject(self, onboarding_id: str, *, actor: Actor, comment: str) -> Onboarding:
        """Make it `rejected`, finally (contract 3.9); only operators see `comment`."""
        return self._decide(
            onboarding_id,
            Status.REJECTED,
            _UNDECIDED,
            actor,
            lambda: self._gateway.reject(onboarding_id, comment),
        )

    def review(
        self, onboarding_id: str, *, actor: Actor, personal_data: Mapping[str, str] | None = None
    ) -> Onboarding:
        """Send it to the gateway's reviewers (contract 3.10)."""
        return self._decide(
            onboarding_id,
            Status.IN_REVIEW,
            frozenset({Status.DECIDING}),
            actor,
            lambda: self._gateway.send_to_review(onboarding_id, personal_data),
        )

    def _decide(
        self,
        onboarding_id: str,
        wanted: Status,
        possible: frozenset[Status],
        actor: Actor,
        call: Callable[[], object],
    ) -> Onboarding:
        before = self._row(onboarding_id)
        if before.status is wanted:
            return before
        if before.status not in possible:
            raise Conflict(before.status)
        self._request(before, wanted, actor, call)
        self._gateway_poll.poll(onboarding_id)
        after = self._row(onboarding_id)
        if after.status is wanted:
            return after
        if after.status in possible:  # accepted but not yet shown: the schedule polls again
            raise GatewayUnavailable
        raise Conflict(after.status)

    def _request(
        self, row: Onboarding, wanted: Status, actor: Actor, call: Callable[[], object]
    ) -> None:
        # Before the call: even if this process dies now, a poll finds the outcome.
        with self._deps.database.writing() as work:
            self._deps.record_event(
                work, row, "decision_requested", actor=actor, wanted=str(wanted)
            )
            self._deps.schedule_poll_now(work, row.id, PollReason.NOTICE)
        try:
            with self._deps.translate_gateway_errors(row.id):
                call()
        except gateway_errors.StateConflict:
            return  # decided already, by us or by another party: the poll shows which
        except (gateway_errors.RequestRefused, gateway_errors.Unauthorized) as cause:
            raise Conflict(row.status, "the gateway does not take this decision") from cause

    def _row(self, onboarding_id: str) -> Onboarding:
        with self._deps.database.reading() as work:
            row = work.onboardings.get(onboarding_id)
        if row is None:
            raise NotFound("no such onboarding")
        return row
