"""A new row of ours: who may have one, what it says at first, and what has been agreed to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from webapp.config.sites import Flow
from webapp.domain.onboarding import Consent, Onboarding, Status
from webapp.domain.schedule import PollReason
from webapp.journey.create_process import CreateProcess
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.views import Visitor, next_of
from webapp.store.unit_of_work import UnitOfWork

#: Processes opened for one person and flow within 24 hours, however they ended.
MAX_PROCESSES_PER_DAY = 10


@dataclass(frozen=True)
class StartRequest:
    """What the user asked for; `consent` is the version shown on the page they answered."""

    visitor: Visitor
    flow: Flow
    consent: str | None
    locale: str


@dataclass(frozen=True)
class StartResult:
    """The row to go on with; `claimed`: its create call is this click's to make."""

    row: Onboarding
    claimed: bool = False


class NewOnboarding:
    """All of it in transactions that are open already."""

    def __init__(self, deps: JourneyDependencies, opening: CreateProcess) -> None:
        self._deps = deps
        self._create_process = opening

    def enter(
        self, work: UnitOfWork, wish: StartRequest, last: Onboarding | None, *, to_open: bool
    ) -> StartResult:
        """A new row; stored as claimed at once when nothing is left to agree to."""
        new = self._new(work, wish, last)
        claimed = to_open and wish.flow.consent_version in (None, wish.consent)
        row = self._create_process.called(new) if claimed else new
        work.onboardings.add(row)
        self._deps.record_event(work, row, "created", actor="user")
        if claimed:
            self.agreed(work, wish, row)
            self._create_process.note_call(work, row)
        return StartResult(row, claimed)

    def may_begin_anew(self, work: UnitOfWork, wish: StartRequest, last: Onboarding) -> bool:
        """Whether nothing of it is under way or settled, and attempts are left."""
        if last.active or next_of(last, wish.flow) == "done":
            return False
        used = work.onboardings.submitted_count(last.person_id, last.flow)
        return used < wish.flow.attempts and not self.opened_enough(work, last)

    def opened_enough(self, work: UnitOfWork, row: Onboarding) -> bool:
        """Each process may cost money, so breaking off does not open new ones without end."""
        since = self._deps.clock() - timedelta(days=1)
        return (
            work.onboardings.opened_since(row.person_id, row.flow, since) >= MAX_PROCESSES_PER_DAY
        )

    def _new(self, work: UnitOfWork, wish: StartRequest, last: Onboarding | None) -> Onboarding:
        used = work.onboardings.submitted_count(last.person_id, last.flow) if last else 0
        now = self._deps.clock()
        expires_at = now + timedelta(hours=wish.flow.expires_after_hours)
        return Onboarding(
            id=str(uuid.uuid4()),
            person_id=wish.visitor.person.id,
            site=wish.visitor.site.id,
            flow=wish.flow.name,
            status=Status.CREATED,
            attempt=used + 1,
            mode=wish.flow.mode,
            locale=wish.locale,
            livemode=self._deps.livemode,
            created_at=now,
            updated_at=now,
            expires_at=expires_at,
            previous_id=last.id if last else None,
            next_poll_at=expires_at,
            poll_reason=PollReason.QUIET,
        )

    def agreed(self, work: UnitOfWork, wish: StartRequest, onboarding: Onboarding) -> bool:
        """Whether the flow's consent is given, now or before; kept if it is given now."""
        version = wish.flow.consent_version
        if version is None:
            return True
        if wish.consent != version:
            return work.onboardings.agreed(onboarding.id, version)
        consent = Consent(version, wish.locale, self._deps.clock())
        if work.onboardings.agree(onboarding.id, consent):
            self._deps.record_event(
                work,
                onboarding,
                "consent_given",
                actor="user",
                version=version,
                locale=wish.locale,
            )
        return True

    def successor(self, work: UnitOfWork, wish: StartRequest, retired: Onboarding) -> Onboarding:
        """A new row; what has been agreed to need not be agreed to again."""
        new = self.enter(work, wish, retired, to_open=False).row
        version = wish.flow.consent_version
        given = work.onboardings.consent(retired.id, version) if version else None
        if given is not None:
            work.onboardings.agree(new.id, given)
            self._deps.record_event(work, new, "consent_carried_over", version=given.version)
        return new
