"""Evidence for the calling host site: what there is, and each file as a stream."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from webapp.basics.byte_range import ByteRange, ContentRange
from webapp.config.sites import Site
from webapp.domain.errors import (
    ChecksumMismatch,
    EvidenceAbsent,
    EvidenceBusy,
    EvidenceNotYet,
    NotFound,
)
from webapp.domain.evidence import (
    ChecksumOutcome,
    Evidence,
    EvidenceItem,
    EvidenceView,
    may_recording_come,
)
from webapp.domain.onboarding import Onboarding, Status
from webapp.gateway.client import Gateway
from webapp.gateway.errors import EvidenceNotFound, Unauthorized
from webapp.gateway.evidence.evidence_stream import EvidenceStream
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.evidence_links import evidence_links
from webapp.journey.evidence_log import EvidenceLog
from webapp.journey.evidence_source import EvidenceSource
from webapp.journey.report_checksum import ComparedReport, ReportChecksum

#: Requests for evidence that a process serves at the same time: each holds one of its 64 threads,
#: and notices need the others.
MAX_STREAMS = 24
_BUSY_SECONDS = 5
#: Bounds of `Retry-After` of a recording that is not there yet.
_SHORTEST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 10, 3600


@dataclass(frozen=True)
class EvidenceRequested:
    """Which file of whose onboarding; `viewer` is the label of the API key.

    A gateway without ranges sends the whole file instead of `part`.
    """

    site: Site
    onboarding_id: str
    item: EvidenceItem
    viewer: str
    part: ByteRange | None = None


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file before its first byte.

    `media_type` comes from its first bytes. `size` is of what is sent, in bytes; None where the
    gateway does not state it. `checksum` is None but for a report that was read.
    """

    media_type: str
    size: int | None
    part: ContentRange | None = None
    checksum: ChecksumOutcome | None = None


class EvidenceFile:
    """A file on its way. Iterate over it once, then close it, read or not."""

    def __init__(
        self,
        facts: FileFacts,
        chunks: Iterable[bytes],
        row: Onboarding,
        view: EvidenceView,
        log: EvidenceLog,
        resources: ExitStack,
    ) -> None:
        self.facts = facts
        self._chunks = chunks
        self._row = row
        self._view = view
        self._log = log
        self._resources = resources
        self._hash = hashlib.sha256()
        self._size = 0
        self._is_complete = False
        self._error: BaseException | None = None
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        """Yield the chunks. Raises GatewayUnavailable where the file breaks off or is refused."""
        try:
            for chunk in self._chunks:
                if chunk:
                    # Before it is handed over: what the client has received is never more.
                    self._hash.update(chunk)
                    self._size += len(chunk)
                    yield chunk
            self._is_complete = True
        except Exception as error:
            self._error = error
            raise

    def close(self) -> None:
        """Release the connection to the gateway, and store how much was sent."""
        if self._is_closed:
            return
        self._is_closed = True
        left = None if self._is_complete else GeneratorExit()
        # The gateway's own error, which the metrics of its calls name.
        reason = (self._error and self._error.__cause__) or self._error or left
        try:
            self._resources.__exit__(type(reason) if reason else None, reason, None)
        finally:
            self._log.end(
                self._row,
                self._log.ended(
                    self._view,
                    sha256=self._hash.hexdigest(),
                    size=self._size,
                    is_complete=self._is_complete,
                ),
            )


class ApiEvidence:
    """Raises NotFound for an onboarding of another site, existing or not."""

    def __init__(self, deps: JourneyDependencies, gateway: Gateway, account: str) -> None:
        self._deps = deps
        self._source = EvidenceSource(deps, gateway)
        self._checksum = ReportChecksum(deps, account)
        self._log = EvidenceLog(deps, account)
        self._slots = threading.BoundedSemaphore(MAX_STREAMS)

    def listed(self, site: Site, onboarding_id: str) -> list[EvidenceItem]:
        """Return what the gateway lists now. Raises EvidenceBusy, and the errors of a poll."""
        with ExitStack() as resources:
            self._take_slot(resources)
            row = self._row(site, onboarding_id)
            process = None if row.status is Status.ERASED else self._source.reader.read(row)
            return list(evidence_links(process)) if process else []

    def inspect(self, requested: EvidenceRequested) -> FileFacts:
        """Return what `open` would say of the file, without sending or recording anything.

        A report is not compared. Raises as `open`.
        """
        with ExitStack() as resources:
            _row, evidence, _stated = self._opened(resources, requested)
            return FileFacts(evidence.media_type, evidence.size, evidence.part)

    def open(self, requested: EvidenceRequested) -> EvidenceFile:
        """Open the file and record the view; the caller closes it.

        Raises EvidenceAbsent, EvidenceNotYet, EvidenceRefused, ChecksumMismatch, EvidenceBusy,
        NotWritable and the errors of a poll.
        """
        with ExitStack() as resources:
            row, evidence, stated = self._opened(resources, requested)
            with self._deps.translate_gateway_errors(row.id):
                compared = self._compared(resources, requested.item, evidence, stated)
            checksum = compared.outcome if _is_report(requested.item) else None
            view = self._log.begin(
                row,
                requested.item,
                requested.viewer,
                part=str(evidence.part) if evidence.part else None,
                checksum=checksum,
                algorithm=compared.algorithm,
            )
            if checksum is ChecksumOutcome.MISMATCH:
                raise ChecksumMismatch("the report is not the one of its checksum")
            facts = FileFacts(evidence.media_type, evidence.size, evidence.part, checksum)
            chunks = self._own_chunks(row, evidence, compared.chunks)
            return EvidenceFile(facts, chunks, row, view, self._log, resources.pop_all())

    def _opened(
        self, resources: ExitStack, requested: EvidenceRequested
    ) -> tuple[Onboarding, EvidenceStream, str | None]:
        """Return the file, and the checksum that the gateway states for a report."""
        self._take_slot(resources)
        row = self._row(requested.site, requested.onboarding_id)
        try:
            if row.status is Status.ERASED or not row.create_calls:
                raise EvidenceNotFound("there is no process")
            if _is_report(requested.item):
                return row, *self._source.open_report(resources, row)
            return row, self._source.open(resources, row, requested.item, requested.part), None
        except (EvidenceNotFound, Unauthorized) as cause:
            raise self._absent(row, requested.item) from cause

    def _compared(
        self, resources: ExitStack, item: EvidenceItem, evidence: EvidenceStream, stated: str | None
    ) -> ComparedReport:
        if _is_report(item):
            return self._checksum.compare(resources, evidence, stated)
        return ComparedReport(evidence.chunks, ChecksumOutcome.UNKNOWN)

    def _own_chunks(
        self, row: Onboarding, evidence: EvidenceStream, chunks: Iterable[bytes]
    ) -> Iterator[bytes]:
        """Yield the chunks; the end comes only if ids that follow the file are not another's."""
        with self._deps.translate_gateway_errors(row.id):
            yield from chunks
        self._source.require_own_file(row, evidence)

    def _take_slot(self, resources: ExitStack) -> None:
        if not self._slots.acquire(blocking=False):
            raise EvidenceBusy(_BUSY_SECONDS)
        resources.callback(self._slots.release)

    def _row(self, site: Site, onboarding_id: str) -> Onboarding:
        with self._deps.database.reading() as work:
            row = work.onboardings.statuses_of([onboarding_id]).get(onboarding_id)
        if row is None or row.site != site.id:
            raise NotFound("no such onboarding")
        return row

    def _absent(self, row: Onboarding, item: EvidenceItem) -> EvidenceAbsent:
        now = self._deps.clock()
        if item.kind is not Evidence.RECORDING or not may_recording_come(row, now):
            return EvidenceAbsent("the gateway has no such evidence")
        planned = (row.next_poll_at - now).total_seconds() if row.next_poll_at else 0.0
        wait = min(max(planned, _SHORTEST_WAIT_SECONDS), _LONGEST_WAIT_SECONDS)
        return EvidenceNotYet(wait)


def _is_report(item: EvidenceItem) -> bool:
    return item.kind is Evidence.PDF
