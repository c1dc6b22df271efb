"""Read an onboarding's process from the gateway, and refuse an answer about another onboarding."""

from __future__ import annotations

import logging

from webapp.domain.errors import GatewayForbidden, GatewayMixedUp
from webapp.domain.onboarding import Onboarding, Status
from webapp.gateway.client import Gateway
from webapp.gateway.errors import RequestRefused, StateConflict, Unauthorized
from webapp.gateway.models import ProcessData
from webapp.journey.dependencies import JourneyDependencies

#: The alarm of an account that lacks a right; the next answer clears it.
FORBIDDEN = "gateway_forbidden"
_log = logging.getLogger(__name__)


class ProcessReader:
    """Reads processes for `GatewayPoll` and for the host sites' API."""

    def __init__(self, deps: JourneyDependencies, gateway: Gateway) -> None:
        self._deps = deps
        self._gateway = gateway

    def read(self, onboarding: Onboarding) -> ProcessData | None:
        """Return the process data (contract 3.2).

        None: the gateway has no state yet, or does not show it (401). Raises GatewayUnavailable,
        GatewayForbidden, and GatewayMixedUp for an answer about another onboarding.
        """
        if not onboarding.create_calls:
            return None
        try:
            with self._deps.translate_gateway_errors(onboarding.id):
                is_known = onboarding.gateway_status is not None
                answer = self._gateway.read(onboarding.id, is_known=is_known)
                self.require_no_other_onboarding(onboarding.id, answer.other_scan_id)
        except GatewayForbidden:
            self._deps.raise_alarm(FORBIDDEN)
            raise
        except (Unauthorized, RequestRefused, StateConflict) as cause:
            if onboarding.status not in (Status.CREATED, Status.STARTED):
                _log.warning(
                    "process_not_shown",
                    extra={"onboarding": onboarding.id, "error": type(cause).__name__},
                )
            return None
        self._deps.gateway_facts.record(answer.raw)
        return answer

    def require_no_other_onboarding(self, onboarding_id: str, scan_id: str | None) -> None:
        """Log a `scanId` that is not ours; GatewayMixedUp if it is another onboarding of ours."""
        if scan_id is None:
            return
        with self._deps.database.reading() as work:
            is_ours = work.onboardings.site_of(scan_id) is not None
        if is_ours:
            raise GatewayMixedUp
        extra = {"onboarding": onboarding_id, "scan_id": scan_id}
        _log.info("gateway_scan_id_differs", extra=extra)
