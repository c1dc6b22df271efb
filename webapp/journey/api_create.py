"""Create an onboarding for a user of the calling host site; the gateway is not asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from webapp.config.sites import Flow, Site
from webapp.domain.actors import Actor
from webapp.domain.errors import (
    ActiveOnboardingExists,
    FlowUnknown,
    GatewayUnavailable,
    ReturnUrlRefused,
)
from webapp.domain.onboarding import Mode, Onboarding, Person
from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.hostsite.errors import HandoffRefused
from webapp.hostsite.return_urls import checked_return_url
from webapp.journey import new_onboarding
from webapp.journey.api_resources import DecisionResource, OnboardingResource, resource
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.gateway_poll import GatewayPoll
from webapp.journey.links import Links
from webapp.store.errors import AlreadyExists
from webapp.store.unit_of_work import UnitOfWork

#: Stores the answer (resource, HTTP status) in the transaction of the change, or raises LeaseLost.
Settle = Callable[[UnitOfWork, OnboardingResource | DecisionResource, int], None]
CREATED, ACCEPTED, OK = 201, 202, 200
#: More rounds than parallel requests for one user need.
_MAX_ROUNDS = 5


@dataclass(frozen=True)
class CreateInput:
    """What the host site wants. `mode`, `locale`: None leaves the choice to the flow, the user."""

    subject: str = field(repr=False)
    flow: str | None
    mode: str | None
    locale: str | None
    inputs: OnboardingInputs


class ApiCreate:
    """Creates at most one active onboarding per user and flow."""

    def __init__(self, deps: JourneyDependencies, links: Links, gateway_poll: GatewayPoll) -> None:
        self._deps = deps
        self._links = links
        self._gateway_poll = gateway_poll

    def create(
        self, site: Site, wanted: CreateInput, settle: Settle | None = None
    ) -> tuple[OnboardingResource, int]:
        """Return the user's onboarding with a new link, and 201 (new) or 200 (the active one).

        Raises FlowUnknown or ReturnUrlRefused for unusable options, ActiveOnboardingExists when an
        active one has other options. Raises GatewayUnavailable or GatewayForbidden when an expired
        one cannot be asked about; a repetition is safe then.
        """
        flow = site.flows.get(wanted.flow or site.default_flow or "")
        if flow is None:
            raise FlowUnknown(tuple(site.flows))
        subject_hash = self._deps.subject_hash(site.id, wanted.subject)
        for _ in range(_MAX_ROUNDS):
            try:
                with self._deps.changing_status() as work:
                    person = self._admit(work, site, wanted, subject_hash)
                    active = work.onboardings.active(person.id, flow.name)
                    if active is None or not self._is_over(active):
                        return self._offer(work, person, flow, wanted, active, settle)
                    expired_id = active.id
            except AlreadyExists:
                continue  # another request was faster
            self._gateway_poll.poll(expired_id)
        raise GatewayUnavailable

    def _admit(
        self, work: UnitOfWork, site: Site, wanted: CreateInput, subject_hash: str
    ) -> Person:
        """Insert or update the person, which locks the row: requests for one user take turns."""
        return work.people.admit(
            site.id,
            wanted.subject,
            subject_hash,
            self._deps.clock(),
            name=None,
            locale=wanted.locale,
        )

    def _is_over(self, active: Onboarding) -> bool:
        return self._deps.clock() >= active.expires_at and active.submitted_at is None

    def _offer(
        self,
        work: UnitOfWork,
        person: Person,
        flow: Flow,
        wanted: CreateInput,
        active: Onboarding | None,
        settle: Settle | None,
    ) -> tuple[OnboardingResource, int]:
        if active is not None:
            self._refuse_other_options(work, active, flow, wanted)
        row = active or self._add(work, person, flow, wanted)
        link = self._links.add(work, row, Actor.HOST)
        answer, status = (
            resource(work, row, self._deps.result_signer, link),
            OK if active else CREATED,
        )
        if settle is not None:
            settle(work, answer, status)
        return answer, status

    def _add(self, work: UnitOfWork, person: Person, flow: Flow, wanted: CreateInput) -> Onboarding:
        previous = work.onboardings.latest(person.id, flow.name)
        return new_onboarding.add_for_host(
            self._deps,
            work,
            person,
            flow,
            previous,
            mode=Mode(wanted.mode or flow.mode),
            locale=wanted.locale or self._deps.sites[person.site].locales[0],
            inputs=wanted.inputs,
        )

    def _refuse_other_options(
        self, work: UnitOfWork, active: Onboarding, flow: Flow, wanted: CreateInput
    ) -> None:
        """Raise ActiveOnboardingExists unless the active onboarding is just what is wanted."""
        same_mode = active.mode is Mode(wanted.mode or flow.mode)
        same_locale = wanted.locale in (None, active.locale)
        if same_mode and same_locale and work.inputs.get(active.id) == wanted.inputs:
            return
        raise ActiveOnboardingExists(active.status, active.id)


def allowed_return_url(site: Site, written: str) -> str:
    """Return the address as a browser requests it. Raises ReturnUrlRefused."""
    try:
        return checked_return_url(written, site.return_urls)
    except HandoffRefused as cause:
        raise ReturnUrlRefused from cause
