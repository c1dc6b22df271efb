"""Failing polls back off, become dead letters, and can be replayed."""

from datetime import timedelta

import pytest

from tests.unit.journey.harness import SLOW, JourneyHarness, unknown_id
from tests.unit.journey.test_gateway_poll import seconds_until_due
from webapp.domain.onboarding import Status
from webapp.journey.retry_policy import AWAY_LONGEST, DEAD_LETTER_AFTER
from webapp.store.counters import MISSED_NOTICES_REPAIRED


@pytest.fixture
def adas(harness: JourneyHarness, ada) -> str:
    id_ = harness.begin(ada)
    harness.notice(id_, "VERIFIED")
    return id_


def fail_until_dead_lettered(harness: JourneyHarness, id_: str) -> list[float]:
    """Seconds from each failure to the next poll."""
    waits = []
    while True:
        harness.gateway_poll.record_failure(id_, "KeyError")
        if harness.row(id_).next_poll_at is None:
            return waits
        waits.append(seconds_until_due(harness, id_))
        harness.clock.advance(seconds=waits[-1])


def leave_unconfirmed(harness: JourneyHarness, id_: str) -> None:
    """Let a forged notice about a rejected onboarding be settled as unconfirmed."""
    harness.set_gateway_word(id_, "NOT_VERIFIED")
    for _ in range(12):
        if harness.row(id_).next_poll_at is not None:
            harness.clock.advance(seconds=max(0.0, seconds_until_due(harness, id_)))
        harness.run_due()


def test_record_failure_repeated_backs_off_and_becomes_a_dead_letter(harness, adas):
    waits = fail_until_dead_lettered(harness, adas)
    steps = [step.total_seconds() for step in SLOW]
    assert waits == [*steps, *[steps[-1]] * (DEAD_LETTER_AFTER - 1 - len(steps))]
    assert harness.gateway_poll.due_polls() == []
    (letter,) = harness.dead_letters.list_all()
    assert (letter.onboarding_id, letter.kind, letter.why, letter.times) == (
        adas, "read", "KeyError", DEAD_LETTER_AFTER,
    )  # fmt: skip
    assert [event for event in harness.events(adas) if event.startswith("poll_")] == [
        "poll_failed",
        "poll_dead_lettered",
    ]


def test_replay_of_a_dead_letter_polls_and_clears_it(harness, adas):
    fail_until_dead_lettered(harness, adas)
    harness.set_gateway_word(adas, "VERIFIED")
    assert not harness.dead_letters.replay(unknown_id())
    assert harness.dead_letters.replay(adas)
    assert harness.run_due() == 1
    assert harness.status(adas) is Status.VERIFIED
    assert harness.dead_letters.list_all() == []
    assert "replayed" in harness.events(adas)
    assert not harness.dead_letters.replay(adas)


def test_dead_letter_with_a_later_notice_is_polled_again(harness, adas):
    fail_until_dead_lettered(harness, adas)
    harness.set_gateway_word(adas, "VERIFIED")
    harness.notice(adas, "VERIFIED")
    assert harness.run_due() == 1
    assert harness.status(adas) is Status.VERIFIED
    assert harness.dead_letters.list_all() == []


def test_record_failure_after_a_successful_poll_counts_anew(harness, adas):
    for _ in range(DEAD_LETTER_AFTER - 1):
        harness.gateway_poll.record_failure(adas, "KeyError")
        harness.clock.advance(days=2)
    harness.gateway_poll.poll(adas)
    harness.gateway_poll.record_failure(adas, "KeyError")
    assert harness.dead_letters.list_all() == []
    assert harness.row(adas).next_poll_at is not None


def test_postpone_repeated_for_a_day_never_becomes_a_dead_letter(harness, adas):
    for number in range(60):
        harness.gateway_poll.postpone(adas)
        wait = seconds_until_due(harness, adas)
        assert 0 < wait <= AWAY_LONGEST.total_seconds(), number
        harness.clock.advance(seconds=wait)
    assert harness.clock() - harness.row(adas).created_at > timedelta(days=1)
    assert harness.dead_letters.list_all() == []
    assert harness.events(adas).count("gateway_away") == 1
    harness.set_gateway_word(adas, "VERIFIED")
    assert harness.run_due() == 1
    assert harness.status(adas) is Status.VERIFIED


def test_unconfirmed_notice_is_a_dead_letter_and_replay_reopens_it(harness, adas):
    leave_unconfirmed(harness, adas)
    (letter,) = harness.dead_letters.list_all()
    assert (letter.kind, letter.why, letter.onboarding_id) == ("notice", "VERIFIED", adas)
    assert harness.dead_letters.replay_all() == [adas]
    assert harness.dead_letters.list_all() == []
    assert harness.open_notices(adas) == ["VERIFIED"]
    assert [id_ for id_, _ in harness.gateway_poll.due_polls()] == [adas]


def test_poll_that_finds_a_change_without_a_notice_counts_a_missed_notice(harness, ada):
    def missed_notices() -> int:
        with harness.database.reading() as work:
            return work.counters.value(MISSED_NOTICES_REPAIRED)

    adas = harness.begin(ada)
    assert missed_notices() == 0
    harness.set_gateway_word(adas, "VERIFIED")
    while harness.status(adas) is not Status.VERIFIED:
        harness.clock.advance(minutes=10)
        harness.run_due()
    assert missed_notices() == 1
    notified = harness.begin(harness.visitor("ben"))
    harness.set_gateway_word(notified, "VERIFIED")
    harness.notice(notified, "VERIFIED")
    harness.run_due()
    assert harness.status(notified) is Status.VERIFIED
    assert missed_notices() == 1
