"""erase: delete an onboarding, or all of a user, at the gateway and here.

A request stores an erasure and makes a poll due; polls carry it out (`erasure_attempt`) until it is
settled, so neither an outage nor a killed process loses it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from webapp.config.sites import Site
from webapp.domain import decision_transitions, transitions
from webapp.domain.actors import Actor
from webapp.domain.decisions import DecisionOutcome
from webapp.domain.erasures import Erasure, ErasureProblem, ErasureState, hurry
from webapp.domain.errors import NotFound, RetentionRequired
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.reasons import ReasonCode
from webapp.domain.schedule import PollReason
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.local_erasure import LocalErasure
from webapp.store.errors import AlreadyExists
from webapp.store.unit_of_work import UnitOfWork

_Result = TypeVar("_Result")
#: More rounds than parallel starts of one user need.
_MAX_ROUNDS = 5


class Erase:
    """Raises NotFound for an onboarding of another site, existing or not, and RetentionRequired,
    with nothing changed, for one that its flow keeps for longer."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps
        self._local = LocalErasure(deps)

    def onboarding(self, onboarding_id: str, *, actor: Actor, site: Site | None = None) -> Erasure:
        """Return the erasure of the onboarding: a new one, or the one that it has.

        `site` is the calling host site; None: any. One that waits for its next attempt is tried at
        once.
        """

        def store(work: UnitOfWork) -> Erasure:
            row = self._deps.lock_with_person(work, onboarding_id)
            if row is None or (site is not None and row.site != site.id):
                raise NotFound("no such onboarding")
            return self._store(work, row, actor)

        return self._run(store)

    def subject(self, site: Site, subject: str, *, actor: Actor) -> list[Erasure]:
        """Return the erasures of all onboardings of the user that are not erased yet.

        The user's record and sessions are deleted with the last one, at once if there is none.
        """
        subject_hash = self._deps.subject_hash(site.id, subject)

        def store(work: UnitOfWork) -> list[Erasure]:
            person = work.people.find(site.id, subject_hash)
            if person is None:
                return []
            work.people.lock(person.id)
            found = [
                work.onboardings.get(each, for_update=True)
                for each in work.onboardings.ids_of_person(person.id)
            ]
            rows = [row for row in found if row is not None]
            for row in rows:
                self._refuse_retention(row)
            erasures = [self._store(work, row, actor) for row in rows]
            work.erased_data.delete_person(person.id)
            return erasures

        return self._run(store)

    def get(self, erasure_id: str, site: Site | None = None) -> Erasure:
        """Return an erasure. Raises NotFound."""
        with self._deps.database.reading() as work:
            found = work.erasures.get(erasure_id)
        if found is None or (site is not None and found.site != site.id):
            raise NotFound("no such erasure")
        return found

    def _run(self, store: Callable[[UnitOfWork], _Result]) -> _Result:
        """Run it in a transaction; again if the user starts an onboarding at the same time."""
        for _ in range(_MAX_ROUNDS - 1):
            try:
                with self._deps.changing_status() as work:
                    return store(work)
            except AlreadyExists:
                continue
        with self._deps.changing_status() as work:
            return store(work)

    def _store(self, work: UnitOfWork, row: Onboarding, actor: Actor) -> Erasure:
        known = work.erasures.of(row.id)
        if known is not None:
            return known if known.is_settled else self._hurry(work, known)
        self._refuse_retention(row)
        now = self._deps.clock()
        new = Erasure(
            id=str(uuid.uuid4()),
            onboarding_id=row.id,
            site=row.site,
            actor=str(actor),
            state=ErasureState.PENDING,
            problem=ErasureProblem.NOT_TRIED,
            requested_at=now,
            updated_at=now,
            next_attempt_at=now,
        )
        self._deps.record_event(work, row, "erasure_requested", actor=actor, erasure=new.id)
        stopped = self._stop(work, row)
        if not has_process(row):
            return self._erase_without_process(work, stopped, new)
        work.erasures.add(new)
        self._deps.schedule_poll_now(work, row.id, PollReason.NOTICE)
        return new

    def _stop(self, work: UnitOfWork, row: Onboarding) -> Onboarding:
        """Withdraw an open decision, and an unfinished onboarding: its user must not continue."""
        now = self._deps.clock()
        decision = work.decisions.unsettled(row.id)
        if decision is not None:
            outcome = DecisionOutcome.WITHDRAWN
            work.decisions.save(decision_transitions.settle(decision, now, outcome))
        if not row.active or not has_process(row):
            return row
        withdrawn = transitions.cancel_as_withdrawn(row, now)
        return self._deps.save_transition(work, row, withdrawn, "withdrawn")

    def _erase_without_process(self, work: UnitOfWork, row: Onboarding, new: Erasure) -> Erasure:
        done = Erasure(
            id=new.id,
            onboarding_id=new.onboarding_id,
            site=new.site,
            actor=new.actor,
            state=ErasureState.CONFIRMED,
            requested_at=new.requested_at,
            updated_at=new.updated_at,
        )
        work.onboardings.schedule_poll(row.id, None, PollReason.QUIET, 0)
        unplanned = transitions.plan_poll(row, transitions.PollPlan(None, PollReason.QUIET))
        erased = self._local.delete(work, unplanned, done)
        work.erasures.add(erased)
        return erased

    def _hurry(self, work: UnitOfWork, known: Erasure) -> Erasure:
        now = self._deps.clock()
        if known.claimed_until is not None and known.claimed_until > now:
            return known
        sooner = hurry(known, now)
        work.erasures.save(sooner)
        self._deps.schedule_poll_now(work, known.onboarding_id, PollReason.NOTICE)
        return sooner

    def _refuse_retention(self, row: Onboarding) -> None:
        """Raise RetentionRequired for a decided onboarding that the flow keeps for longer."""
        days = self._deps.flow_of(row).keep_at_least_days
        if row.decided_at is None or not days:
            return
        keep_until = row.decided_at + timedelta(days=days)
        if self._deps.clock() < keep_until:
            raise RetentionRequired(row.status, row.id, row.flow, keep_until)


def has_process(row: Onboarding) -> bool:
    """Whether the gateway may have a process: a create call was made, and not refused."""
    is_refused = row.status is Status.CANCELED and any(
        each.code is ReasonCode.GATEWAY_REFUSED for each in row.reasons
    )
    return row.create_calls > 0 and not is_refused
