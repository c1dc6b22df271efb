"""What every step stands on: the database, the clock, the sites."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from webapp.config.sites import Flow, Site
from webapp.domain.errors import GatewayMixedUp, NotFound
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.schedule import PollReason
from webapp.journey.gateway_errors import translate_gateway_errors
from webapp.journey.views import Visitor
from webapp.store.errors import AlreadyExists
from webapp.store.unit_of_work import Database, UnitOfWork

#: The alarm of a gateway that answers about another process than the one it was asked about.
MIXED_UP = "gateway_mixed_up"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JourneyDependencies:
    """`clock` gives aware UTC. `slow` is RECONCILE_AFTER. `livemode` is false with the sandbox."""

    database: Database
    clock: Callable[[], datetime]
    sites: Mapping[str, Site]
    slow: tuple[timedelta, ...]
    livemode: bool

    def flow_of(self, onboarding: Onboarding) -> Flow:
        """The flow's settings; if it has been removed since, those of the site's first flow.

        Of a site that has been removed: the defaults.
        """
        site = self.sites.get(onboarding.site)
        flows = site.flows if site else {}
        return flows.get(onboarding.flow) or next(iter(flows.values()), Flow())

    def owned(self, work: UnitOfWork, visitor: Visitor, onboarding_id: str) -> Onboarding:
        """The visitor's own onboarding. Raises NotFound for all others, existing or not."""
        found = work.onboardings.get(onboarding_id)
        if found is None or found.person_id != visitor.person.id:
            raise NotFound("no such onboarding")
        return found

    @contextmanager
    def translate_gateway_errors(self, onboarding_id: str) -> Iterator[None]:
        """See `translate.translate_gateway_errors`; an answer about another process rings
        besides."""
        try:
            with translate_gateway_errors():
                yield
        except GatewayMixedUp:
            _log.error("gateway_answered_for_another_process", extra={"onboarding": onboarding_id})
            self.raise_alarm(MIXED_UP)
            raise

    def raise_alarm(self, alarm: str) -> None:
        """Something keeps us from working until somebody cures it; readyz says so."""
        with self.database.writing() as work:
            work.alarms.ring(alarm, self.clock())

    def schedule_poll_now(self, work: UnitOfWork, onboarding_id: str, cause: PollReason) -> None:
        """Have the gateway asked about this onboarding now."""
        work.onboardings.plan(onboarding_id, self.clock(), cause, poll_count=0)

    def record_event(
        self,
        work: UnitOfWork,
        onboarding: Onboarding,
        event: str,
        *,
        actor: str = "system",
        **detail: object,
    ) -> None:
        """Write a line on the onboarding's timeline: ids and words only."""
        work.timeline.add(
            self.clock(),
            event,
            actor=actor,
            onboarding_id=onboarding.id,
            site=onboarding.site,
            **detail,
        )

    def move(
        self, work: UnitOfWork, row: Onboarding, status: Status, event: str, **fields: object
    ) -> Onboarding:
        """Save `row` in `status` with `fields`, and say so on its timeline."""
        moved = row.changed(self.clock(), status=status, **fields)
        work.onboardings.save(moved, was=row.version)
        self.record_event(work, moved, event, status=str(status))
        return moved

    def subject_hash(self, site: str, subject: str) -> str:
        """A keyed hash of the host's user id: the same for the same person, useless elsewhere.

        Not inside a transaction: the first call of a new database writes the key.
        """
        message = f"{site}\0{subject}".encode()
        return hmac.new(self._subject_key, message, hashlib.sha256).hexdigest()

    @cached_property
    def _subject_key(self) -> bytes:
        with self.database.reading() as work:
            known = work.generated_keys.get("subject")
        if known is not None:
            return known
        try:
            with self.database.writing() as work:
                return work.generated_keys.make("subject", self.clock())
        except AlreadyExists:  # another process was quicker
            with self.database.reading() as work:
                return work.generated_keys.need("subject")
