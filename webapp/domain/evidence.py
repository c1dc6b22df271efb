"""Evidence of an onboarding: its kinds, and the record of each view.

The files themselves stay at the gateway; this server streams them and stores who has seen them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.domain.actors import Actor
from webapp.domain.onboarding import FINAL, Onboarding, Status

#: How long after the end of the capture, or the verdict, a missing recording may still come.
RECORDING_EXPECTED = timedelta(hours=24)
#: When after the verdict the gateway is asked for a recording that it has not announced.
_RECORDING_POLLS = (
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    RECORDING_EXPECTED,
)
_RECORDING_COMES = FINAL | {Status.SUBMITTED, Status.DECIDING, Status.IN_REVIEW}


class Evidence(StrEnum):
    """The kinds of evidence; API, table and timeline use these words."""

    IMAGE = "image"
    RECORDING = "recording"
    PDF = "pdf"
    ZIP = "zip"


class ChecksumOutcome(StrEnum):
    """The comparison of a report with the gateway's `pdfChecksum`."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class EvidenceItem:
    """A file that the gateway has; `type` names an image or recording, None for the others."""

    kind: Evidence
    type: str | None = None


@dataclass(frozen=True)
class EvidenceView:
    """Who was sent which file, and how much of it. Times are aware UTC.

    `viewer` is the label of the API key (for `Actor.HOST`). `part` is the `Content-Range` of a
    part, None for the whole file. `size` and `sha256` (hexadecimal) are of the bytes that were
    sent; `sha256` and `ended_at` are None until the end, and stay so if the process is killed.
    `is_complete`: everything that the response stated was sent. `checksum` is None but for reports.
    """

    id: str
    onboarding_id: str
    actor: Actor
    viewer: str = field(repr=False)
    item: EvidenceItem
    part: str | None
    checksum: ChecksumOutcome | None
    began_at: datetime
    ended_at: datetime | None = None
    sha256: str | None = None
    size: int = 0
    is_complete: bool = False


def may_recording_come(row: Onboarding, now: datetime) -> bool:
    """Whether a recording that the gateway does not have yet may still come.

    Until it has announced one, for 24 hours after the capture or the verdict, the later of them.
    """
    if row.evidence_available_at is not None or row.status not in _RECORDING_COMES:
        return False
    times = [time for time in (row.submitted_at, row.decided_at) if time is not None]
    return bool(times) and now < max(times) + RECORDING_EXPECTED


def next_recording_poll(row: Onboarding, now: datetime, *, is_new: bool) -> datetime | None:
    """Return when the gateway is next asked for the recording of a decided onboarding, if at all.

    2 and 10 minutes, 1 and 24 hours after the verdict. `is_new`: the verdict has just been read; it
    may be old, so one poll comes within 2 minutes.
    """
    if row.status not in FINAL or row.evidence_available_at is not None:
        return None
    decided_at = row.decided_at or now
    times = [decided_at + after for after in _RECORDING_POLLS]
    planned = [time for time in times if time > now]
    if is_new:
        planned.append(now + _RECORDING_POLLS[0])
    return min(planned, default=None)
