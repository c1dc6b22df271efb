"""Decide an onboarding of the calling host site, and show how its last decision stands."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.config.sites import Site
from webapp.domain.actors import Actor
from webapp.domain.decisions import DecisionContent, DecisionKind, DecisionRequester
from webapp.domain.errors import GatewayForbidden, NotFound
from webapp.journey.api_create import ACCEPTED, OK, Settle
from webapp.journey.api_resources import (
    DecisionResource,
    OnboardingResource,
    decision_resource,
    require_own,
    resource,
)
from webapp.journey.decision import Decision, DecisionRequest, DecisionResult
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.gateway_slots import GatewaySlots

Answer = tuple[OnboardingResource | DecisionResource, int]


@dataclass(frozen=True)
class DecisionInput:
    """What the host site decides; `version` None: whatever the version of the case is.

    `key` is the label of the API key.
    """

    kind: DecisionKind
    content: DecisionContent
    version: int | None
    key: str


class ApiDecide:
    """Answers 200 with the onboarding once the gateway has confirmed the decision.

    Otherwise 202 with the decision, which the jobs process carries out: after ten seconds, or at
    once while many other calls wait for the gateway. Raises what `Decision` raises, NotFound also
    for an onboarding of another site, and GatewayForbidden.
    """

    def __init__(self, deps: JourneyDependencies, decision: Decision, slots: GatewaySlots) -> None:
        self._deps = deps
        self._decision = decision
        self._slots = slots

    def decide(
        self, site: Site, onboarding_id: str, wanted: DecisionInput, settle: Settle | None = None
    ) -> Answer:
        """Make the decision, or join the same one."""
        with self._deps.database.reading() as work:
            require_own(work.onboardings.get(onboarding_id), site.id)
        requester = DecisionRequester(wanted.key)
        request = DecisionRequest(
            wanted.kind, wanted.content, Actor.HOST, requester, wanted.version
        )
        with self._slots.try_take() as may_wait:
            result = self._decision.decide(onboarding_id, request, wait=may_wait)
        if result.is_forbidden:
            raise GatewayForbidden("our account at the gateway lacks a right")
        return self._answer(result, settle)

    def last(self, site: Site, onboarding_id: str) -> DecisionResource:
        """Return the newest decision. Raises NotFound without one."""
        with self._deps.database.reading() as work:
            require_own(work.onboardings.get(onboarding_id), site.id)
            decisions = work.decisions.of(onboarding_id)
        if not decisions:
            raise NotFound("no decision")
        return decision_resource(decisions[-1])

    def _answer(self, result: DecisionResult, settle: Settle | None) -> Answer:
        signer = self._deps.result_signer
        with self._deps.database.writing() as work:
            # Locked and read anew, or the stored answer would outlive an erasure meanwhile.
            current = work.onboardings.get(result.onboarding.id, for_update=True)
            answer: OnboardingResource | DecisionResource
            if result.decision is None:
                answer, status = resource(work, current or result.onboarding, signer), OK
            else:
                answer, status = decision_resource(result.decision), ACCEPTED
            if settle is not None:
                settle(work, answer, status)
        return answer, status
