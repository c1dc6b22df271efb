"""Delete the gateway's process of an onboarding that was withdrawn, replaced or is to be erased.

The plan of the onboarding's next poll is the durable record: a poll of such an onboarding deletes
its process, so the deletion is not lost with the process that was to make it.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from webapp.domain.errors import GatewayForbidden, GatewayUnavailable
from webapp.domain.onboarding import Onboarding, Status
from webapp.domain.reasons import ReasonCode
from webapp.domain.schedule import PollReason
from webapp.domain.transitions import PollPlan
from webapp.gateway.client import Gateway
from webapp.gateway.errors import RequestRefused, StateConflict, Unauthorized
from webapp.journey.dependencies import JourneyDependencies
from webapp.store.errors import DatabaseUnavailable

#: When the jobs process makes a deletion that a request has not finished.
_RETRY_AFTER = timedelta(seconds=30)
#: How long after its expiry the deletion of a process is tried: an account may lack the right.
GIVE_UP_AFTER = timedelta(days=1)
_log = logging.getLogger(__name__)


def plan_deletion(now: datetime) -> PollPlan:
    """Return the plan to store with the cancellation of an onboarding that has a process."""
    return PollPlan(now + _RETRY_AFTER, PollReason.QUIET)


def has_unwanted_process(row: Onboarding) -> bool:
    """Whether it was withdrawn before the user had finished, or replaced, after a create call."""
    if row.status is not Status.CANCELED or not row.create_calls:
        return False
    codes = {each.code for each in row.reasons}
    is_withdrawn = ReasonCode.WITHDRAWN in codes and row.submitted_at is None
    return is_withdrawn or ReasonCode.REPLACED in codes


def is_deletion_due(row: Onboarding, now: datetime) -> bool:
    """Whether a poll that finds nothing from the user deletes the process (GIVE_UP_AFTER)."""
    return has_unwanted_process(row) and now < row.expires_at + GIVE_UP_AFTER


class ProcessDeletion:
    """Calls the gateway; a deletion that fails is made again by polls."""

    def __init__(self, deps: JourneyDependencies, gateway: Gateway) -> None:
        self._deps = deps
        self._gateway = gateway

    def try_delete(self, canceled: Onboarding) -> None:
        """Delete it within a request, after the commit of the cancellation; log a failure.

        Calls no gateway for an onboarding without a create call.
        """
        if not canceled.create_calls:
            return
        try:
            self.delete(canceled.id)
        except (GatewayUnavailable, GatewayForbidden, DatabaseUnavailable) as cause:
            _log.warning(
                "process_deletion_postponed",
                extra={"onboarding": canceled.id, "error": type(cause).__name__},
            )

    def delete(self, onboarding_id: str) -> None:
        """Delete the process, and end the polls of the onboarding.

        Raises GatewayUnavailable or GatewayForbidden; the deletion stays planned.
        """
        with self._deps.database.reading() as work:
            before = work.onboardings.get(onboarding_id)
        if before is None:
            return
        self.call(onboarding_id)
        self._end_polls(before)

    def call(self, onboarding_id: str) -> int | None:
        """Make the call that deletes the process; return the HTTP status of the answer.

        401, 404 and 410: there is none, or it is deleted already. Other refusals are logged. Raises
        GatewayUnavailable or GatewayForbidden.
        """
        try:
            with self._deps.translate_gateway_errors(onboarding_id):
                return self._gateway.delete(onboarding_id).http_status
        except Unauthorized as cause:
            return cause.status
        except (RequestRefused, StateConflict) as cause:
            _log.warning(
                "process_not_deleted",
                extra={"onboarding": onboarding_id, "error": type(cause).__name__},
            )
            return cause.status

    def _end_polls(self, before: Onboarding) -> None:
        """Unless a notice, or the answer to a create call, has planned one meanwhile."""
        with self._deps.database.writing() as work:
            row = work.onboardings.get(before.id, for_update=True)
            if row is None or row.next_poll_at != before.next_poll_at:
                return
            if has_unwanted_process(row) and not work.inbox.unsettled(row.id):
                work.onboardings.schedule_poll(row.id, None, PollReason.QUIET, row.poll_count)
