"""Dates of the gateway, whose pattern the vendor does not state. Contract 1, 3.2."""

from __future__ import annotations

from datetime import UTC, date, datetime

_PATTERNS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y")
_MILLISECONDS_FROM = 10**11  # as seconds this would be the year 5138


def moment_of(value: object) -> datetime | None:
    """An aware UTC moment out of ISO 8601, `dd/MM/yyyy [HH:mm[:ss]]` or epoch (milli)seconds.

    Without a zone UTC is assumed. None for what cannot be read: a strange date must not cost
    us the answer it stands in.
    """
    try:
        if isinstance(value, str):
            moment = _from_text(value.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def day_of(value: object) -> date | None:
    """A day as documents state it, `dd/MM/yyyy` or ISO 8601; None for what cannot be read.

    The day as written: no zone is applied, for nobody is born in another one.
    """
    try:
        return _from_text(value.strip()).date() if isinstance(value, str) else None
    except ValueError:
        return None


def _from_text(text: str) -> datetime:
    for pattern in _PATTERNS:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    return datetime.fromisoformat(text)
