"""The gateway's clock, with an adjustable offset, and the contract's time format."""

from datetime import UTC, datetime, timedelta


class OffsetClock:
    """The system time plus `offset_seconds`."""

    def __init__(self) -> None:
        self.offset_seconds = 0.0

    def now(self) -> datetime:
        """Return the gateway's time, aware and in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_seconds)


def format_time(moment: datetime | None) -> str | None:
    """Return the contract's format, for example `2026-01-10T09:00:00Z`; `None` stays `None`."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
