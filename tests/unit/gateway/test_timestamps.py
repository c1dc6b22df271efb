"""Times of the gateway: formats, zones, and the hours of a change to summer or winter time."""

import time
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.gateway.timestamps import parse_date, parse_timestamps

MADRID = ZoneInfo("Europe/Madrid")
WINTER = (datetime(2026, 11, 30, 10, 17, 21, tzinfo=UTC),)
SAME_TIME = [
    "2026-11-30 11:17:21",
    "2026-11-30T11:17:21.000",
    "30/11/2026 11:17:21",
    "30/11/2026 11:17:21.000000",
    "30-11-2026T11:17:21",
    "30.11.2026, 11:17:21,0",
    "2026/11/30 11:17:21",
    "2026-11-30 11:17:21.000 +0100",
    "2026-11-30 11:17:21 +01:00",
    "2026-11-30T11:17:21[Europe/Madrid]",
    "2026-11-30T11:17:21+01:00[Europe/Madrid]",
    "2026-11-30T05:17:21[America/New_York]",
    "2026-11-30T10:17:21Z[UTC]",
    "2026-11-30T10:17:21.000000000Z",
    "30/11/2026 10:17:21 GMT",
    "2026-11-30 10:17:21 UTC",
    "Mon, 30 Nov 2026 11:17:21 +0100",
    "1796033841",
    " 1796033841.000 ",
    "1796033841000",
    "1796033841000000",
    "1796033841000000000",
    1796033841,
    1796033841000.0,
    [2026, 11, 30, 11, 17, 21],
    [2026, 11, 30, 11, 17, 21, 0],
]


@pytest.mark.parametrize("stated", SAME_TIME, ids=repr)
def test_parse_timestamps_reads_every_format(stated: object) -> None:
    assert parse_timestamps(stated, MADRID) == WINTER


def test_parse_timestamps_double_hour_has_two_meanings() -> None:
    meanings = parse_timestamps("2026-10-25 02:30:00", MADRID)
    assert [each.hour for each in meanings] == [0, 1]
    assert len(parse_timestamps("2026-10-25 02:30:00+02:00", MADRID)) == 1
    assert len(parse_timestamps("2026-10-25 03:30:00", MADRID)) == 1


@pytest.mark.parametrize(
    "stated",
    ["", "yesterday", "99/99/2026", "2026-11-30T25:00:00", "9999-12-31T23:59:59-10:00", None, True,
     [2026, 11], [2026, 13, 30, 11, 17], [2026, "11", 30], [2026, 11, 30, 11, 17, 21, -1],
     [], {}, float("nan"), float("inf"), 10**400, "2026-11-30T11:17:21["],
)  # fmt: skip
def test_parse_timestamps_unreadable_value_is_empty(stated: object) -> None:
    assert parse_timestamps(stated, MADRID) == ()


def test_parse_timestamps_long_text_is_refused_at_once() -> None:
    text = "1" + " " * 1_000_000 + "1"
    began = time.process_time()
    assert parse_timestamps(text, MADRID) == ()
    assert parse_date(text) is None
    assert time.process_time() - began < 1


@given(st.text() | st.integers() | st.floats() | st.from_regex(r"[0-9/:. T+\[\]-]{0,40}"))
def test_parse_timestamps_any_value_is_no_error(stated: Any) -> None:
    assert all(each.tzinfo is UTC for each in parse_timestamps(stated, MADRID))


@pytest.mark.parametrize("stated", ["02/03/1990", "1990-03-02", "1990-03-02T23:00:00-05:00"])
def test_parse_date_is_the_date_as_written(stated: str) -> None:
    assert parse_date(stated) == date(1990, 3, 2)
