"""start: start or continue an onboarding, with at most one process at the gateway per onboarding.

`decide_start` says what to do next; this file carries it out. Each round is one transaction, and
calls to the gateway happen between transactions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from webapp.config.sites import Flow
from webapp.domain import transitions
from webapp.domain.errors import GatewayUnavailable, NotFound
from webapp.domain.onboarding import Onboarding
from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.gateway.client import Gateway
from webapp.http_transport.deadline import deadline
from webapp.journey import new_onboarding
from webapp.journey.completion_notices import has_completion_notice
from webapp.journey.create_process import CreateProcess
from webapp.journey.decide_start import (
    LOCKING,
    StartAction,
    StartFacts,
    StartProgress,
    StartRequest,
    decide_start,
)
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.gateway_poll import GatewayPoll
from webapp.journey.process_deletion import ProcessDeletion, plan_deletion
from webapp.journey.views import Visitor
from webapp.return_references import SignedReferences
from webapp.store.errors import AlreadyExists
from webapp.store.unit_of_work import UnitOfWork

#: All gateway calls of one request together; a proxy in front times out after a minute.
START_SECONDS = 30.0
#: Processes created for one person and flow within 24 hours, however they ended: each may cost
#: money.
MAX_PROCESSES_PER_DAY = 10
#: Lost create answers after which the request fails: the gateway's answers are of no use.
MAX_LOST_ANSWERS = 2
#: More rounds than any order of parallel requests needs.
_MAX_ROUNDS = 50


@dataclass(frozen=True)
class _Outcome:
    """What one round stored: `row` after `action`; `replacement` after REPLACE only.

    After CLAIM, `inputs` is what the host site gave for the onboarding.
    """

    action: StartAction
    row: Onboarding
    replacement: Onboarding | None = None
    inputs: OnboardingInputs = field(default_factory=OnboardingInputs)


class Start:
    """Creates at most one process per onboarding, and one active onboarding per person and flow."""

    def __init__(
        self,
        deps: JourneyDependencies,
        gateway: Gateway,
        gateway_poll: GatewayPoll,
        references: SignedReferences,
    ) -> None:
        self._deps = deps
        self._deletion = ProcessDeletion(deps, gateway)
        self._gateway_poll = gateway_poll
        self._create_process = CreateProcess(deps, gateway, references)

    def begin(
        self,
        visitor: Visitor,
        flow: str | None,
        consent: str | None,
        locale: str,
        *,
        unfinished: bool = False,
    ) -> str:
        """Start or continue; return the id of the onboarding to show, which may have ended.

        `consent`, `unfinished`: see `StartRequest`. Without the flow's consent the onboarding stays
        `created` and its page asks for it. Raises NotFound (no such flow), GatewayUnavailable,
        GatewayForbidden or HostedPageUntrusted; after all but the first the onboarding is kept and
        a repetition is safe.
        """
        wanted = _flow(visitor, flow)
        request = StartRequest(visitor, wanted, consent, locale, unfinished=unfinished)
        try:
            return self._run(request)
        except GatewayUnavailable:
            noticed = self._noticed_id(request)
            if noticed is None:
                raise
            return noticed

    def prepare(self, visitor: Visitor, flow: str | None, locale: str) -> str:
        """Return the id of the onboarding to continue on another device, stored if there is none.

        Records no consent and creates no process. Raises NotFound (no such flow).
        """
        wanted = _flow(visitor, flow)
        return self._run(StartRequest(visitor, wanted, None, locale, prepare_only=True))

    def _run(self, request: StartRequest) -> str:
        progress, lost_answers = StartProgress(), 0
        with deadline(START_SECONDS):
            for _ in range(_MAX_ROUNDS):
                done = self._decide_and_store(request, progress)
                if done is None:
                    continue
                row = done.row
                if done.action is StartAction.EXPIRE:
                    self._gateway_poll.poll(row.id)
                elif done.action is StartAction.POLL:
                    self._gateway_poll.poll(row.id)
                    progress = StartProgress(checked_id=row.id)
                elif done.replacement is not None:
                    self._deletion.try_delete(row)
                    if done.replacement.final:
                        return done.replacement.id
                    progress = StartProgress(checked_id=row.id)
                elif done.action is StartAction.CLAIM:
                    found = self._create_process.call(
                        row, request.flow, request.visitor.person, done.inputs
                    )
                    if found is not None:
                        return found
                    lost_answers += 1
                    if lost_answers == MAX_LOST_ANSWERS:
                        break
                    progress = StartProgress(checked_id=row.id, lost_id=row.id)
                else:
                    return row.id
        raise GatewayUnavailable

    def _decide_and_store(self, request: StartRequest, progress: StartProgress) -> _Outcome | None:
        """Decide and store in one transaction; None: another request was faster, decide again."""
        try:
            with self._deps.changing_status() as work:
                latest = work.onboardings.latest(request.visitor.person.id, request.flow.name)
                facts, now = self._facts(work, request, latest), self._deps.clock()
                action = decide_start(latest, request, facts, progress, now)
                if latest is None or action is StartAction.CREATE:
                    return self._create(work, request, latest)
                if action not in LOCKING:
                    return _Outcome(action, latest)
                locked = work.onboardings.get(latest.id, for_update=True)
                if locked is None or locked.version != latest.version:
                    return None
                return self._store(work, request, action, locked)
        except AlreadyExists:
            return None

    def _facts(
        self, work: UnitOfWork, request: StartRequest, latest: Onboarding | None
    ) -> StartFacts:
        person, flow, rows = request.visitor.person.id, request.flow, work.onboardings
        since = self._deps.clock() - timedelta(days=1)
        return StartFacts(
            is_verified=lambda: latest is not None and verified_since(work, latest) is not None,
            has_consent=lambda: (
                latest is not None and rows.has_consent(latest.id, flow.consent_version or "")
            ),
            attempts_used=lambda: rows.count_submitted(person, flow.name),
            has_reached_limit=lambda: (
                rows.count_created_since(person, flow.name, since) >= MAX_PROCESSES_PER_DAY
            ),
        )

    def _create(
        self, work: UnitOfWork, request: StartRequest, previous: Onboarding | None
    ) -> _Outcome:
        """A new row, with its create call claimed at once unless consent is missing."""
        agreed = request.flow.consent_version in (None, request.consent)
        claimed = agreed and not request.prepare_only
        row = new_onboarding.add(self._deps, work, request, previous, claimed=claimed)
        if not claimed:
            return _Outcome(StartAction.CONTINUE, row)
        inputs = work.inputs.get(row.id) if previous else OnboardingInputs()
        return _Outcome(StartAction.CLAIM, row, inputs=inputs)

    def _store(
        self, work: UnitOfWork, request: StartRequest, action: StartAction, row: Onboarding
    ) -> _Outcome:
        now, save = self._deps.clock(), self._deps.save_transition
        if action is StartAction.CLAIM:
            new_onboarding.record_consent(self._deps, work, request, row)
            if row.hosted_url is not None:
                started = self._create_process.start_with_kept_page(work, row)
                return _Outcome(StartAction.CONTINUE, started)
            claimed = self._create_process.claim(work, row)
            if claimed is None:
                return _Outcome(StartAction.CONTINUE, row)
            return _Outcome(action, claimed, inputs=work.inputs.get(row.id))
        if action is StartAction.REPLACE:
            return self._replace(work, request, row)
        if action is StartAction.REOPEN:
            reopened = transitions.reopen_unfinished(row, now)
            return _Outcome(action, save(work, row, reopened, "not_finished"))
        return _Outcome(action, save(work, row, transitions.offer_again(row, now), "offered_again"))

    def _replace(self, work: UnitOfWork, request: StartRequest, row: Onboarding) -> _Outcome:
        """Cancel `row`: a verified onboarding takes its place, or else a new one.

        A new one is claimed in the next round, after the call that deletes the old process: the
        claim holds for one create call only.
        """
        now = self._deps.clock()
        canceled = transitions.cancel_as_replaced(row, now)
        if row.create_calls:
            canceled = transitions.plan_poll(canceled, plan_deletion(now))
        self._deps.save_transition(work, row, canceled, "replaced")
        replacement = verified_since(work, row)
        if replacement is None:
            replacement = new_onboarding.add(self._deps, work, request, canceled, claimed=False)
            new_onboarding.carry_over_consent(self._deps, work, request, canceled, replacement)
        linked = transitions.link_replacement(canceled, now, replacement.id)
        work.onboardings.save(linked, was=canceled.version)
        return _Outcome(StartAction.REPLACE, linked, replacement)

    def _noticed_id(self, request: StartRequest) -> str | None:
        """Return the id of the onboarding for which a notice says that the user is done."""
        with self._deps.database.reading() as work:
            latest = work.onboardings.latest(request.visitor.person.id, request.flow.name)
            is_done = latest is not None and has_completion_notice(work, latest)
        return latest.id if latest and is_done else None


def verified_since(work: UnitOfWork, row: Onboarding) -> Onboarding | None:
    """Return the person's onboarding of the flow that was verified after `row` was created.

    One that was verified before does not count: only the host site can have created `row` then, to
    have the user verified anew.
    """
    found = work.onboardings.verified(row.owner_id, row.flow)
    return found if found is not None and found.updated_at >= row.created_at else None


def _flow(visitor: Visitor, name: str | None) -> Flow:
    """Raises NotFound for an unknown flow, and for one other than the host site's choice."""
    flow = visitor.site.flows.get(name or visitor.flow)
    if flow is None or (visitor.flow_is_given and flow.name != visitor.flow):
        raise NotFound("no such flow")
    return flow
