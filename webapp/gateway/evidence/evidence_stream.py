"""One evidence file while it is streamed: its media type, size, time and chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from webapp.basics.byte_range import ContentRange
from webapp.gateway.timestamps import parse_timestamp


@dataclass
class EvidenceStream:
    """Usable inside its `with` block only.

    `media_type` comes from the first bytes. `size` is in bytes, None where the gateway wraps the
    file or does not state it. `answered_at` is the `timestamp` of the response, as aware UTC
    (`answered_at_raw`: as written); nothing says that it is the time of the capture. It is known
    only where the gateway wraps the file in JSON, and after the last chunk if it follows the file.

    `other_scan_id` is the response's `scanId` if it is another UUID than the requested id. It may
    be the gateway's id of the scan; the caller must refuse the file if it
    is the id of another onboarding. It is known when the time is.

    `part` is the part of the file that was requested; None: this is the whole file.

    `chunks` can be read once. It raises `Unavailable` where the file is cut off, too late or too
    large, and `ProcessMismatch`; it ends only where the file ends.
    """

    media_type: str
    size: int | None
    part: ContentRange | None = None
    answered_at: datetime | None = field(default=None, repr=False)
    answered_at_raw: str | None = field(default=None, repr=False)
    other_scan_id: str | None = field(default=None, repr=False)
    chunks: Iterator[bytes] = field(default=iter(()), repr=False)

    def read_answer_time(self, members: dict[str, Any], zone: tzinfo) -> None:
        """Take the time from the JSON members around the file; `zone` is that of one without."""
        stated = members.get("timestamp")
        if isinstance(stated, str | int | float) and not isinstance(stated, bool):
            self.answered_at = parse_timestamp(stated, zone)
            text = str(stated).replace("\0", "").strip()
            self.answered_at_raw = text.encode(errors="replace").decode() or None
