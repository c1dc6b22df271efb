"""Parse the gateway's dates and times, whose format the vendor does not document. Contract 3.2."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})(?![0-9])(.*)", re.DOTALL)
_YEAR_FIRST = re.compile(r"([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})(?![0-9])(.*)", re.DOTALL)
_SHORT_HOUR = re.compile(r"^([0-9]):")
_EPOCH = re.compile(r"-?[0-9]{9,19}(\.[0-9]+)?")
_NAMED_ZONE = re.compile(r"(.*?)\s*\[([A-Za-z0-9_+/-]{1,64})\]", re.DOTALL)
_BLANK_BEFORE_OFFSET = re.compile(r"(?<=[0-9])\s+(?=[+-][0-9:]+$)")
_UTC_NAME = re.compile(r"\s*(UTC|GMT|Z)$")
#: Seconds above which a number counts as milliseconds, microseconds or nanoseconds: the year 5138.
_LARGEST_SECONDS = 10**11
#: No time is longer, and the patterns need quadratic time for long texts.
_MAX_CHARACTERS = 128


def parse_timestamps(value: object, zone: tzinfo = UTC) -> tuple[datetime, ...]:
    """Return what a time may mean, as aware UTC datetimes; empty for an unreadable value.

    Reads ISO 8601 (also `…[Europe/Madrid]`), `dd/MM/yyyy [HH:mm[:ss[.SSS]]]`, RFC 5322, and the
    epoch in seconds to nanoseconds, as a number or a text, and Jackson's array of year to
    nanosecond. A time without a zone is in `zone`: in the double hour of a change to winter time
    it has two meanings, the earlier one first.
    """
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return (_from_epoch(value),)
        if isinstance(value, list):
            return _in_utc(_from_array(value), zone)
        if not isinstance(value, str):
            return ()
        text = value.strip()
        if _EPOCH.fullmatch(text):
            return (_from_epoch(float(text)),)
        return _in_utc(*_parse_text(text, zone))
    except (TypeError, ValueError, OverflowError, OSError):
        return ()


def parse_timestamp(value: object, zone: tzinfo = UTC) -> datetime | None:
    """Return the first of `parse_timestamps`, or None for an unreadable value."""
    return next(iter(parse_timestamps(value, zone)), None)


def parse_date(value: object) -> date | None:
    """Return the date of `dd/MM/yyyy` or ISO 8601 as written, without a time zone, or None."""
    try:
        return _parse_text(value.strip(), UTC)[0].date() if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _from_epoch(number: float) -> datetime:
    for _ in range(3):
        if abs(number) >= _LARGEST_SECONDS:
            number /= 1000
    return datetime.fromtimestamp(number, UTC)


def _from_array(parts: list[Any]) -> datetime:
    if not 3 <= len(parts) <= 7:
        raise ValueError("not year, month, day, and hour to nanosecond")
    year, month, day, hour, minute, second, nanosecond = [*parts, 0, 0, 0, 0][:7]
    # The caller knows the zone.
    return datetime(year, month, day, hour, minute, second, nanosecond // 1000)  # noqa: DTZ001


def _parse_text(text: str, zone: tzinfo) -> tuple[datetime, tzinfo]:
    """Return the time as written, aware or not, and the zone for one that is not."""
    if len(text) > _MAX_CHARACTERS:
        raise ValueError("no time is so long")
    named = _NAMED_ZONE.fullmatch(text)
    if named:
        text, zone = named[1], _zone(named[2], zone)
    try:
        return datetime.fromisoformat(_to_iso(text)), zone
    except ValueError:
        return parsedate_to_datetime(text), zone


def _to_iso(text: str) -> str:
    day_first, year_first = _DAY_FIRST.fullmatch(text), _YEAR_FIRST.fullmatch(text)
    if day_first:
        day, month, year, time = day_first.groups()
    elif year_first:
        year, month, day, time = year_first.groups()
    else:
        return _BLANK_BEFORE_OFFSET.sub("", _UTC_NAME.sub("Z", text))
    time = _SHORT_HOUR.sub(r"0\1:", _UTC_NAME.sub("Z", time).strip(" T,"))
    return f"{year}-{month:0>2}-{day:0>2}" + (f"T{time}" if time else "")


def _zone(name: str, otherwise: tzinfo) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a name that this machine does not know
        return otherwise


def _in_utc(time: datetime, zone: tzinfo) -> tuple[datetime, ...]:
    if time.tzinfo is not None:
        return (time.astimezone(UTC),)
    local = time.replace(tzinfo=zone)
    both = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return tuple(sorted(set(both)))
