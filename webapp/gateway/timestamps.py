"""Parse the gateway's dates and times, whose format the vendor does not document. Contract 3.2."""

from __future__ import annotations

from datetime import UTC, date, datetime

_PATTERNS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y")
_MILLISECONDS_FROM = 10**11  # as seconds this would be the year 5138


def parse_timestamp(value: object) -> datetime | None:
    """Parse ISO 8601, `dd/MM/yyyy [HH:mm[:ss]]` or epoch (milli)seconds to an aware UTC datetime.

    Assumes UTC without a zone. Returns None for an unreadable value, so that the rest of the
    response stays usable.
    """
    try:
        if isinstance(value, str):
            time = _parse_text(value.strip())
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def parse_date(value: object) -> date | None:
    """Return the date of `dd/MM/yyyy` or ISO 8601 as written, without a time zone, or None."""
    try:
        return _parse_text(value.strip()).date() if isinstance(value, str) else None
    except ValueError:
        return None


def _parse_text(text: str) -> datetime:
    for pattern in _PATTERNS:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    return datetime.fromisoformat(text)
