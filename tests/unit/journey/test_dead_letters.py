"""Failing polls back off, become dead letters, and can be replayed."""

from datetime import timedelta

import pytest

from tests.unit.journey.harness import SLOW, JourneyHarness, unknown_id
from tests.unit.journey.test_gateway_poll import seconds_until_due
from webapp.domain.onboarding import Status
from webapp.journey.retry_policy import DEAD_LETTER_AFTER, LONGEST_UNAVAILABLE_DELAY
from webapp.store.counters import MISSED_NOTICES_REPAIRED


@pytest.fixture
def notified(harness: JourneyHarness, adas: str) -> str:
    """Return Ada's onboarding, about which a notice has arrived."""
    harness.notice(adas, "VERIFIED")
    return adas


def fail_until_dead_lettered(harness: JourneyHarness, id_: str) -> list[float]:
    """Seconds from each failure to the next poll."""
    waits = []
    while True:
        harness.gateway_poll.record_failure(id_, "KeyError")
        if harness.row(id_).next_poll_at is None:
            return waits
        waits.append(seconds_until_due(harness, id_))
        harness.clock.advance(seconds=waits[-1])


def test_record_failure_repeated_backs_off_and_becomes_a_dead_letter(harness, notified):
    waits = fail_until_dead_lettered(harness, notified)
    steps = [step.total_seconds() for step in SLOW]
    assert waits == [*steps, *[steps[-1]] * (DEAD_LETTER_AFTER - 1 - len(steps))]
    assert harness.gateway_poll.due_polls() == []
    (letter,) = harness.dead_letters.list_all()
    assert (letter.onboarding_id, letter.kind, letter.why) == (notified, "read", "KeyError")
    assert letter.times == DEAD_LETTER_AFTER
    assert harness.events(notified)[-2:] == ["poll_failed", "poll_dead_lettered"]


@pytest.mark.parametrize("how", ["replay", "notice"])
def test_dead_letter_after_replay_or_a_later_notice_is_polled_and_cleared(harness, notified, how):
    fail_until_dead_lettered(harness, notified)
    harness.set_gateway_word(notified, "VERIFIED")
    if how == "replay":
        assert not harness.dead_letters.replay(unknown_id())
        assert harness.dead_letters.replay(notified)
        assert "replayed" in harness.events(notified)
    else:
        harness.notice(notified, "VERIFIED")
    assert harness.run_due() == 1
    assert harness.status(notified) is Status.VERIFIED
    assert harness.dead_letters.list_all() == []
    assert not harness.dead_letters.replay(notified)


def test_record_failure_after_a_successful_poll_counts_anew(harness, notified):
    for _ in range(DEAD_LETTER_AFTER - 1):
        harness.gateway_poll.record_failure(notified, "KeyError")
        harness.clock.advance(days=2)
    harness.gateway_poll.poll(notified)
    harness.gateway_poll.record_failure(notified, "KeyError")
    assert harness.dead_letters.list_all() == []
    assert harness.row(notified).next_poll_at is not None


def test_postpone_repeated_for_a_day_never_becomes_a_dead_letter(harness, notified):
    for number in range(60):
        harness.gateway_poll.postpone(notified)
        wait = seconds_until_due(harness, notified)
        assert 0 < wait <= LONGEST_UNAVAILABLE_DELAY.total_seconds(), number
        harness.clock.advance(seconds=wait)
    assert harness.clock() - harness.row(notified).created_at > timedelta(days=1)
    assert harness.dead_letters.list_all() == []
    assert harness.events(notified).count("gateway_unavailable") == 1
    harness.set_gateway_word(notified, "VERIFIED")
    assert harness.run_due() == 1
    assert harness.status(notified) is Status.VERIFIED


def test_unconfirmed_notice_is_a_dead_letter_and_replay_reopens_it(harness, notified):
    harness.set_gateway_word(notified, "NOT_VERIFIED")
    while harness.row(notified).next_poll_at is not None:
        harness.clock.advance(seconds=max(0.0, seconds_until_due(harness, notified)))
        harness.run_due()
    (letter,) = harness.dead_letters.list_all()
    assert (letter.kind, letter.why, letter.onboarding_id) == ("notice", "VERIFIED", notified)
    assert harness.dead_letters.replay_all() == [notified]
    assert harness.dead_letters.list_all() == []
    assert harness.open_notices(notified) == ["VERIFIED"]
    assert harness.due_ids() == [notified]


@pytest.mark.parametrize("with_notice", [True, False])
def test_poll_that_finds_a_change_without_a_notice_counts_a_missed_notice(
    harness, adas, with_notice
):
    harness.set_gateway_word(adas, "VERIFIED")
    if with_notice:
        harness.notice(adas, "VERIFIED")
    while harness.status(adas) is not Status.VERIFIED:
        harness.clock.advance(minutes=10)
        harness.run_due()
    with harness.database.reading() as work:
        assert work.counters.value(MISSED_NOTICES_REPAIRED) == (0 if with_notice else 1)
