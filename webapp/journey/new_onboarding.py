"""Store a new onboarding and its consent, within a transaction that is open already."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

from webapp.config.sites import Flow
from webapp.domain import transitions
from webapp.domain.actors import Actor
from webapp.domain.onboarding import Consent, Mode, Onboarding, Person, Status
from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.domain.schedule import PollReason
from webapp.journey.decide_start import StartRequest
from webapp.journey.dependencies import JourneyDependencies
from webapp.store.message_facts import MessageFacts
from webapp.store.unit_of_work import UnitOfWork


def add(
    deps: JourneyDependencies,
    work: UnitOfWork,
    request: StartRequest,
    previous: Onboarding | None,
    *,
    claimed: bool,
) -> Onboarding:
    """Store a new onboarding that follows `previous`, with what its host site gave for that.

    `claimed`: also record the consent and claim its create call, which the caller then makes.
    Raises AlreadyExists, at the end of the transaction, when the person has an active one.
    """
    person, flow = request.visitor.person, request.flow
    row = _build(deps, work, person, flow, previous, mode=Mode(flow.mode), locale=request.locale)
    inputs = work.inputs.find(previous.id) if previous else None
    if previous and inputs is not None:
        row = replace(row, mode=previous.mode)
    if claimed:
        row = transitions.claim_create_call(row, deps.clock())
    work.onboardings.add(row)
    if inputs is not None:
        # A retry must not escape the comparison with what the host site knows of its user.
        work.inputs.add(row.id, inputs)
    _announce(deps, work, row, person, inputs or OnboardingInputs(), Actor.USER)
    if claimed:
        record_consent(deps, work, request, row)
        deps.record_event(work, row, "create_called", call=row.create_calls)
    return row


def add_for_host(
    deps: JourneyDependencies,
    work: UnitOfWork,
    person: Person,
    flow: Flow,
    previous: Onboarding | None,
    *,
    mode: Mode,
    locale: str,
    inputs: OnboardingInputs,
) -> Onboarding:
    """Store a new onboarding that the host site asks for. Raises AlreadyExists as `add`."""
    row = _build(deps, work, person, flow, previous, mode=mode, locale=locale)
    work.onboardings.add(row)
    work.inputs.add(row.id, inputs)
    _announce(deps, work, row, person, inputs, Actor.HOST)
    return row


def record_consent(
    deps: JourneyDependencies, work: UnitOfWork, request: StartRequest, row: Onboarding
) -> None:
    """Store the consent of this request if it is for the flow's version and the first one."""
    version = request.flow.consent_version
    if version is None or request.consent != version:
        return
    if work.onboardings.add_consent(row.id, Consent(version, request.locale, deps.clock())):
        deps.record_event(
            work, row, "consent_given", actor=Actor.USER, version=version, locale=request.locale
        )


def carry_over_consent(
    deps: JourneyDependencies,
    work: UnitOfWork,
    request: StartRequest,
    old: Onboarding,
    new: Onboarding,
) -> None:
    """Copy the consent of a replaced onboarding, so that the user is not asked twice."""
    version = request.flow.consent_version
    consent = work.onboardings.consent(old.id, version) if version else None
    if consent is not None:
        work.onboardings.add_consent(new.id, consent)
        deps.record_event(work, new, "consent_carried_over", version=consent.version)


def _announce(
    deps: JourneyDependencies,
    work: UnitOfWork,
    row: Onboarding,
    person: Person,
    inputs: OnboardingInputs,
    actor: Actor,
) -> None:
    deps.record_event(work, row, "created", actor=actor)
    deps.announce_new(work, row, MessageFacts.of_new(person.subject, inputs.metadata))


def _build(
    deps: JourneyDependencies,
    work: UnitOfWork,
    person: Person,
    flow: Flow,
    previous: Onboarding | None,
    *,
    mode: Mode,
    locale: str,
) -> Onboarding:
    now = deps.clock()
    used = work.onboardings.count_submitted(person.id, flow.name) if previous else 0
    expires_at = now + timedelta(hours=flow.expires_after_hours)
    return Onboarding(
        id=str(uuid.uuid4()),
        person_id=person.id,
        site=person.site,
        flow=flow.name,
        status=Status.CREATED,
        attempt=used + 1,
        mode=mode,
        locale=locale,
        livemode=deps.livemode,
        created_at=now,
        updated_at=now,
        expires_at=expires_at,
        previous_id=previous.id if previous else None,
        next_poll_at=expires_at,
        poll_reason=PollReason.QUIET,
    )
