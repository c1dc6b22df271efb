"""Open evidence at the gateway: at its documented path, else where process data says it is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from webapp.basics.byte_range import ByteRange
from webapp.domain.errors import EvidenceRefused, GatewayForbidden
from webapp.domain.evidence import Evidence, EvidenceItem
from webapp.domain.onboarding import Onboarding
from webapp.gateway.client import Gateway
from webapp.gateway.errors import (
    EvidenceNotFound,
    Forbidden,
    GatewayError,
    ProcessMismatch,
    RequestRefused,
    StateConflict,
)
from webapp.gateway.evidence.evidence_stream import EvidenceStream
from webapp.gateway.evidence.kinds import has_documented_path
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.evidence_links import evidence_links
from webapp.journey.process_reader import ProcessReader

#: The alarm of an account that may not read evidence; the next file that is opened clears it.
EVIDENCE_FORBIDDEN = "evidence_forbidden"
Unopened = AbstractContextManager[EvidenceStream]
_log = logging.getLogger(__name__)


class EvidenceSource:
    """Opens streams of evidence; stores nothing."""

    def __init__(self, deps: JourneyDependencies, gateway: Gateway) -> None:
        self._deps = deps
        self._gateway = gateway
        self.reader = ProcessReader(deps, gateway)

    def open(
        self, resources: ExitStack, row: Onboarding, item: EvidenceItem, part: ByteRange | None
    ) -> EvidenceStream:
        """Open an image, a recording or an archive; `resources` closes it.

        The documented path is tried first: that takes one request. Raises the gateway client's
        `EvidenceNotFound` and `Unauthorized`, EvidenceRefused, GatewayForbidden,
        GatewayUnavailable.
        """
        with self._translated(row):
            try:
                if not has_documented_path(item.type):
                    raise EvidenceNotFound("the type has no documented path")
                return self._entered(resources, row, self._request(row, item, None, part))
            except (Forbidden, ProcessMismatch):
                raise
            except GatewayError:
                process = self.reader.read(row)
                url = evidence_links(process).get(item) if process else None
                if url is None:
                    raise
                return self._entered(resources, row, self._request(row, item, url, part))

    def open_report(
        self, resources: ExitStack, row: Onboarding
    ) -> tuple[EvidenceStream, str | None]:
        """Open the report, with the checksum that the gateway states. Raises as `open`."""
        with self._translated(row):
            process = self.reader.read(row)
            url = process.pdf_url if process else None
            report = self._entered(resources, row, self._gateway.pdf(row.id, url))
        return report, process.pdf_checksum if process else None

    def require_own_file(self, row: Onboarding, evidence: EvidenceStream) -> None:
        """Raise GatewayMixedUp, and an alarm, for a file of another onboarding of ours."""
        with self._deps.translate_gateway_errors(row.id):
            self.reader.require_no_other_onboarding(row.id, evidence.other_scan_id)

    def _entered(self, resources: ExitStack, row: Onboarding, unopened: Unopened) -> EvidenceStream:
        evidence = resources.enter_context(unopened)
        self.require_own_file(row, evidence)
        return evidence

    def _request(
        self, row: Onboarding, item: EvidenceItem, url: str | None, part: ByteRange | None
    ) -> Unopened:
        type_ = item.type or ""
        if item.kind is Evidence.IMAGE:
            return self._gateway.image(row.id, type_, url, part)
        if item.kind is Evidence.RECORDING:
            return self._gateway.recording(row.id, type_, url, part)
        return self._gateway.zip(row.id, url, part)

    @contextmanager
    def _translated(self, row: Onboarding) -> Iterator[None]:
        try:
            with self._deps.translate_gateway_errors(row.id):
                yield
        except GatewayForbidden:
            self._deps.raise_alarm(EVIDENCE_FORBIDDEN)
            raise
        except (RequestRefused, StateConflict) as cause:
            extra = {"onboarding": row.id, "error": type(cause).__name__, "status": cause.status}
            _log.error("evidence_refused", extra=extra)
            raise EvidenceRefused("the gateway refuses to send it") from cause
