"""Compare a report with the gateway's checksum before its first byte is sent on.

A report is held in memory for that, within a bound for all of them together.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from time import monotonic

from webapp.domain.errors import EvidenceBusy
from webapp.domain.evidence import ChecksumOutcome
from webapp.domain.pdf_checksum import StatedChecksum, parse_checksum
from webapp.gateway.errors import Unavailable
from webapp.gateway.evidence.evidence_stream import EvidenceStream
from webapp.journey.dependencies import JourneyDependencies

#: A larger report is streamed without comparison.
MAX_HELD_BYTES = 20 * 1024 * 1024
#: Reports that a process holds at the same time: 40 MiB together.
HELD_REPORTS = 2
#: How long a further report waits for one of them, which holds a thread.
_WAIT_SECONDS = 3.0
#: How long a held report may take to be read: as long as the client of the gateway gives any file.
_MAX_SECONDS = 15 * 60
_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True)
class ComparedReport:
    """The chunks of a report, and how it compares; `algorithm` is None where nothing is stated."""

    chunks: Iterable[bytes]
    outcome: ChecksumOutcome
    algorithm: str | None = None


class ReportChecksum:
    """`account` identifies our account at the gateway: each may use an algorithm of its own."""

    def __init__(self, deps: JourneyDependencies, account: str) -> None:
        self._deps = deps
        self._account = account
        self._slots = threading.BoundedSemaphore(HELD_REPORTS)

    def compare(
        self, resources: ExitStack, report: EvidenceStream, stated: str | None
    ) -> ComparedReport:
        """Read the report, up to 20 MiB, and compare it; `resources` frees the memory.

        A difference is a mismatch only if reports of this account have matched with the algorithm
        before: what the gateway's checksum is about is not documented. Raises EvidenceBusy while
        other reports take the memory, and the gateway client's errors.
        """
        checksum = parse_checksum(stated)
        if checksum is None or (report.size or 0) > MAX_HELD_BYTES:
            return ComparedReport(report.chunks, ChecksumOutcome.UNKNOWN)
        if not self._slots.acquire(timeout=_WAIT_SECONDS):
            raise EvidenceBusy(_RETRY_AFTER_SECONDS)
        resources.callback(self._slots.release)
        held, rest = _hold(report.chunks)
        if rest is not None:
            return ComparedReport(chain(_released(held), rest), ChecksumOutcome.UNKNOWN)
        return ComparedReport(_released(held), self._outcome(checksum, held), checksum.algorithm)

    def _outcome(self, checksum: StatedChecksum, held: Iterable[bytes]) -> ChecksumOutcome:
        if checksum.matches(held):
            return ChecksumOutcome.MATCH
        with self._deps.database.reading() as work:
            has_matched = work.checksum_matches.has(self._account, checksum.algorithm)
        return ChecksumOutcome.MISMATCH if has_matched else ChecksumOutcome.UNKNOWN


def _hold(chunks: Iterator[bytes]) -> tuple[deque[bytes], Iterator[bytes] | None]:
    """Return the chunks, and the further ones if the report is too large; None at its end."""
    held, size = deque[bytes](), 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size > MAX_HELD_BYTES:
            return held, chunks
    return held, None


def _released(held: deque[bytes]) -> Iterator[bytes]:
    """Yield and forget the chunks. A client that reads too slowly must not keep them for long."""
    ends_at = monotonic() + _MAX_SECONDS
    while held:
        if monotonic() > ends_at:
            raise Unavailable("pdf: read too slowly")
        yield held.popleft()
