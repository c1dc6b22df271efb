"""Ask the gateway's reviewers to decide an onboarding that the host site does not decide."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from webapp.domain import transitions
from webapp.domain.errors import GatewayForbidden
from webapp.domain.onboarding import DecideBy, Onboarding, OnDeadline, Status
from webapp.domain.schedule import PollReason
from webapp.gateway.client import Gateway
from webapp.gateway.errors import RequestRefused, StateConflict, Unauthorized
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.parked_decisions import ParkedDecisions

_log = logging.getLogger(__name__)


class ManualReview:
    """Sends a `deciding` onboarding to review, at once or when the host site's time is up.

    With `on_deadline = "stay"` it is marked as overdue instead, and keeps waiting.
    """

    def __init__(
        self, deps: JourneyDependencies, gateway: Gateway, parked: ParkedDecisions
    ) -> None:
        self._deps = deps
        self._gateway = gateway
        self._parked = parked

    def send_if_due(self, onboarding: Onboarding) -> None:
        """Send it to review now, plan a poll for the host site's deadline, or mark it as overdue.

        Raises GatewayUnavailable or GatewayForbidden.
        """
        flow = self._deps.flow_of(onboarding)
        if DecideBy(flow.decide) is DecideBy.HOST:
            began_at = onboarding.deciding_at or onboarding.updated_at
            deadline = began_at + timedelta(minutes=flow.decide_within_minutes)
            if self._deps.clock() < deadline:
                self._poll_by(onboarding, deadline)
                return
            if OnDeadline(flow.on_deadline) is OnDeadline.STAY:
                self._mark_overdue(onboarding)
                return
        self._send(onboarding)

    def _poll_by(self, onboarding: Onboarding, latest: datetime) -> None:
        with self._deps.database.writing() as work:
            work.onboardings.poll_by(onboarding.id, latest)

    def _mark_overdue(self, onboarding: Onboarding) -> None:
        """Mark it once; the alarm ends with the status."""
        with self._deps.database.writing() as work:
            row = work.onboardings.get(onboarding.id, for_update=True)
            if row is None or row.status is not Status.DECIDING or row.overdue_at is not None:
                return
            after = transitions.mark_overdue(row, self._deps.clock())
            work.onboardings.save(after, was=row.version)
            self._deps.record_event(work, after, "decision_overdue")

    def _send(self, onboarding: Onboarding) -> None:
        """Contract 3.10. A refusal means that it was decided meanwhile: the next poll shows it."""
        try:
            with self._deps.translate_gateway_errors(onboarding.id):
                self._gateway.send_to_review(onboarding.id)
        except GatewayForbidden:
            self._parked.raise_alarm()
            raise
        except (StateConflict, RequestRefused, Unauthorized) as cause:
            _log.info(
                "review_not_taken",
                extra={"onboarding": onboarding.id, "error": type(cause).__name__},
            )
            return
        self._parked.release_all()
        with self._deps.database.writing() as work:
            if work.timeline.has(onboarding.id, "sent_to_review"):
                return  # the gateway lags behind: the schedule polls again, not at once
            self._deps.record_event(work, onboarding, "sent_to_review")
            work.onboardings.schedule_poll(onboarding.id, self._deps.clock(), PollReason.WAITING, 1)
