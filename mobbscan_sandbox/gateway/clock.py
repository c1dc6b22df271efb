"""The gateway's own clock, which may be told to go wrong."""

from datetime import UTC, datetime, timedelta


class OffsetClock:
    """Real time plus an offset."""

    def __init__(self) -> None:
        self.offset_seconds = 0.0

    def now(self) -> datetime:
        """Return the time as this gateway sees it, aware and in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_seconds)


def format_time(moment: datetime | None) -> str | None:
    """Write a moment the way the contract's samples do: `2026-01-10T09:00:00Z`."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
