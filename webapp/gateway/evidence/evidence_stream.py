"""One evidence file while it is streamed: its media type, size, capture time and chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from webapp.gateway.timestamps import parse_timestamp


@dataclass
class EvidenceStream:
    """Usable inside its `with` block only.

    `media_type` comes from the first bytes. `size` is in bytes, None where the gateway wraps the
    file or does not state it. The capture time (as written, and as aware UTC) is known only where
    the gateway wraps the file, and after the last chunk if it follows the file.

    `chunks` can be read once. It raises `Unavailable` where the file is cut off, too late or too
    large, and `ProcessMismatch`; it ends only where the file ends.
    """

    media_type: str
    size: int | None
    captured_at: datetime | None = field(default=None, repr=False)
    captured_at_raw: str | None = field(default=None, repr=False)
    chunks: Iterator[bytes] = field(default=iter(()), repr=False)

    def read_capture_time(self, members: dict[str, Any]) -> None:
        """Take the capture time from the JSON members around the file."""
        stated = members.get("timestamp")
        if isinstance(stated, str | int | float) and not isinstance(stated, bool):
            self.captured_at = parse_timestamp(stated)
            text = str(stated).replace("\0", "").strip()
            self.captured_at_raw = text.encode(errors="replace").decode() or None
