"""Call the gateway's create for one onboarding: never twice at once, and store the answer whole."""

from __future__ import annotations

import logging
from datetime import timedelta

from webapp.config.sites import Flow
from webapp.domain import transitions
from webapp.domain.erasures import reopen
from webapp.domain.errors import GatewayUnavailable, HostedPageUntrusted
from webapp.domain.onboarding import Onboarding, Person, Status
from webapp.domain.onboarding_inputs import OnboardingInputs
from webapp.domain.schedule import PollReason, next_poll
from webapp.domain.transitions import PollPlan
from webapp.gateway.client import Gateway
from webapp.gateway.errors import (
    GatewayError,
    NoHostedPage,
    RequestRefused,
    StateConflict,
    Unauthorized,
    Unavailable,
    UntrustedHostedPage,
)
from webapp.gateway.models import CreatedProcess, CreateRequest
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.process_deletion import has_unwanted_process
from webapp.return_references import SignedReferences
from webapp.store.unit_of_work import UnitOfWork

_log = logging.getLogger(__name__)
#: How long a claim blocks further create calls for the onboarding. A little longer than one call
#: can take, so a claim of a killed process ends soon.
CREATE_LEASE = timedelta(seconds=15)
#: The alarm of a hosted page on an origin that is not configured; its detail is the origin.
UNTRUSTED_PAGE = "hosted_origin_untrusted"


class CreateProcess:
    """Creates the gateway's process of an onboarding that has none yet."""

    def __init__(
        self, deps: JourneyDependencies, gateway: Gateway, references: SignedReferences
    ) -> None:
        self._deps = deps
        self._gateway = gateway
        self._references = references

    def claim(self, work: UnitOfWork, row: Onboarding) -> Onboarding | None:
        """Claim the create call of `row`, which is locked in `work`; `call` it after the commit.

        Returns None when it has its process, or another request's call is in flight.
        """
        now = self._deps.clock()
        if row.status is not Status.CREATED or row.hosted_url:
            return None
        if row.create_called_at is not None and now < row.create_called_at + CREATE_LEASE:
            return None
        claimed = transitions.claim_create_call(row, now)
        work.onboardings.save(claimed, was=row.version)
        self._deps.record_event(work, claimed, "create_called", call=claimed.create_calls)
        return claimed

    def call(
        self, row: Onboarding, flow: Flow, person: Person, given: OnboardingInputs
    ) -> str | None:
        """Call create (contract 3.1) for a claimed row; return the id of the onboarding to show.

        A lost answer is repeated once under the same id. Returns None when the gateway has this id
        already: the answer with the address was lost and cannot be had again. Raises
        GatewayUnavailable, GatewayForbidden or HostedPageUntrusted; the claim is then released.
        """
        while True:
            try:
                created = self._send(row, flow, person, given)
            except RequestRefused:
                return self._store_refusal(row)
            except UntrustedHostedPage as error:
                self._keep_untrusted_page(row, error)
                raise HostedPageUntrusted from error
            except GatewayError as error:
                self._release(row)
                if not _is_worth_repeating(error, row):
                    with self._deps.translate_gateway_errors(row.id):
                        _refuse_meaningless(error)
                        raise
                current, claimed = self._claim_again(row)
                if claimed is None:
                    return _id_to_show(current)
                row = claimed
            else:
                return self._store_process(row, created)

    def start_with_kept_page(self, work: UnitOfWork, row: Onboarding) -> Onboarding:
        """Start `row`, which is locked in `work`, with the address that `call` has kept.

        Raises HostedPageUntrusted while its origin is still not configured.
        """
        if row.hosted_url is None or not self._gateway.is_trusted(row.hosted_url):
            raise HostedPageUntrusted
        return self._start(work, row, row.hosted_url, row.onboarding_token or "")

    def _keep_untrusted_page(self, called: Onboarding, error: UntrustedHostedPage) -> None:
        """Keep the process, which may have cost money, for when the operator trusts its origin."""
        _log.error(UNTRUSTED_PAGE, extra={"onboarding": called.id, "origin": error.origin})
        with self._deps.database.writing() as work:
            # The onboarding first, as everywhere: another order could deadlock.
            row = work.onboardings.get(called.id, for_update=True)
            work.alarms.raise_alarm(UNTRUSTED_PAGE, self._deps.clock(), error.origin)
            if row is not None and _is_still_this_call(row, called):
                kept = transitions.keep_untrusted_page(
                    row, self._deps.clock(), error.url, error.onboarding_token
                )
                work.onboardings.save(kept, was=row.version)
                self._deps.record_event(work, kept, UNTRUSTED_PAGE, origin=error.origin)

    def _send(
        self, row: Onboarding, flow: Flow, person: Person, given: OnboardingInputs
    ) -> CreatedProcess:
        types = given if given.has_types else flow
        return self._gateway.create(
            CreateRequest(
                scan_id=row.id,
                redirect_url=self._references.url(self._references.sign(row.id)),
                country_id=given.country or flow.country,
                doc_type=types.document_type,
                doc_specific_type=types.document_specific_type,
                extra_data={
                    **flow.extra_data,
                    **given.extra_data,
                    "site": row.site,
                    "subject": self._deps.subject_hash(row.site, person.subject),
                },
            )
        )

    def _claim_again(self, called: Onboarding) -> tuple[Onboarding, Onboarding | None]:
        """The row as it is now, and as claimed unless another request has claimed it."""
        with self._deps.database.writing() as work:
            row = work.onboardings.get(called.id, for_update=True)
            return row or called, self.claim(work, row) if row else None

    def _release(self, called: Onboarding) -> None:
        """End a call without a result, so that the next request may call at once."""
        with self._deps.database.writing() as work:
            row = work.onboardings.get(called.id, for_update=True)
            if row is not None and _is_still_this_call(row, called):
                self._release_locked(work, row)

    def _release_locked(self, work: UnitOfWork, row: Onboarding) -> None:
        released = transitions.release_create_call(row, self._deps.clock())
        work.onboardings.save(released, was=row.version)
        self._deps.record_event(work, released, "create_unanswered")

    def _store_refusal(self, called: Onboarding) -> str | None:
        """A refusal of the first call: our settings are wrong. Of a later one: the id exists."""
        with self._deps.changing_status() as work:
            row = work.onboardings.get(called.id, for_update=True)
            if row is None or not _is_still_this_call(row, called):
                return _id_to_show(row or called)  # another request's call is in flight
            if row.create_calls > 1:
                self._release_locked(work, row)
                return None
            if row.status is not Status.CREATED:
                return _id_to_show(row)
            _log.error("gateway_refused_create", extra={"onboarding": row.id, "flow": row.flow})
            canceled = transitions.cancel_as_refused(row, self._deps.clock())
            self._deps.save_transition(work, row, canceled, "gateway_refused")
            verified = work.onboardings.verified(row.owner_id, row.flow)  # an earlier one, by now
            return (verified or row).id

    def _store_process(self, called: Onboarding, created: CreatedProcess) -> str:
        """The address is stored even if a notice has moved the status on already."""
        with self._deps.changing_status() as work:
            row = work.onboardings.get(called.id, for_update=True)
            if row is None:
                return called.id
            if row.status is Status.ERASED:
                self._erase_again(work, row)
                return row.id
            self._start(work, row, created.url, created.onboarding_token)
            return _id_to_show(row)

    def _erase_again(self, work: UnitOfWork, row: Onboarding) -> None:
        """The call outlived its lease, and the erasure that waited for its end."""
        _log.warning("process_created_after_erasure", extra={"onboarding": row.id})
        erasure, now = work.erasures.of(row.id), self._deps.clock()
        if erasure is not None:
            work.erasures.save(reopen(erasure, now))
            self._deps.schedule_poll_now(work, row.id, PollReason.NOTICE)

    def _start(self, work: UnitOfWork, row: Onboarding, url: str, token: str) -> Onboarding:
        started = transitions.mark_started(
            row, self._deps.clock(), url, token, self._next_poll(row)
        )
        work.alarms.clear(UNTRUSTED_PAGE)
        return self._deps.save_transition(work, row, started, "started")

    def _next_poll(self, row: Onboarding) -> PollPlan | None:
        now = self._deps.clock()
        if row.poll_reason is PollReason.NOTICE:  # a notice arrived before this answer
            return PollPlan(now, PollReason.NOTICE)
        if has_unwanted_process(row):  # withdrawn or replaced during this call
            return PollPlan(now, PollReason.QUIET)
        if row.status is not Status.CREATED:
            return None
        at = next_poll(PollReason.QUIET, 0, self._deps.slow, now, row.expires_at)
        return PollPlan(at, PollReason.QUIET)


def _is_worth_repeating(error: GatewayError, row: Onboarding) -> bool:
    """Whether the first call may have reached the gateway and only its answer was lost."""
    if not isinstance(error, Unavailable) or isinstance(error, NoHostedPage):
        return False
    return error.maybe_sent and row.create_calls == 1


def _refuse_meaningless(error: GatewayError) -> None:
    """Raises GatewayUnavailable for answers that make no sense for a new process."""
    if isinstance(error, Unauthorized | StateConflict):
        raise GatewayUnavailable from error


def _is_still_this_call(row: Onboarding, called: Onboarding) -> bool:
    """False: the call outlived its lease, and another request has begun a call of its own."""
    return row.create_called_at is not None and row.create_calls == called.create_calls


def _id_to_show(row: Onboarding) -> str:
    """Another request may have replaced the row while this call was in flight."""
    return row.replaced_by or row.id
