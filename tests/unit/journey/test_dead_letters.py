"""Work that fails again and again backs off, is given up where all can see, and can be replayed."""

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


def fail_until_given_up(harness: JourneyHarness, id_: str) -> list[float]:
    """Seconds from each failure to the next try."""
    waits = []
    while True:
        harness.gateway_poll.record_failure(id_, "KeyError")
        if harness.row(id_).next_poll_at is None:
            return waits
        waits.append(seconds_until_due(harness, id_))
        harness.clock.advance(seconds=waits[-1])


def open_unconfirmed(harness: JourneyHarness, id_: str) -> None:
    """A false notice about what has been rejected."""
    harness.said(id_, "NOT_VERIFIED")
    for _ in range(12):
        if harness.row(id_).next_poll_at is not None:
            harness.clock.advance(seconds=max(0.0, seconds_until_due(harness, id_)))
        harness.run_due()


def test_a_read_that_fails_backs_off_and_is_given_up_in_the_end(harness, adas):
    waits = fail_until_given_up(harness, adas)
    steps = [step.total_seconds() for step in SLOW]
    assert waits == [*steps, *[steps[-1]] * (DEAD_LETTER_AFTER - 1 - len(steps))]
    assert harness.gateway_poll.due_polls() == []
    (letter,) = harness.dead_letters.letters()
    assert (letter.onboarding_id, letter.what, letter.why, letter.times) == (
        adas, "read", "KeyError", DEAD_LETTER_AFTER,
    )  # fmt: skip
    assert [event for event in harness.events(adas) if event.startswith("read_")] == [
        "read_failed",
        "read_given_up",
    ]


def test_what_was_given_up_is_done_once_it_is_replayed(harness, adas):
    fail_until_given_up(harness, adas)
    harness.said(adas, "VERIFIED")
    assert not harness.dead_letters.replay(unknown_id())
    assert harness.dead_letters.replay(adas)
    assert harness.run_due() == 1
    assert harness.status(adas) is Status.VERIFIED
    assert harness.dead_letters.letters() == []
    assert "replayed" in harness.events(adas)
    assert not harness.dead_letters.replay(adas)


def test_whatever_is_heard_later_has_it_tried_once_more(harness, adas):
    fail_until_given_up(harness, adas)
    harness.said(adas, "VERIFIED")
    harness.notice(adas, "VERIFIED")
    assert harness.run_due() == 1
    assert harness.status(adas) is Status.VERIFIED
    assert harness.dead_letters.letters() == []


def test_a_success_in_between_begins_a_new_count(harness, adas):
    for _ in range(DEAD_LETTER_AFTER - 1):
        harness.gateway_poll.record_failure(adas, "KeyError")
        harness.clock.advance(days=2)
    harness.gateway_poll.poll(adas)
    harness.gateway_poll.record_failure(adas, "KeyError")
    assert harness.dead_letters.letters() == []
    assert harness.row(adas).next_poll_at is not None


def test_a_gateway_that_is_away_is_asked_for_ever(harness, adas):
    for number in range(200):
        harness.gateway_poll.postpone(adas)
        wait = seconds_until_due(harness, adas)
        assert 0 < wait <= AWAY_LONGEST.total_seconds(), number
        harness.clock.advance(seconds=wait)
    assert harness.clock() - harness.row(adas).created_at > timedelta(days=3)
    assert harness.dead_letters.letters() == []
    assert harness.events(adas).count("gateway_away") == 1
    harness.said(adas, "VERIFIED")
    assert harness.run_due() == 1
    assert harness.status(adas) is Status.VERIFIED


def test_a_notice_that_was_never_confirmed_is_listed_and_can_be_asked_about_again(harness, adas):
    open_unconfirmed(harness, adas)
    (letter,) = harness.dead_letters.letters()
    assert (letter.what, letter.why, letter.onboarding_id) == ("notice", "VERIFIED", adas)
    assert harness.dead_letters.replay_all() == [adas]
    assert harness.dead_letters.letters() == []
    assert harness.open_notices(adas) == ["VERIFIED"]
    assert [id_ for id_, _ in harness.gateway_poll.due_polls()] == [adas]


def test_a_silence_repaired_is_counted_for_good(harness, ada):
    def pluralize() -> int:
        with harness.database.reading() as work:
            return work.counters.value(MISSED_NOTICES_REPAIRED)

    adas = harness.begin(ada)
    assert pluralize() == 0
    harness.said(adas, "VERIFIED")
    while harness.status(adas) is not Status.VERIFIED:
        harness.clock.advance(minutes=10)
        harness.run_due()
    assert pluralize() == 1
    told = harness.begin(harness.visitor("ben"))
    harness.said(told, "VERIFIED")
    harness.notice(told, "VERIFIED")
    harness.run_due()
    assert harness.status(told) is Status.VERIFIED
    assert pluralize() == 1
