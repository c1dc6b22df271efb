"""returned: the browser is back from the gateway's page. A hint, never proof of anything."""

from __future__ import annotations

from datetime import datetime, timedelta

from webapp.domain import states, transitions
from webapp.domain.actors import Actor
from webapp.domain.errors import ReferenceExpired
from webapp.domain.hosted_errors import HostedError, hosted_error
from webapp.domain.onboarding import FINAL, Onboarding, Status
from webapp.domain.schedule import PollReason
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.views import Returned
from webapp.return_references import SignedReferences
from webapp.store.unit_of_work import UnitOfWork

#: A return address works this long after its onboarding has expired.
GRACE = timedelta(hours=24)
#: A poll that is due within this time is not moved forward.
SOON = timedelta(seconds=2)


class ReturnStep:
    """Identifies the onboarding by the signed reference alone; needs no session."""

    def __init__(self, deps: JourneyDependencies, references: SignedReferences) -> None:
        self._deps = deps
        self._references = references

    def record_return(self, reference: str, error: str | None) -> Returned:
        """Store the return and make a poll of the gateway due; the same answer for all users.

        `error` is the error word in the return address, if it has one (contract 7.4). Raises
        ReferenceTampered or ReferenceExpired.
        """
        onboarding_id = self._references.verify(reference)
        now = self._deps.clock()
        problem = hosted_error(error) if error else None
        with self._deps.changing_status() as work:
            row = work.onboardings.get(onboarding_id, for_update=True)
            returned = self._returned(row, now, problem)
            if row is not None:
                self._store(work, row, now, problem)
        return returned

    def view_return(self, reference: str) -> Returned:
        """Return the same page without storing anything: for HEAD and prefetching browsers.

        Raises ReferenceTampered or ReferenceExpired.
        """
        onboarding_id = self._references.verify(reference)
        with self._deps.database.reading() as work:
            row = work.onboardings.get(onboarding_id)
        return self._returned(row, self._deps.clock(), None)

    def _returned(
        self, row: Onboarding | None, now: datetime, problem: HostedError | None
    ) -> Returned:
        if row is None or now > row.expires_at + GRACE or row.site not in self._deps.sites:
            raise ReferenceExpired(row.site if row else None)
        return Returned(row.id, self._deps.sites[row.site], problem.note if problem else None)

    def _store(
        self, work: UnitOfWork, row: Onboarding, now: datetime, problem: HostedError | None
    ) -> None:
        status = states.after_return(row.status, failed=problem is not None)
        if status is not row.status:
            if problem is not None:
                after = transitions.mark_interrupted(row, now, problem.reason)
            else:
                after = transitions.mark_submitted(row, now)
            work.onboardings.save(after, was=row.version)
            self._deps.announce_change(work, row, after)
            self._deps.record_event(
                work,
                row,
                "returned",
                actor=Actor.USER,
                status=str(status),
                error=str(problem.reason) if problem else None,
            )
        if row.status not in (*FINAL, Status.ERASED) and not _is_polled_soon(row, now):
            self._deps.schedule_poll_now(work, row.id, PollReason.WAITING)


def _is_polled_soon(row: Onboarding, now: datetime) -> bool:
    """Reloads of the page must not add a poll each."""
    quick = row.poll_reason in (PollReason.WAITING, PollReason.NOTICE)
    return quick and row.next_poll_at is not None and row.next_poll_at <= now + SOON
