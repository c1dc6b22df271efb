"""The create call at the gateway: never two at once for one row, and its answer never half kept."""

from __future__ import annotations

import logging
from datetime import timedelta

from webapp.config.sites import Flow
from webapp.domain.errors import GatewayUnavailable
from webapp.domain.onboarding import Onboarding, Person, Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.domain.schedule import PollReason, next_poll
from webapp.gateway.client import Gateway
from webapp.gateway.errors import (
    GatewayError,
    RequestRefused,
    StateConflict,
    Unauthorized,
    Unavailable,
)
from webapp.gateway.models import CreatedProcess, CreateRequest
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.references import References
from webapp.store.unit_of_work import UnitOfWork

_log = logging.getLogger(__name__)
#: While one request is at the gateway nobody else calls create for the same row. A little
#: longer than one call can take; whoever was killed in the middle blocks the row no longer.
CREATE_LEASE = timedelta(seconds=15)


class CreateProcess:
    """Opens the gateway's process of a row that has none yet."""

    def __init__(self, deps: JourneyDependencies, gateway: Gateway, references: References) -> None:
        self._deps = deps
        self._gateway = gateway
        self._references = references

    def claim(self, work: UnitOfWork, row: Onboarding) -> Onboarding | None:
        """`row`, locked in this `work`, as its caller's to `open` once that is committed.

        None: it has its process, or somebody else is at it.
        """
        now = self._deps.clock()
        if row.status is not Status.CREATED or row.hosted_url:
            return None
        if row.create_called_at is not None and now < row.create_called_at + CREATE_LEASE:
            return None
        claimed = self.called(row)
        work.onboardings.save(claimed, was=row.version)
        self.note_call(work, claimed)
        return claimed

    def called(self, row: Onboarding) -> Onboarding:
        """`row` with one more create call begun: whoever stores it may make that call."""
        now = self._deps.clock()
        return row.changed(now, create_calls=row.create_calls + 1, create_called_at=now)

    def note_call(self, work: UnitOfWork, row: Onboarding) -> None:
        """Write that call down."""
        self._deps.record_event(work, row, "create_called", call=row.create_calls)

    def open(self, row: Onboarding, flow: Flow, person: Person) -> str | None:
        """Call create (contract 3.1) for a claimed row; the id of the onboarding to go on with.

        None: the gateway has this id already, so an earlier answer, and the address in it,
        is lost for good. Raises GatewayUnavailable or GatewayForbidden; the row is then free again.
        """
        try:
            created = self._call(row, flow, person)
        except RequestRefused:
            return self._refused(row)
        except Unavailable as cause:
            self._release(row)
            if cause.maybe_sent and row.create_calls == 1:
                return self._again(row, flow, person)
            with self._deps.translate_gateway_errors(row.id):
                raise
        except (Unauthorized, StateConflict) as cause:  # neither makes sense for a new process
            self._release(row)
            raise GatewayUnavailable from cause
        except GatewayError:
            self._release(row)
            with self._deps.translate_gateway_errors(row.id):
                raise
        return self._keep(row, created)

    def _again(self, called: Onboarding, flow: Flow, person: Person) -> str | None:
        """Once more under the same id, unless another click is at it already."""
        with self._deps.database.writing() as work:
            row = work.onboardings.get(called.id, for_update=True)
            claimed = self.claim(work, row) if row else None
        return self.open(claimed, flow, person) if claimed else _going_on(row or called)

    def _call(self, row: Onboarding, flow: Flow, person: Person) -> CreatedProcess:
        return self._gateway.create(
            CreateRequest(
                scan_id=row.id,
                redirect_url=self._references.address(self._references.sign(row.id)),
                country_id=flow.country,
                doc_type=flow.document_type,
                doc_specific_type=flow.document_specific_type,
                extra_data={
                    **flow.extra_data,
                    "site": row.site,
                    "subject": self._deps.subject_hash(row.site, person.subject),
                },
            )
        )

    def _release(self, called: Onboarding) -> None:
        """The call came to nothing: the next click may try again at once."""
        with self._deps.database.writing() as work:
            row = work.onboardings.get(called.id, for_update=True)
            if row is not None and _is_still_this_call(row, called):
                self._free(work, row)

    def _free(self, work: UnitOfWork, row: Onboarding) -> None:
        freed = row.changed(self._deps.clock(), create_called_at=None)
        work.onboardings.save(freed, was=row.version)
        self._deps.record_event(work, freed, "create_unanswered")

    def _refused(self, called: Onboarding) -> str | None:
        """At the first call our settings are wrong; later the gateway has this id already."""
        with self._deps.database.writing() as work:
            row = work.onboardings.get(called.id, for_update=True)
            if row is None or not _is_still_this_call(row, called):
                return _going_on(row or called)  # another click has it in hand
            if row.create_calls > 1:
                self._free(work, row)
                return None
            return _going_on(row) if row.status is not Status.CREATED else self._ended(work, row)

    def _ended(self, work: UnitOfWork, row: Onboarding) -> str:
        """The settings of the flow are wrong in the gateway's eyes: only we can cure that."""
        _log.error("gateway_refused_create", extra={"onboarding": row.id, "flow": row.flow})
        self._deps.move(
            work,
            row,
            Status.CANCELED,
            "gateway_refused",
            reasons=(reason(ReasonCode.GATEWAY_REFUSED),),
            create_called_at=None,
            next_poll_at=None,
        )
        verified = work.onboardings.verified(row.person_id, row.flow)  # one before it, meanwhile
        return (verified or row).id

    def _keep(self, called: Onboarding, created: CreatedProcess) -> str:
        """The address is stored even if a notice has already moved the row on."""
        with self._deps.database.writing() as work:
            row = work.onboardings.get(called.id, for_update=True)
            if row is None:
                return called.id
            self._deps.move(
                work,
                row,
                Status.STARTED if row.status is Status.CREATED else row.status,
                "started",
                hosted_url=created.url,
                onboarding_token=created.onboarding_token,
                started_at=self._deps.clock(),
                create_called_at=None,
                **self._next_look(work, row),
            )
            return _going_on(row)

    def _next_look(self, work: UnitOfWork, row: Onboarding) -> dict[str, object]:
        now = self._deps.clock()
        if work.inbox.unsettled(row.id):  # a notice was quicker than this answer
            return {"next_poll_at": now, "poll_reason": PollReason.NOTICE, "poll_count": 0}
        if row.status is not Status.CREATED:
            return {}
        at = next_poll(PollReason.QUIET, 0, self._deps.slow, now, row.expires_at)
        return {"next_poll_at": at, "poll_reason": PollReason.QUIET, "poll_count": 0}


def _is_still_this_call(row: Onboarding, called: Onboarding) -> bool:
    """False: the call has taken so long that another click has begun one of its own."""
    return row.create_called_at is not None and row.create_calls == called.create_calls


def _going_on(row: Onboarding) -> str:
    """Another click may have replaced the row while this one was at the gateway."""
    return row.replaced_by or row.id
