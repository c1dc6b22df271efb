"""Ask for the recording of a decided onboarding: the notice VIDEO_AVAILABLE may have been lost."""

from __future__ import annotations

import logging
from itertools import islice

from webapp.domain import transitions
from webapp.domain.actors import Actor
from webapp.domain.evidence import Evidence
from webapp.domain.onboarding import Onboarding, Status
from webapp.gateway.client import Gateway
from webapp.gateway.errors import GatewayError
from webapp.gateway.models import ProcessData
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.evidence_links import evidence_links
from webapp.store.unit_of_work import UnitOfWork

#: How many listed recordings one poll opens: each may take 15 seconds, in a thread of the polls.
MOST_RECORDINGS = 3
_log = logging.getLogger(__name__)


def mark_evidence(deps: JourneyDependencies, work: UnitOfWork, row: Onboarding) -> Onboarding:
    """Store and announce the first report of the recording; return the row as it is then."""
    if row.evidence_available_at or row.status is Status.ERASED:
        return row
    after = transitions.mark_evidence_available(row, deps.clock())
    work.onboardings.save(after, was=row.version)
    deps.record_event(work, after, "evidence_available", actor=Actor.GATEWAY)
    deps.announce_evidence(work, after)
    return after


class RecordingCheck:
    """Only `GatewayPoll` calls it, right after it has read the process."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def is_available(self, row: Onboarding, answer: ProcessData | None) -> bool:
        """Whether the gateway sends a recording of an onboarding decided before this poll.

        A listed address proves nothing, so the file is opened. False for one whose recording is
        known, and where the gateway fails: a later poll asks again.
        """
        if answer is None or not row.final or row.evidence_available_at is not None:
            return False
        recordings = (
            (item.type or "", url)
            for item, url in evidence_links(answer).items()
            if item.kind is Evidence.RECORDING
        )
        opened = islice(recordings, MOST_RECORDINGS)
        return any(self._opens(row, type_, url) for type_, url in opened)

    def _opens(self, row: Onboarding, type_: str, url: str) -> bool:
        try:
            with self._gateway.recording(row.id, type_, url):
                return True
        except GatewayError as cause:
            extra = {"onboarding": row.id, "error": type(cause).__name__}
            _log.info("recording_not_available", extra=extra)
            return False
