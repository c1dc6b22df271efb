"""is_live: idle time, longest life, and processes that await the user."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.domain.session_life import SessionFacts, is_live

NOW = datetime(2026, 1, 10, 9, tzinfo=UTC)


def ago(hours: float = 0, minutes: float = 0) -> datetime:
    return NOW - timedelta(hours=hours, minutes=minutes)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (SessionFacts(ago(1), ago(minutes=30)), True),
        (SessionFacts(ago(1), ago(minutes=31)), False),
        (SessionFacts(ago(8), NOW), True),
        (SessionFacts(ago(8.1), NOW), False),
        (SessionFacts(ago(24), ago(24), awaits_user=True), True),
        (SessionFacts(ago(24.1), NOW, awaits_user=True), False),
        (SessionFacts(ago(2), ago(2), submitted_at=ago(minutes=30)), True),
        (SessionFacts(ago(2), ago(2), submitted_at=ago(minutes=31)), False),
        (SessionFacts(ago(2), ago(minutes=5), submitted_at=ago(1)), True),
        (SessionFacts(ago(23.9), ago(23.9), submitted_at=ago(minutes=1)), True),
        (SessionFacts(ago(24.1), ago(24.1), submitted_at=ago(minutes=1)), False),
        (SessionFacts(ago(1), ago(1), submitted_at=ago(100)), False),
    ],
)
def test_is_live_ends_by_idle_time_and_longest_life(facts: SessionFacts, expected: bool) -> None:
    assert is_live(facts, NOW) is expected
