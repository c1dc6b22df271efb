"""start: agree, then our row, then one create at the gateway, whatever is clicked how often."""

from __future__ import annotations

import logging

from webapp.domain.errors import GatewayUnavailable, NotFound
from webapp.domain.onboarding import AWAITING_RESULT, AWAITING_USER, Onboarding, Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.gateway.client import Gateway
from webapp.gateway.errors import GatewayError
from webapp.http_transport.deadline import deadline
from webapp.journey.create_process import CreateProcess
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.gateway_poll import GatewayPoll
from webapp.journey.new_onboarding import NewOnboarding, StartRequest, StartResult
from webapp.journey.references import References
from webapp.journey.views import Visitor
from webapp.store.errors import AlreadyExists
from webapp.store.unit_of_work import UnitOfWork

#: All calls of one click together; a proxy in front gives up after a minute.
BEGIN_SECONDS = 30.0
_log = logging.getLogger(__name__)


class Start:
    """Opens at most one process at the gateway per row, and one row per person and flow."""

    def __init__(
        self,
        deps: JourneyDependencies,
        gateway: Gateway,
        gateway_poll: GatewayPoll,
        references: References,
    ) -> None:
        self._deps = deps
        self._gateway = gateway
        self._gateway_poll = gateway_poll
        self._create_process = CreateProcess(deps, gateway, references)
        self._entering = NewOnboarding(deps, self._create_process)

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
        stays `created` and its page asks for it. Raises NotFound (no such flow), GatewayUnavailable
        or GatewayForbidden (the row is kept: the same click again is safe).
        """
        wish = _wish(visitor, flow, consent, locale)
        with deadline(BEGIN_SECONDS):
            return self._begun(wish, unfinished=unfinished)

    def _begun(self, wish: StartRequest, *, unfinished: bool) -> str:
        found = self._found(wish, verified_wins=True)
        if found.row.status in AWAITING_USER and self._late(found.row):
            self._gateway_poll.poll(found.row.id)  # the jobs have not seen yet that its time is up
            found = self._found(wish)
        offered_before = found.row.status in (Status.STARTED, Status.INTERRUPTED)
        if offered_before or (unfinished and found.row.status is Status.SUBMITTED):
            found = self._asked_before_reuse(wish, found.row, unfinished=unfinished)
        gone_on_to = self._opened(wish, found)
        if gone_on_to is None:
            gone_on_to = self._opened(wish, self._replace(wish, found.row))
        if gone_on_to is None:
            raise GatewayUnavailable  # twice in a row: the answers themselves are of no use
        return gone_on_to

    def _opened(self, wish: StartRequest, found: StartResult) -> str | None:
        """The id to go on with; None when the address of its process is lost."""
        if not found.claimed:
            return found.row.id
        return self._create_process.open(found.row, wish.flow, wish.visitor.person)

    def prepare(self, visitor: Visitor, flow: str | None, locale: str) -> str:
        """The row alone, for going on elsewhere: nothing is agreed to and nothing is opened.

        Raises NotFound (no such flow).
        """
        wish = _wish(visitor, flow, None, locale)
        with deadline(BEGIN_SECONDS):  # one that is not needed any more is deleted at the gateway
            return self._found(wish, to_open=False, verified_wins=True).row.id

    def _late(self, row: Onboarding) -> bool:
        return self._deps.clock() >= row.expires_at

    def _found(
        self, wish: StartRequest, *, to_open: bool = True, verified_wins: bool = False
    ) -> StartResult:
        """The row to go on with: the active one, one that ended for good, or a new one.

        `to_open`: if it waits for its create call it is claimed for that in the same
        transaction. `verified_wins`: an active one that is still the user's to do is replaced
        by an earlier one that has been verified meanwhile.
        """
        try:
            with self._deps.database.writing() as work:
                last = work.onboardings.latest(wish.visitor.person.id, wish.flow.name)
                if last is None or self._entering.may_begin_anew(work, wish, last):
                    return self._entering.enter(work, wish, last, to_open=to_open)
                if not (verified_wins and _is_needless(work, last)):
                    return self._gone_on_with(work, wish, last, to_open=to_open)
        except AlreadyExists:  # another click was quicker, and its row is there now
            return self._found(wish, to_open=to_open, verified_wins=verified_wins)
        return self._replace(wish, last)

    def _gone_on_with(
        self, work: UnitOfWork, wish: StartRequest, last: Onboarding, *, to_open: bool
    ) -> StartResult:
        if last.status is not Status.CREATED or not to_open:
            return StartResult(last)
        row = work.onboardings.get(last.id, for_update=True) or last
        return self._claimed(work, wish, row)

    def _claimed(self, work: UnitOfWork, wish: StartRequest, row: Onboarding) -> StartResult:
        """`row`, which is locked, claimed if it may be opened and nobody else is at it."""
        if row.status is not Status.CREATED or self._late(row):
            return StartResult(row)
        claimed = (
            self._create_process.claim(work, row)
            if self._entering.agreed(work, wish, row)
            else None
        )
        return StartResult(claimed or row, claimed is not None)

    def _asked_before_reuse(
        self, wish: StartRequest, onboarding: Onboarding, *, unfinished: bool
    ) -> StartResult:
        """An address is offered again only after the gateway has been asked about it."""
        self._gateway_poll.poll(onboarding.id)
        with self._deps.database.writing() as work:
            row = work.onboardings.get(onboarding.id, for_update=True)
            if row is None:
                raise NotFound("no such onboarding")
            again = self._offered_again(work, row, unfinished=unfinished)
            if not row.active:  # it has just ended; one before it may have ended better
                again = work.onboardings.latest(row.person_id, row.flow)
        if row.replaced_by is not None:
            return self._found(wish)  # another click was quicker
        return StartResult(again) if again else self._replace(wish, row)

    def _offered_again(
        self, work: UnitOfWork, row: Onboarding, *, unfinished: bool
    ) -> Onboarding | None:
        """The row as it is gone on with; None when only a new one will do."""
        if row.status is Status.SUBMITTED and unfinished:
            return self._deps.move(work, row, Status.STARTED, "not_finished", submitted_at=None)
        if row.status is not Status.INTERRUPTED:
            return row
        if row.interruptions <= 1 or self._entering.opened_enough(work, row):
            return self._deps.move(work, row, Status.STARTED, "offered_again", reasons=())
        return None

    def _replace(self, wish: StartRequest, old: Onboarding) -> StartResult:
        """Retire a row whose address cannot be had any more, or is not needed.

        What is gone on with is a verified one, or else a new one.
        """
        with self._deps.database.writing() as work:
            row = work.onboardings.get(old.id, for_update=True)
            if row is None or not row.active or row.status in AWAITING_RESULT:
                return StartResult(self._newest(work, wish, old))  # another click was quicker
            retired = self._deps.move(
                work,
                row,
                Status.CANCELED,
                "replaced",
                reasons=(reason(ReasonCode.REPLACED),),
                next_poll_at=None,
            )
            verified = work.onboardings.verified(row.person_id, row.flow)
            successor = verified or self._entering.successor(work, wish, retired)
            linked = retired.changed(self._deps.clock(), replaced_by=successor.id)
            work.onboardings.save(linked, was=retired.version)
        if retired.create_calls:
            self._delete_upstream(old.id)
        # A new one is claimed only now: the lease is as long as one call.
        return StartResult(verified) if verified else self._found(wish)

    def _newest(self, work: UnitOfWork, wish: StartRequest, old: Onboarding) -> Onboarding:
        """Where another click has led to in the meantime."""
        return work.onboardings.latest(wish.visitor.person.id, wish.flow.name) or old

    def _delete_upstream(self, onboarding_id: str) -> None:
        """Best effort: a process that nobody has an address to holds nothing of the user."""
        try:
            self._gateway.delete(onboarding_id)
        except GatewayError as cause:
            _log.warning(
                "replaced_not_deleted",
                extra={"onboarding": onboarding_id, "error": type(cause).__name__},
            )


def _is_needless(work: UnitOfWork, last: Onboarding) -> bool:
    """Whether it is the user's to do, and an earlier one has been verified meanwhile."""
    if last.status not in AWAITING_USER:
        return False
    return work.onboardings.verified(last.person_id, last.flow) is not None


def _wish(visitor: Visitor, flow: str | None, consent: str | None, locale: str) -> StartRequest:
    wanted = visitor.site.flows.get(flow or visitor.flow)
    if wanted is None or (visitor.flow_is_given and wanted.name != visitor.flow):
        raise NotFound("no such flow")
    return StartRequest(visitor, wanted, consent, locale)
