"""start: agree, then our row, then one create at the gateway, whatever is clicked how often."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta

from webapp.domain.errors import Conflict, GatewayAway, NotFound
from webapp.domain.onboarding import AT_THE_USER, AT_US, Consent, Onboarding, Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.domain.schedule import LookCause
from webapp.gateway.client import Gateway
from webapp.gateway.errors import GatewayError
from webapp.journey.ground import Ground
from webapp.journey.opening import Opening
from webapp.journey.progress import Progress
from webapp.journey.references import References
from webapp.journey.views import Visitor, next_of
from webapp.outbound.deadline import deadline
from webapp.sites import Flow
from webapp.store.errors import AlreadyThere
from webapp.store.work import Work

#: Processes opened for one person and flow within 24 hours, however they ended.
MOST_A_DAY = 10
#: All calls of one click together; a proxy in front gives up after a minute.
BEGIN_SECONDS = 30.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wish:
    """What the user asked for; `consent` is the version shown on the page they answered."""

    visitor: Visitor
    flow: Flow
    consent: str | None
    locale: str


class Start:
    """Opens at most one process at the gateway per row, and one row per person and flow."""

    def __init__(
        self, ground: Ground, gateway: Gateway, progress: Progress, references: References
    ) -> None:
        self._ground = ground
        self._gateway = gateway
        self._progress = progress
        self._opening = Opening(ground, gateway, references)

    def begin(
        self,
        visitor: Visitor,
        flow: str | None,
        consent: str | None,
        locale: str,
        *,
        unfinished: bool = False,
    ) -> str:
        """Start or continue; the id of the onboarding to go to, which may be one that is over.

        `unfinished`: the person says that they came back before they were done; the address
        is offered again unless the gateway knows better. Without the flow's consent the row
        stays `created` and its page asks for it. Raises NotFound (no such flow), GatewayAway
        or GatewayForbidden (the row is kept: the same click again is safe).
        """
        wish = _wish(visitor, flow, consent, locale)
        with deadline(BEGIN_SECONDS):
            return self._begun(wish, unfinished=unfinished)

    def _begun(self, wish: Wish, *, unfinished: bool) -> str:
        current = self._in_time(wish, self._current(wish))
        offered_before = current.status in (Status.STARTED, Status.INTERRUPTED)
        if offered_before or (unfinished and current.status is Status.SUBMITTED):
            current = self._asked_before_reuse(wish, current)
        if current.status is not Status.CREATED or not self._agreed(wish, current):
            return current.id
        if self._opening.open(current.id, wish.flow):
            return self._followed(current.id)
        current = self._replace(wish, current)
        if not self._opening.open(current.id, wish.flow):
            raise GatewayAway  # twice in a row: the answers themselves are of no use
        return current.id

    def _followed(self, onboarding_id: str) -> str:
        """Another click may have replaced the row while this one was at the gateway."""
        with self._ground.database.reading() as work:
            row = work.onboardings.get(onboarding_id)
        return row.replaced_by or onboarding_id if row else onboarding_id

    def prepare(self, visitor: Visitor, flow: str | None, locale: str) -> str:
        """The row alone, for going on elsewhere: nothing is agreed to and nobody is called.

        Raises NotFound (no such flow).
        """
        return self._current(_wish(visitor, flow, None, locale)).id

    def _in_time(self, wish: Wish, current: Onboarding) -> Onboarding:
        """A row beyond its time is not gone on with, even if the jobs have not seen it yet."""
        if current.status not in AT_THE_USER or self._ground.clock() < current.expires_at:
            return current
        self._progress.read(current.id)
        return self._current(wish)

    def _current(self, wish: Wish) -> Onboarding:
        """The row to go on with: the active one, one that ended for good, or a new one."""
        try:
            with self._ground.database.writing() as work:
                person, flow = wish.visitor.person.id, wish.flow.name
                known = work.onboardings.active(person, flow) or work.onboardings.verified(
                    person, flow
                )
                if known is not None:
                    return known
                past = work.onboardings.of_person(person, flow)
                last = past[0] if past else None
                if last is not None and self._ended_for_good(work, wish, last):
                    return last
                return self._add(work, wish, last)
        except AlreadyThere:  # another click was quicker, and its row is there now
            return self._current(wish)

    def _ended_for_good(self, work: Work, wish: Wish, last: Onboarding) -> bool:
        used = work.onboardings.submitted_count(last.person_id, last.flow)
        over = used >= wish.flow.attempts or next_of(last, wish.flow) == "done"
        return over or self._opened_enough(work, last)

    def _opened_enough(self, work: Work, row: Onboarding) -> bool:
        """Each process may cost money, so breaking off does not open new ones without end."""
        since = self._ground.clock() - timedelta(days=1)
        return work.onboardings.opened_since(row.person_id, row.flow, since) >= MOST_A_DAY

    def _add(self, work: Work, wish: Wish, last: Onboarding | None) -> Onboarding:
        used = work.onboardings.submitted_count(wish.visitor.person.id, wish.flow.name)
        now = self._ground.clock()
        new = Onboarding(
            id=str(uuid.uuid4()),
            person_id=wish.visitor.person.id,
            site=wish.visitor.site.id,
            flow=wish.flow.name,
            status=Status.CREATED,
            attempt=used + 1,
            mode=wish.flow.mode,
            locale=wish.locale,
            livemode=self._ground.livemode,
            created_at=now,
            updated_at=now,
            expires_at=now + timedelta(hours=wish.flow.expires_after_hours),
            previous_id=last.id if last else None,
        )
        work.onboardings.add(new)
        work.onboardings.plan(new.id, new.expires_at, LookCause.QUIET, 0)
        self._ground.note(work, new, "created", actor="user")
        return new

    def _agreed(self, wish: Wish, onboarding: Onboarding) -> bool:
        version = wish.flow.consent_version
        if version is None:
            return True
        with self._ground.database.writing() as work:
            if work.onboardings.agreed(onboarding.id, version):
                return True
            if wish.consent != version:
                return False
            self._agree(work, onboarding, version, wish.locale)
            return True

    def _agree(self, work: Work, onboarding: Onboarding, version: str, locale: str) -> None:
        consent = Consent(version, locale, self._ground.clock())
        if work.onboardings.agree(onboarding.id, consent):
            self._ground.note(
                work, onboarding, "consent_given", actor="user", version=version, locale=locale
            )

    def _asked_before_reuse(self, wish: Wish, onboarding: Onboarding) -> Onboarding:
        """An address is offered again only after the gateway has been asked about it."""
        self._progress.read(onboarding.id)
        with self._ground.database.writing() as work:
            row = work.onboardings.get(onboarding.id, for_update=True)
            if row is None:
                raise NotFound("no such onboarding")
            if row.replaced_by is not None:
                return self._newest(work, wish, row)  # another click was quicker
            if row.status is Status.SUBMITTED:
                return self._ground.move(
                    work, row, Status.STARTED, "not_finished", submitted_at=None
                )
            if row.status is not Status.INTERRUPTED:
                return row
            if row.interruptions <= 1 or self._opened_enough(work, row):
                return self._ground.move(work, row, Status.STARTED, "offered_again", reasons=())
        return self._replace(wish, row)

    def _replace(self, wish: Wish, old: Onboarding) -> Onboarding:
        """Retire a row whose address cannot be had any more, and go on under a new id."""
        version = wish.flow.consent_version
        with self._ground.database.writing() as work:
            row = work.onboardings.get(old.id, for_update=True)
            if row is None or not row.active or row.status in AT_US:
                return self._newest(work, wish, old)  # another click was quicker
            retired = self._ground.move(
                work,
                row,
                Status.CANCELED,
                "replaced",
                reasons=(reason(ReasonCode.REPLACED),),
                look_at=None,
            )
            new = self._add(work, wish, retired)
            linked = retired.changed(self._ground.clock(), replaced_by=new.id)
            work.onboardings.save(linked, was=retired.version)
            given = work.onboardings.consent(old.id, version) if version else None
            if given is not None:
                work.onboardings.agree(new.id, given)
                self._ground.note(work, new, "consent_carried_over", version=given.version)
        self._delete_upstream(old.id)
        return new

    def _newest(self, work: Work, wish: Wish, old: Onboarding) -> Onboarding:
        active = work.onboardings.active(wish.visitor.person.id, wish.flow.name)
        if active is None:
            raise Conflict(old.status)
        return active

    def _delete_upstream(self, onboarding_id: str) -> None:
        """Best effort: a process that nobody has an address to holds nothing of the user."""
        try:
            self._gateway.delete(onboarding_id)
        except GatewayError as cause:
            _log.warning(
                "replaced_not_deleted",
                extra={"onboarding": onboarding_id, "error": type(cause).__name__},
            )


def _wish(visitor: Visitor, flow: str | None, consent: str | None, locale: str) -> Wish:
    wanted = visitor.site.flows.get(flow or visitor.flow)
    if wanted is None or (visitor.flow_is_given and wanted.name != visitor.flow):
        raise NotFound("no such flow")
    return Wish(visitor, wanted, consent, locale)
