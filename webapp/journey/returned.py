"""returned: a browser is back from the gateway. A hint, never proof."""

from __future__ import annotations

from datetime import datetime, timedelta

from webapp.domain import states
from webapp.domain.errors import ReferenceExpired
from webapp.domain.onboarding import FINAL, Onboarding, Status
from webapp.domain.reasons import of_hosted_error, reason
from webapp.domain.schedule import PollReason
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.references import References
from webapp.journey.views import Returned
from webapp.store.unit_of_work import UnitOfWork

#: A return address works this long after its onboarding has expired.
GRACE = timedelta(hours=24)
#: A read planned within this time is soon enough.
SOON = timedelta(seconds=2)


class ReturnStep:
    """Recognises a browser by its signed reference alone."""

    def __init__(self, deps: JourneyDependencies, references: References) -> None:
        self._deps = deps
        self._references = references

    def record_return(self, reference: str, error: str | None) -> Returned:
        """Take the hint and have the gateway asked; the same answer for everybody.

        `error` is the hosted page's parameter (contract 7.4), display only.
        Raises ReferenceTampered or ReferenceExpired.
        """
        onboarding_id = self._references.read(reference)
        now = self._deps.clock()
        with self._deps.database.writing() as work:
            row = work.onboardings.get(onboarding_id, for_update=True)
            if row is None or now > row.expires_at + GRACE or row.site not in self._deps.sites:
                raise ReferenceExpired("the return reference is too old")
            self._hint(work, row, error)
            if row.status not in (*FINAL, Status.ERASED) and not self._asked_soon(row, now):
                self._deps.schedule_poll_now(work, row.id, PollReason.WAITING)
        kind = str(of_hosted_error(error)) if error else None
        return Returned(row.id, self._deps.sites[row.site], kind)

    def view_return(self, reference: str) -> Returned:
        """The same page without taking any hint: for HEAD and for prefetching browsers."""
        onboarding_id = self._references.read(reference)
        with self._deps.database.reading() as work:
            row = work.onboardings.get(onboarding_id)
        late = row is None or self._deps.clock() > row.expires_at + GRACE
        if row is None or late or row.site not in self._deps.sites:
            raise ReferenceExpired("the return reference is too old")
        return Returned(row.id, self._deps.sites[row.site], None)

    def _asked_soon(self, row: Onboarding, now: datetime) -> bool:
        """A reload of the page is no reason to ask the gateway once more each time."""
        quick = row.poll_reason in (PollReason.WAITING, PollReason.NOTICE)
        return quick and row.next_poll_at is not None and row.next_poll_at <= now + SOON

    def _hint(self, work: UnitOfWork, row: Onboarding, error: str | None) -> None:
        status = states.after_return(row.status, failed=bool(error))
        if status is row.status:
            return
        now = self._deps.clock()
        fields: dict[str, object] = {"status": status, "reasons": ()}
        if status is Status.INTERRUPTED:
            fields["reasons"] = (reason(of_hosted_error(error or "")),)
            fields["interruptions"] = row.interruptions + 1
        else:
            fields["submitted_at"] = row.submitted_at or now
        work.onboardings.save(row.changed(now, **fields), was=row.version)
        self._deps.record_event(
            work,
            row,
            "returned",
            actor="user",
            status=str(status),
            error=str(of_hosted_error(error)) if error else None,
        )
