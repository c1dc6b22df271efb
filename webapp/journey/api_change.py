"""Change an onboarding of the calling host site: a new link, or its end."""

from __future__ import annotations

from webapp.config.sites import Site
from webapp.domain import transitions
from webapp.domain.actors import Actor
from webapp.domain.decisions import DecisionOutcome
from webapp.domain.errors import Conflict, NotFound
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.schedule import PollReason
from webapp.domain.transitions import PollPlan
from webapp.journey import decision_sender
from webapp.journey.api_create import OK, Settle
from webapp.journey.api_resources import OnboardingResource, require_own, resource
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.links import Links
from webapp.journey.process_deletion import has_unwanted_process
from webapp.store.unit_of_work import UnitOfWork


class ApiChange:
    """Raises NotFound for an onboarding of another site, existing or not."""

    def __init__(self, deps: JourneyDependencies, links: Links) -> None:
        self._deps = deps
        self._links = links

    def link(
        self, site: Site, onboarding_id: str, settle: Settle | None = None
    ) -> tuple[OnboardingResource, int]:
        """Return the onboarding with a new one-time link; earlier links keep working.

        Raises Conflict when it has ended.
        """
        signer = self._deps.result_signer
        with self._deps.database.writing() as work:
            found = self._of_site(work, site, onboarding_id)
            row = self._deps.lock_with_person(work, found.id) or found
            if not row.active or self._deps.clock() >= row.expires_at:
                raise Conflict(row.status)
            answer = resource(work, row, signer, self._links.add(work, row, Actor.HOST))
            if settle is not None:
                settle(work, answer, OK)
        return answer, OK

    def link_while_active(self, site: Site, onboarding_id: str) -> OnboardingResource | None:
        """Return the onboarding with a new link; None when it has ended."""
        try:
            return self.link(site, onboarding_id)[0]
        except (Conflict, NotFound):
            return None

    def cancel(
        self, site: Site, onboarding_id: str, settle: Settle | None = None
    ) -> tuple[OnboardingResource, int]:
        """Withdraw an unfinished onboarding; return it, also when it was canceled before.

        A decision that the gateway has not confirmed is withdrawn with it.

        The jobs process deletes a process on which the user has not finished at the gateway: a slow
        gateway must not keep threads of the server. Raises Conflict when it has ended otherwise.
        """
        signer = self._deps.result_signer
        with self._deps.changing_status() as work:
            before = self._of_site(work, site, onboarding_id, for_update=True)
            after = self._cancel(work, before)
            answer = resource(work, after, signer)
            if settle is not None:
                settle(work, answer, OK)
        return answer, OK

    def _cancel(self, work: UnitOfWork, row: Onboarding) -> Onboarding:
        if row.status is Status.CANCELED:
            return row
        if not row.active:
            raise Conflict(row.status)
        decision = work.decisions.unsettled(row.id)
        if decision is not None:
            outcome = DecisionOutcome.WITHDRAWN
            row = decision_sender.settle(self._deps, work, row, decision, outcome)
        now = self._deps.clock()
        withdrawn = transitions.cancel_as_withdrawn(row, now)
        if has_unwanted_process(withdrawn):
            withdrawn = transitions.plan_poll(withdrawn, PollPlan(now, PollReason.QUIET))
        return self._deps.save_transition(work, row, withdrawn, "withdrawn", actor=Actor.HOST)

    def _of_site(
        self, work: UnitOfWork, site: Site, onboarding_id: str, *, for_update: bool = False
    ) -> Onboarding:
        return require_own(work.onboardings.get(onboarding_id, for_update=for_update), site.id)
